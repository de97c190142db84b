"""Train what is missing of a study, keep the rest."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Run
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.errors import InputError, Stopped, WorkError
from genconv.experiment.checkpointing import Checkpointer, checkpoint_of, restore
from genconv.experiment.observer import Observer, Progress
from genconv.experiment.records import records
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.store.checkpoints import cell_folder, forget, tidy
from genconv.store.files import one_line
from genconv.store.folders import folder_name, prepare, set_aside
from genconv.store.lock import held, owner
from genconv.store.runs import StoredRun, save_run
from genconv.store.status import forget_plan, note_plan
from genconv.training.progress import CellProgress
from genconv.training.trainer import CellTrainer, train_cell

_PAUSE = 1.0
"""Seconds between two looks at cells that another process trains."""


def run_study(
    study: Study, root: Path | str = "runs", observer: Observer | None = None, *, fresh: bool = False
) -> list[Path]:
    """Train every run of `study` that is not in the store under `root` yet; returns the folders of all its runs.

    Runs that are there are left alone, whatever study they came from: a run is identified by its configuration and
    coordinates. Cells that were interrupted go on where they were saved, to the same bits. Cells that another process
    trains are left to it, and waited for at the end. With `fresh`, what is there of this study is moved aside first.
    Raises `InputError` before any training if the study or the folder is wrong.
    """
    observer = observer or Observer()
    cells = resolve(study)
    root = prepare(Path(root))
    if fresh:
        _start_over(root, cells, observer)
    plan = [(one, _missing(one, root, observer)) for one in cells]
    finished = [(one.cell, [run for run in one.runs if run not in missing], missing) for one, missing in plan]
    to_train = [one for one, missing in plan if missing]
    for one in to_train:
        one.dataset.load()
    observer.study_planned(finished)
    try:
        note_plan(root, [(one.cell, missing) for one, missing in plan if missing])
        _train_all(to_train, study, root, observer)
    finally:
        forget_plan(root)
        tidy(root)
    return [root / folder_name(Run(one.cell, run)) for one in cells for run in one.runs]


def _train_all(cells: Sequence[ResolvedCell], study: Study, root: Path, observer: Observer) -> None:
    """Train cell after cell; those that another process holds last, when it is done or dead."""
    left, told = list(cells), set[str]()
    while left:
        busy = []
        for one in left:
            lock = cell_folder(root, one.cell).with_suffix(".lock")
            with held(lock) as ours:
                if ours:
                    _train_missing(one, study, root, observer)
                    continue
            busy.append(one)
            if one.cell.identity not in told:
                told.add(one.cell.identity)
                observer.warned(f"{one.cell.model} on {one.cell.dataset} is in training by {owner(lock)}: left to it")
        left = busy
        if left:
            time.sleep(_PAUSE)


def _train_missing(one: ResolvedCell, study: Study, root: Path, observer: Observer) -> None:
    """Train what is missing of a cell: first the runs of an interrupted training, then the others."""
    saved = checkpoint_of(root, one.cell, observer)
    if saved is not None and set(saved.runs) & set(_missing(one, root, Observer())):
        _train(one, saved.runs, study.execution, root, observer)
    if missing := _missing(one, root, Observer()):
        forget(root, one.cell)
        _train(one, missing, study.execution, root, observer)
    forget(root, one.cell)


def _missing(one: ResolvedCell, root: Path, observer: Observer) -> list[Coordinates]:
    missing = []
    for run in one.runs:
        folder = root / folder_name(Run(one.cell, run))
        if folder.exists():
            try:
                StoredRun.open(folder)
                continue
            except InputError as error:
                observer.warned(f"{error}; the run is trained again")
        missing.append(run)
    return missing


def _train(
    one: ResolvedCell, runs: Sequence[Coordinates], execution: ExecutionConfig, root: Path, observer: Observer
) -> None:
    """Train these runs together; half of them at a time if the device has no room for all."""
    where = f"{one.cell.model} on {one.cell.dataset}"
    try:
        _train_together(one, runs, execution, root, observer)
    except (jax.errors.JaxRuntimeError, MemoryError) as error:
        reason = one_line(error) or "out of memory"
        exhausted = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in reason or "Out of memory" in reason
        if len(runs) == 1 or not exhausted:
            raise WorkError(f"{where}: the device cannot do this ({reason})") from None
        half = -(-len(runs) // 2)
        observer.warned(f"{where}: no memory for {len(runs)} runs at once ({reason}); goes on with {half} at a time")
        forget(root, one.cell)
        for some in (runs[:half], runs[half:]):
            _train(one, some, execution, root, observer)


def _train_together(
    one: ResolvedCell, runs: Sequence[Coordinates], execution: ExecutionConfig, root: Path, observer: Observer
) -> None:
    cell, where = one.cell, cell_folder(root, one.cell)
    observer.cell_started(cell, runs)
    trainer = CellTrainer(cell, one.model, one.dataset, runs, execution)
    saved = checkpoint_of(root, cell, Observer())
    progress = restore(saved, trainer, where) if saved and saved.runs == trainer.runs else None
    saver = Checkpointer(root, cell, trainer, execution)

    def on_epoch(progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
        saver.finished(progress, int(diverged.sum()))
        observer.epoch_finished(
            Progress(cell, progress.done, np.asarray(progress.epochs[-1].validation.loss), diverged)
        )

    try:
        result = train_cell(trainer, cell, on_epoch, progress)
    except (KeyboardInterrupt, Stopped):
        saver.save()
        raise
    for record in records(one, result):
        save_run(root, record)
    observer.cell_finished(cell, runs, result.seconds)


def _start_over(root: Path, cells: Sequence[ResolvedCell], observer: Observer) -> None:
    folders = [root / folder_name(Run(one.cell, run)) for one in cells for run in one.runs]
    folders += [cell_folder(root, one.cell) for one in cells]
    if moved := set_aside(root, [folder for folder in folders if folder.exists()], datetime.now()):
        observer.warned(f"what was there of this study is now in {moved}")
