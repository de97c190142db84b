"""Run what is missing of a study, keep the rest."""

from collections.abc import Sequence
from pathlib import Path

from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.engines import engine_named
from genconv.experiment.observer import Observer
from genconv.experiment.planned_cells import planned_cells
from genconv.experiment.start import Started, start
from genconv.experiment.study_cells import Seeds, study_cells
from genconv.experiment.study_store import StudyStore
from genconv.experiment.work_cell import WorkCell
from genconv.store.checkpoints import tidy
from genconv.store.folders import prepare
from genconv.store.plans import forget_plan, read_plan
from genconv.store.status import CellStatus, planned
from genconv.store.submissions import submissions


def run_study(
    study: Study,
    root: Path | str = "runs",
    observer: Observer | None = None,
    *,
    fresh: bool = False,
    seeds: Seeds | None = None,
    goes_on: bool = False,
    keep_plan: bool = True,
) -> list[Path]:
    """Run every run of `study` that is not in the store under `root` yet; returns the folders of all its runs.

    Runs that are there are left alone, whatever study they came from: a run is identified by its configuration and
    coordinates. Runs that were interrupted go on where they were saved, to the same bits. Runs that another worker
    holds are left to it, and waited for at the end. The engine of the study starts the workers. Its plan is in the
    store, so that any other worker can take part.

    Args:
        study: With all its settings.
        root: The store.
        observer: It is told of everything.
        fresh: Move aside first what is there of this study.
        seeds: Other seeds for single cells than those of the study, by the cells' identities; a cell with none is left
            out.
        goes_on: This is no new start but more of the last one: what has failed is not run again, and it is not told
            what changed in the plan.
        keep_plan: Whether the plan stays in the store when nothing is left.

    Raises:
        InputError: Before any training, if the study or the folder is wrong.
        WorkError: If a run cannot be trained or written.

    """
    observer = observer or Observer()
    store = StudyStore(Path(root), study.execution, observer)
    engine = engine_named(study.execution.engine)
    cells = study_cells(study, store, seeds=seeds)
    prepare(store.root)
    if fresh:
        store.start_over(cells)
    missing = {one.identity: one.missing(warn=True) for one in cells}
    to_do = [one for one in cells if missing[one.identity]]
    for one in to_do:
        one.check(here=study.execution.engine == "local")
    observer.study_planned(planned_cells(cells, [missing[one.identity] for one in cells]))
    changed = start(study, store.root, cells, seeds or {}, missing=bool(to_do), goes_on=goes_on)
    for note in dict.fromkeys((*changed, *(note for one in to_do for note in one.notes()))):
        observer.noted(note)
    if to_do or (study.execution.engine == "slurm" and submissions(store.root, study.name)):
        store.set_earlier_versions_aside()
        try:
            with planned(store.root, {one.identity: _waiting(one, missing[one.identity]) for one in to_do}):
                plan = read_plan(store.root, study.name)
                for one in cells:
                    one.begin(plan.start, plan.workers)
                engine(Started(plan, store.root, cells), observer)
        finally:
            tidy(store.root)
    if not keep_plan:
        forget_plan(store.root, study.name)
    return [one.folder(run) for one in cells for run in one.runs]


def _waiting(one: WorkCell, missing: Sequence[Coordinates]) -> tuple[CellStatus, list[Path]]:
    cell = one.planned(missing)
    status = CellStatus(cell.dataset, cell.model, cell.protocol, len(missing), cell.epochs or 0)
    return status, [one.folder(run) for run in missing]
