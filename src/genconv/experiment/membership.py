"""Which stored runs belong to a study."""

from dataclasses import replace

import numpy as np

from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.store.results import Results, StoredCell
from genconv.store.selection import Rows, matching_runs


def of_study(results: Results, study: Study) -> Results:
    """The runs that a study asks for, whatever fields their models and datasets have got since they were stored.

    `InputError` if none of them is there.
    """
    if not study.grids:
        raise InputError(
            f"--study {study.name}: all its cells are commands, whose runs are chosen by --model, --dataset and --where"
        )
    cells = resolve(study)
    found = matching_runs(results, lambda cell: _wanted(cell, cells), f"--study {study.name}")
    if not found.cells:
        raise InputError(
            f"--study {study.name}: none of its runs is among these results (those with other settings are others)"
        )
    return replace(found, uncounted=())


def _wanted(stored: StoredCell, cells: list[ResolvedCell]) -> Rows:
    """Which runs of a stored cell the study asks for; none of imported ones."""
    wanted = next((one for one in cells if _is_cell(stored, one)), None)
    runs = set() if wanted is None else set(wanted.runs)
    return np.array([run in runs for run in stored.curves.coordinates or [None] * len(stored.curves.seeds)])


def _is_cell(stored: StoredCell, one: ResolvedCell) -> bool:
    config, cell = stored.config, one.cell
    if config is None or (config.dataset, config.model, config.protocol) != (cell.dataset, cell.model, cell.protocol):
        return False
    try:
        return one.complete(config) == cell
    except InputError:
        return False
