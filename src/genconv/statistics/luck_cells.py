"""The luck of the runs of stored cells: from losses of single held-out examples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.statistics.intervals import checked_level
from genconv.statistics.luck import Luck, luck
from genconv.statistics.sample import cell_labels
from genconv.store.results import StoredCell

Losses = Callable[[StoredCell], FloatArray]
"""Losses of the runs of a cell on some examples, shape (N, n)."""
FEWEST = 3
_NO_LOSSES = (
    "no cell with losses of single held-out examples: these are kept of runs that were trained here (store format 2)"
)


@dataclass(frozen=True)
class CellLuck:
    """The luck of one cell."""

    dataset: str
    model: str
    """Name of the cell within its dataset."""
    unit: str
    fresh: bool
    """Whether the examples were drawn for this purpose."""
    luck: Luck | None
    """None where nothing can be told."""
    runs: int
    """All runs of the cell."""
    missing: int
    """Those that diverged or have no finite loss, which are left out."""
    reason: str = ""
    """Why nothing can be told; empty if there is luck."""


def cell_luck(cells: Sequence[StoredCell], losses: Losses | None = None, *, level: float = 0.95) -> list[CellLuck]:
    """How much of the spread over the seeds of each cell is real.

    Args:
        cells: Those without losses of single examples are left out.
        losses: Gives losses on fresh examples; None for the stored ones.
        level: Confidence of intervals.

    Raises:
        InputError: If no cell has such losses, and for a level that is not allowed.

    """
    checked_level(level)
    labels = cell_labels([cell.curves for cell in cells])
    found = [
        _of_cell(cell, label, losses, level)
        for cell, label in zip(cells, labels, strict=True)
        if cell.runs and all(run.format > 1 for run in cell.runs)
    ]
    if not found:
        raise InputError(_NO_LOSSES)
    return sorted(found, key=lambda one: (one.dataset, one.model))


def stored_losses(cell: StoredCell) -> FloatArray:
    """The tightest loss of each held-out example, shape (N, n)."""
    examples = [run.examples for run in cell.runs]
    return np.stack([one.get("importance_weighted", one["loss"]) for one in examples]).astype(np.float64)


def _of_cell(cell: StoredCell, label: str, losses: Losses | None, level: float) -> CellLuck:
    curves = cell.curves
    missing, found = int(curves.diverged.sum()), None
    if not (reason := "" if losses else _unequal(cell)):
        values = (losses or stored_losses)(cell)
        values = values[~curves.diverged & np.isfinite(values).all(1)]
        missing = len(cell.runs) - len(values)
        reason = _too_little(values)
        found = None if reason else luck(values, level=level)
    unit = curves.measure.unit or ""
    return CellLuck(curves.dataset, label, unit, losses is not None, found, len(cell.runs), missing, reason)


def _unequal(cell: StoredCell) -> str:
    tests = {run.outcome.test.sha256 for run in cell.runs if run.outcome.test is not None}
    if len(tests) == 1:
        return ""
    return (
        "its runs were evaluated on different examples" if tests else "which examples were evaluated is not on record"
    )


def _too_little(values: FloatArray) -> str:
    if len(values) < FEWEST:
        return f"{len(values)} runs have a number"
    if values.shape[1] < 4:
        return f"{values.shape[1]} examples cannot be halved"
    if np.ptp(values.mean(1)) == 0:
        return "all runs have the same number"
    return ""
