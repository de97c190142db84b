"""The cells of a study as work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from genconv.config.command import CommandConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.command import Command, Launched
from genconv.experiment.launched import LaunchedCell, Slots
from genconv.experiment.observer import Observer
from genconv.experiment.study_store import StudyStore
from genconv.experiment.work_cell import WorkCell
from genconv.measure import LOSS
from genconv.readers.options import ImportOptions, measure_from
from genconv.readers.sign import refuse_scores
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
    given = seeds or {}
    return [*_trained(study, store, workers, given), *_launched(study, store, workers, given)]


def _trained(study: Study, store: StudyStore, workers: int, seeds: Seeds) -> Iterator[WorkCell]:
    if not study.grids:
        return
    from genconv.experiment.resolve import resolve  # noqa: PLC0415  JAX is imported late
    from genconv.experiment.trained import TrainedCell  # noqa: PLC0415

    for one in resolve(study):
        chosen = seeds.get(one.cell.identity)
        if chosen is not None:
            others = resolve(study.updated({"seeds": tuple(chosen)})) if chosen else []
            runs = next((other.runs for other in others if other.cell.identity == one.cell.identity), ())
            one = replace(one, runs=runs)  # noqa: PLW2901
        if one.runs:
            yield TrainedCell(one, store, workers)


def _launched(study: Study, store: StudyStore, workers: int, seeds: Seeds) -> Iterator[WorkCell]:
    execution = study.execution
    jobs = 1 if workers > 1 and execution.engine == "local" else execution.jobs  # each worker is a job
    found: set[str] = set()
    for grid in study.commands:
        for command in commands_of(grid):
            runs = tuple(map(Coordinates.of_seed, study.seeds))
            tell = partial(_tell, store.observer, command.name)
            cell = LaunchedCell(
                command, runs, store.root, Slots(jobs, execution.gpus), block=execution.block, told=tell
            )
            cell.runs = tuple(map(Coordinates.of_seed, seeds.get(cell.identity, study.seeds)))
            if cell.runs and cell.identity not in found:
                found.add(cell.identity)
                yield cell


def commands_of(grid: CommandConfig) -> Iterator[Command]:
    """The commands of a grid, one a cell."""
    measure = measure_from(grid.kind, grid.unit, grid.method) or LOSS
    for model, dataset, values in grid.cells():
        options = ImportOptions(model, dataset, dict(grid.columns), blank=grid.blank)
        refuse_scores(options, "name a loss")
        words, read = grid.command, grid.read
        yield Command(words, model, dataset, read, options, measure, grid.timeout, values, grid.retries)


def _tell(observer: Observer, name: str, one: Launched) -> None:
    observer.run_finished(name, one.seed, one.state, one.reason)


def cells_of_plan(plan: Plan, store: StudyStore) -> list[WorkCell]:
    """The cells of a plan, with the runs that it wants of each."""
    seeds = {identity: one.seeds for identity, one in plan.cells.items() if one.seeds is not None}
    cells = study_cells(plan.study, store, plan.workers, seeds)
    for one in cells:
        one.begin(plan.start, plan.workers)
    return cells
