"""Train what is missing of a study, keep the rest."""

from collections.abc import Sequence
from pathlib import Path

import jax

from genconv.config.cell import Run
from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.errors import InputError, WorkError
from genconv.runner.observer import Observer, Progress
from genconv.runner.records import records
from genconv.runner.resolve import ResolvedCell, resolve
from genconv.store.files import one_line
from genconv.store.runs import StoredRun, folder_name, prepare, save_run
from genconv.training.mapping import offer_cores
from genconv.training.trainer import CellTrainer, train_cell


def run_study(study: Study, root: Path | str = "runs", observer: Observer | None = None) -> list[Path]:
    """Train every run of `study` that is not in the store under `root` yet; returns the folders of all its runs.

    Runs that are there are left alone, whatever study they came from: a run is identified by its configuration and
    seed. Raises `InputError` before any training if the study or the folder is wrong.
    """
    observer = observer or Observer()
    offer_cores()
    cells = resolve(study)
    root = prepare(Path(root))
    plan = [(one, _missing(one, study.seeds, root, observer)) for one in cells]
    finished = [(one.cell, [s for s in study.seeds if s not in missing], missing) for one, missing in plan]
    for one, missing in plan:
        if missing:
            one.dataset.load()
    observer.study_planned(finished)
    for one, missing in plan:
        if missing:
            _train(one, missing, study.execution, root, observer)
    return [root / folder_name(Run(cell=one.cell, seed=seed)) for one in cells for seed in study.seeds]


def _missing(one: ResolvedCell, seeds: Sequence[int], root: Path, observer: Observer) -> list[int]:
    missing = []
    for seed in seeds:
        folder = root / folder_name(Run(cell=one.cell, seed=seed))
        if folder.exists():
            try:
                StoredRun.open(folder)
                continue
            except InputError as error:
                observer.warned(f"{error}; the run is trained again")
        missing.append(seed)
    return missing


def _train(one: ResolvedCell, seeds: Sequence[int], execution: ExecutionConfig, root: Path, observer: Observer) -> None:
    cell = one.cell
    observer.cell_started(cell, seeds)
    try:
        trainer = CellTrainer(cell, one.model, one.dataset, seeds, execution)
        result = train_cell(
            trainer,
            cell,
            seeds,
            lambda epoch, losses, diverged: observer.epoch_finished(Progress(cell, epoch + 1, losses, diverged)),
        )
    except (jax.errors.JaxRuntimeError, MemoryError) as error:
        where = f"{cell.model} on {cell.dataset}"
        raise WorkError(f"{where}: the device cannot do this ({one_line(error) or 'out of memory'})") from None
    for record in records(one, result):
        save_run(root, record)
    observer.cell_finished(cell, seeds, result.seconds)
