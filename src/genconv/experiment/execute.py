"""Train what is missing of a study, keep the rest."""

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.errors import InputError, Stopped, WorkError
from genconv.experiment.checkpointing import Checkpointer, checkpoint_of, obstacle, parts, restore
from genconv.experiment.footprint import check_memory, runs_together
from genconv.experiment.observer import Observer, Progress
from genconv.experiment.records import records
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.experiment.study_store import StudyStore
from genconv.store.checkpoints import latest_checkpoint, tidy, write_runs
from genconv.store.claims import Claim, Taken, divide, next_claim, released, remove_useless
from genconv.store.files import one_line
from genconv.store.folders import prepare
from genconv.store.lock import holder, owner
from genconv.store.runs import save_run
from genconv.store.status import planned
from genconv.training.cell import train_cell
from genconv.training.progress import CellProgress
from genconv.training.trainer import CellTrainer

_PAUSE = 1.0
"""Seconds between two looks at runs that another process trains."""


def run_study(
    study: Study, root: Path | str = "runs", observer: Observer | None = None, *, fresh: bool = False
) -> list[Path]:
    """Train every run of `study` that is not in the store under `root` yet; returns the folders of all its runs.

    Runs that are there are left alone, whatever study they came from: a run is identified by its configuration and
    coordinates. Runs that were interrupted go on where they were saved, to the same bits. Runs that another process
    trains are left to it, and waited for at the end. With `fresh`, what is there of this study is moved aside first.
    Raises `InputError` before any training if the study or the folder is wrong.
    """
    observer = observer or Observer()
    cells = resolve(study)
    store = StudyStore(prepare(Path(root)), study.execution, observer)
    if fresh:
        store.start_over(cells)
    plan = [(one, store.missing(one, warn=True)) for one in cells]
    finished = [(one.cell, [run for run in one.runs if run not in missing], missing) for one, missing in plan]
    to_train = [(one, missing) for one, missing in plan if missing]
    for one, _ in to_train:
        one.dataset.load()
        check_memory(one)
        one.check_model()
    observer.study_planned(finished)
    notes = [note for one, _ in to_train for note in (one.dataset.note, *one.notes) if note]
    for note in dict.fromkeys(notes):
        observer.noted(note)
    if to_train:
        store.set_earlier_versions_aside()
    try:
        folders = [(one.cell, {run: store.folder(one, run) for run in missing}) for one, missing in to_train]
        with planned(store.root, folders):
            _Work(store).train([one for one, _ in to_train])
    finally:
        tidy(store.root)
    return [store.folder(one, run) for one in cells for run in one.runs]


