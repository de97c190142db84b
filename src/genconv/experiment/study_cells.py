"""The cells of a study as work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.resolve import resolve
from genconv.experiment.study_store import StudyStore
from genconv.experiment.trained import TrainedCell
from genconv.experiment.work_cell import WorkCell
from genconv.store.plans import Plan

Seeds = Mapping[str, Sequence[int]]
"""Seeds of single cells, by the cells' identities."""


def study_cells(study: Study, store: StudyStore, workers: int = 1, seeds: Seeds | None = None) -> list[WorkCell]:
    """The cells of a study, each once, in the order of the file.

    Args:
        study: With all its settings.
        store: Where the runs are, or will be.
        workers: How many workers share each cell.
        seeds: Seeds of some cells instead of those that follow from the study; no seeds: the cell is left out.

    Raises:
        InputError: For the first thing in the study that cannot be.

    """
    found: list[WorkCell] = []
    for one in resolve(study):
        chosen = None if seeds is None else seeds.get(one.cell.identity)
        if chosen is None:
            found.append(TrainedCell(one, store, workers))
        elif chosen:
            found.append(TrainedCell(replace(one, runs=_runs(study, one.cell.identity, tuple(chosen))), store, workers))
    return found


def _runs(study: Study, identity: str, seeds: tuple[int, ...]) -> tuple[Coordinates, ...]:
    """The runs of a cell if the study had these seeds."""
    return next(one.runs for one in resolve(study.updated({"seeds": seeds})) if one.cell.identity == identity)


def cells_of_plan(plan: Plan, store: StudyStore) -> list[WorkCell]:
    """The cells of a plan, with the runs that it wants of each."""
    seeds = {identity: one.seeds for identity, one in plan.cells.items() if one.seeds is not None}
    return study_cells(plan.study, store, plan.workers, seeds)
