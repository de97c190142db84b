"""Train what is missing of a study, keep the rest."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Cell, Run
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.errors import InputError, Stopped, WorkError
from genconv.experiment.checkpointing import Checkpointer, checkpoint_of, restore
from genconv.experiment.observer import Observer, Progress
from genconv.experiment.records import records
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.store.checkpoints import cell_folder, forget, tidy
from genconv.store.files import one_line
from genconv.store.finished import FinishedRuns
from genconv.store.folders import folder_name, prepare, set_aside
from genconv.store.lock import held, owner
from genconv.store.runs import StoredRun, save_run
from genconv.store.status import forget_plan, write_plan
from genconv.training.cell import train_cell
from genconv.training.progress import CellProgress
from genconv.training.trainer import CellTrainer

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
    store = _Store(prepare(Path(root)), study.execution, observer)
    if fresh:
        _start_over(store, cells)
    plan = [(one, store.missing(one)) for one in cells]
    finished = [(one.cell, [run for run in one.runs if run not in missing], missing) for one, missing in plan]
    to_train = [one for one, missing in plan if missing]
    for one in to_train:
        one.dataset.load()
    observer.study_planned(finished)
    for note in dict.fromkeys(one.dataset.note for one in to_train if one.dataset.note):
        observer.noted(note)
    try:
        write_plan(store.root, [(one.cell, missing) for one, missing in plan if missing])
        _train_all(to_train, store)
    finally:
        forget_plan(store.root)
        tidy(store.root)
    return [store.folder(one, run) for one in cells for run in one.runs]


class _Store:
    """The output folder of a study at work: what is finished in it, and who is told what happens."""

    def __init__(self, root: Path, execution: ExecutionConfig, observer: Observer) -> None:
        self.root, self.execution, self.observer = root, execution, observer
        self._finished = FinishedRuns(root)

    def folder(self, one: ResolvedCell, run: Coordinates) -> Path:
        """Where the run is stored, or will be."""
        wanted = Run(one.cell, run)
        return self._finished.folder(wanted, one.complete) or self.root / folder_name(wanted)

    def missing(self, one: ResolvedCell, *, warn: bool = True) -> list[Coordinates]:
        """The cell's runs that are not stored, or not whole."""
        missing = []
        for run in one.runs:
            folder = self.folder(one, run)
            if folder.exists():
                try:
                    StoredRun.open(folder)
                    continue
                except InputError as error:
                    if warn:
                        self.observer.warned(f"{error}; the run is trained again")
            missing.append(run)
        return missing

    def work_folder(self, cell: Cell) -> Path:
        """Where what belongs to the cell in training is kept."""
        return cell_folder(self.root, cell)


def _train_all(cells: Sequence[ResolvedCell], store: _Store) -> None:
    """Train cell after cell; those that another process holds last, when it is done or dead."""
    left, reported = list(cells), set[str]()
    while left:
        busy = []
        for one in left:
            lock = store.work_folder(one.cell).with_suffix(".lock")
            with held(lock) as ours:
                if ours:
                    _train_missing(one, store)
                    continue
            busy.append(one)
            if one.cell.identity not in reported:
                reported.add(one.cell.identity)
                by = f"{one.cell.model} on {one.cell.dataset} is in training by {owner(lock)}"
                store.observer.warned(f"{by}: left to it")
        left = busy
        if left:
            time.sleep(_PAUSE)


def _train_missing(one: ResolvedCell, store: _Store) -> None:
    """Train what is missing of a cell: first the runs of an interrupted training, then the others."""
    saved = checkpoint_of(store.root, one.cell, store.observer)
    if saved is not None and set(saved.runs) & set(store.missing(one, warn=False)):
        _train(one, saved.runs, store)
    if missing := store.missing(one, warn=False):
        forget(store.root, one.cell)
        _train(one, missing, store)
    forget(store.root, one.cell)


def _train(one: ResolvedCell, runs: Sequence[Coordinates], store: _Store) -> None:
    """Train these runs together; half of them at a time if the device has no room for all."""
    where = f"{one.cell.model} on {one.cell.dataset}"
    try:
        _train_together(one, runs, store)
    except (jax.errors.JaxRuntimeError, MemoryError) as error:
        reason = one_line(error) or "out of memory"
        exhausted = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in reason or "Out of memory" in reason
        if len(runs) == 1 or not exhausted:
            raise WorkError(f"{where}: the device cannot do this ({reason})") from None
        half = -(-len(runs) // 2)
        message = f"{where}: no memory for {len(runs)} runs at once ({reason}); goes on with {half} at a time"
        store.observer.warned(message)
        forget(store.root, one.cell)
        for some in (runs[:half], runs[half:]):
            _train(one, some, store)


def _train_together(one: ResolvedCell, runs: Sequence[Coordinates], store: _Store) -> None:
    cell, observer = one.cell, store.observer
    observer.cell_started(cell, runs)
    trainer = CellTrainer(cell, one.model, one.dataset, runs, store.execution)
    saved = checkpoint_of(store.root, cell, Observer())
    progress = restore(saved, trainer, store.work_folder(cell)) if saved and saved.runs == trainer.runs else None
    checkpointer = Checkpointer(store.root, cell, trainer, store.execution)

    def on_epoch(progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
        checkpointer.finished(progress, int(diverged.sum()))
        observer.epoch_finished(
            Progress(cell, progress.done, np.asarray(progress.epochs[-1].validation["loss"]), diverged)
        )

    try:
        result = train_cell(trainer, cell, on_epoch, progress)
    except (KeyboardInterrupt, Stopped):
        checkpointer.save()
        raise
    for record in records(one, result):
        save_run(store.root, record)
    observer.cell_finished(cell, runs, result.seconds)


def _start_over(store: _Store, cells: Sequence[ResolvedCell]) -> None:
    folders = [store.folder(one, run) for one in cells for run in one.runs]
    folders += [store.work_folder(one.cell) for one in cells]
    if moved := set_aside(store.root, [folder for folder in folders if folder.exists()], datetime.now()):
        store.observer.warned(f"what was there of this study is now in {moved}")