class _Work:
    """Cells to train, a set of runs after another."""

    def __init__(self, store: StudyStore) -> None:
        self._store = store
        self._most: dict[str, int] = {}
        """By cell: how many runs the device has room for at once."""
        self._taken: dict[str, Taken] = {}
        self._all_others_done = False
        """Whether saved states that cannot go on are given up by now."""

    def train(self, cells: Sequence[ResolvedCell]) -> None:
        """Train all of them: runs that another process holds last, when it is done or dead."""
        left = list(cells)
        while left:
            left = [one for one in left if not self._trained(one)]
            if left and self._all_others_done:
                time.sleep(_PAUSE)
            self._all_others_done = True

    def _trained(self, one: ResolvedCell) -> bool:
        """Train what can be trained of a cell now; whether nothing of it is left."""
        taken = self._taken.get(one.cell.identity)
        if taken is not None and not taken.unusable and all(map(holder, taken.locks)):
            return False
        while True:
            if one.cell.identity not in self._most:
                self._most[one.cell.identity] = runs_together(one)
            most = self._most[one.cell.identity]
            found = next_claim(
                self._store.root, one.cell, partial(self._store.missing, one), partial(self._usable, one), most
            )
            if found is None:
                remove_useless(self._store.root, one.cell, partial(self._store.stored, one))
                return True
            if isinstance(found, Taken):
                self._left_to_others(one, found)
                return False
            with released(self._store.root, found):
                if len(found.runs) > most:
                    self._divide(one, found, most)
                else:
                    self._train(one, found)

    def _left_to_others(self, one: ResolvedCell, taken: Taken) -> None:
        told = self._taken.get(one.cell.identity)
        self._taken[one.cell.identity] = taken
        for lock in taken.locks:
            if told is None or lock not in told.locks:
                by = f"{one.cell.model} on {one.cell.dataset} is in training by {owner(lock)}"
                self._store.observer.warned(f"{by}: left to it")

    def _usable(self, one: ResolvedCell, folder: Path, runs: Sequence[Coordinates]) -> bool:
        """Whether a saved set can go on, or all other cells are trained, so that it may start again."""
        del runs
        saved, _ = latest_checkpoint(folder, one.cell)
        return self._all_others_done or saved is None or obstacle(saved, self._store.execution) is None

    def _train(self, one: ResolvedCell, claim: Claim) -> None:
        """Train these runs together; if the device has no room for all, the next ones will be half as many."""
        where, runs = f"{one.cell.model} on {one.cell.dataset}", claim.runs
        try:
            self._train_together(one, claim)
        except (jax.errors.JaxRuntimeError, MemoryError) as error:
            reason = one_line(error) or "out of memory"
            exhausted = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in reason or "Out of memory" in reason
            if len(runs) == 1 or not exhausted:
                raise WorkError(f"{where}: the device cannot do this ({reason})") from None
            half = self._most[one.cell.identity] = -(-len(runs) // 2)
            message = f"{where}: no memory for {len(runs)} runs at once ({reason}); goes on with {half} at a time"
            self._store.observer.warned(message)
            self._divide(one, claim, half)

    def _divide(self, one: ResolvedCell, claim: Claim, most: int) -> None:
        """Cut what is saved of these runs into sets of at most `most`, which go on one after another."""
        saved = checkpoint_of(claim.folder, one.cell, self._store.observer)
        if saved is not None and saved.runs == claim.runs:
            divide(self._store.root, one.cell, parts(saved, most))

    def _train_together(self, one: ResolvedCell, claim: Claim) -> None:
        store, cell, observer = self._store, one.cell, self._store.observer
        observer.cell_started(cell, claim.runs)
        trainer = CellTrainer(cell, one.model, one.dataset, claim.runs, store.execution)
        progress = self._saved(one, claim, trainer)
        checkpointer = Checkpointer(store.root, cell, trainer, store.execution, progress)

        def on_epoch(progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
            checkpointer.finished(progress, int(diverged.sum()))
            losses = np.asarray(progress.epochs[-1].validation["loss"])
            observer.epoch_finished(Progress(cell, progress.done, losses, diverged))

        try:
            result = train_cell(trainer, cell, on_epoch, progress)
            for record in records(one, result):
                if not store.stored(one, record.run.coordinates):
                    save_run(store.root, record)
        except (KeyboardInterrupt, Stopped):
            checkpointer.save()
            raise
        except BaseException:
            with suppress(WorkError, MemoryError):  # told is what came first
                checkpointer.save()
            raise
        observer.cell_finished(cell, claim.runs, result.seconds)

    def _saved(self, one: ResolvedCell, claim: Claim, trainer: CellTrainer) -> CellProgress | None:
        """Where the runs were saved; what cannot go on is moved aside with a line, and they start again."""
        store = self._store
        saved = checkpoint_of(claim.folder, one.cell, store.observer)
        if saved is None or saved.runs != trainer.runs:
            return None
        problem = obstacle(saved, store.execution)
        if problem is None:
            try:
                return restore(saved, trainer)
            except InputError as error:
                problem = str(error)
        moved = store.set_aside([claim.folder])
        write_runs(claim.folder, one.cell, claim.runs)
        store.observer.warned(
            f"{one.cell.model} on {one.cell.dataset}: what was saved after epoch {saved.epochs} cannot go on here "
            f"({problem}); it is now in {moved}, and its {len(saved.runs)} runs start again"
        )
        return None
