"""Blocks of a cell that genconv trains itself: all runs of a block in one compiled program."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.run import Run
from genconv.coordinates import Coordinates
from genconv.errors import InputError, Stopped, WorkError
from genconv.experiment.checkpointing import Checkpointer, checkpoint_of, obstacle, parts, restore
from genconv.experiment.environment import bits_depend_on
from genconv.experiment.footprint import check_memory, runs_together
from genconv.experiment.growing import GrowingCurves
from genconv.experiment.kept_states import KeptStates
from genconv.experiment.observer import PlannedCell, Progress
from genconv.experiment.records import records
from genconv.experiment.resolve import ResolvedCell
from genconv.experiment.study_store import StudyStore
from genconv.experiment.work_cell import WorkCell
from genconv.store.checkpoints import latest_checkpoint
from genconv.store.claims import Claim, Claims
from genconv.store.files import one_line
from genconv.store.folders import folder_name
from genconv.store.lock import TakenOverError
from genconv.store.runs import save_run
from genconv.training.cell import train_cell
from genconv.training.progress import CellProgress
from genconv.training.trainer import CellTrainer


class TrainedCell(WorkCell):
    """A cell of a study that is trained here."""

    at_work = "in training"

    def __init__(self, one: ResolvedCell, store: StudyStore, workers: int = 1) -> None:
        self.resolved, self.runs = one, one.runs
        self.claims = Claims(store.root, one.cell, lambda run: folder_name(Run(one.cell, run)))
        self._store, self._workers = store, workers
        self._room: int | None = None
        """How many runs the device has room for at once; None before that is known."""

    @property
    def identity(self) -> str:
        """Of the cell."""
        return self.resolved.cell.identity

    @property
    def name(self) -> str:
        """`vae on rings`."""
        return f"{self.resolved.cell.model} on {self.resolved.cell.dataset}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The cell's configuration."""
        return self.resolved.cell.model_dump(mode="json")

    def begin(self, start: int, workers: int) -> None:
        """Share the cell with other workers."""
        del start
        self._workers = workers

    def check(self, *, here: bool) -> None:
        """`InputError` for data that cannot be read, a model that cannot be, and what there is no memory for."""
        self.resolved.dataset.load()
        if here:
            check_memory(self.resolved)
        self.resolved.check_model()

    def notes(self) -> Sequence[str]:
        """How the dataset is read, and which defaults were changed to fit it."""
        return [note for note in (self.resolved.dataset.note, *self.resolved.notes) if note]

    def planned(self, missing: Sequence[Coordinates]) -> PlannedCell:
        """Finished and missing runs."""
        cell, wanted = self.resolved.cell, set(missing)
        finished = [run for run in self.runs if run not in wanted]
        return PlannedCell(
            self.identity, cell.dataset, cell.model, cell.protocol, finished, missing, cell.training.epochs
        )

    def folder(self, run: Coordinates) -> Path:
        """Where the run is stored, or will be."""
        return self._store.folder(self.resolved, run)

    def missing(self, *, warn: bool = False) -> list[Coordinates]:
        """The runs that are not stored, or not whole."""
        return self._store.missing(self.resolved, warn=warn)

    def stored(self, run: Coordinates) -> bool:
        """Whether the run is stored, and whole."""
        return self._store.stored(self.resolved, run)

    def failed(self) -> int:
        """None: a training that fails ends the worker."""
        return 0

    def usable(self, folder: Path, runs: Sequence[Coordinates], *, last: bool) -> bool:
        """Whether a saved set can go on, or all other cells are trained, so that it may start again."""
        del runs
        saved, _ = latest_checkpoint(folder, self.resolved.cell)
        return last or saved is None or obstacle(saved, self._store.execution) is None

    def most(self) -> int:
        """As many as there is room for; a part of them where several workers share the cell."""
        if self._room is None:
            self._room = runs_together(self.resolved)
        shared = -(-len(self.runs) // self._workers)
        return max(1, min(self._room, self._store.execution.block or shared))

    def made_with(self) -> dict[str, Any]:
        """Versions, device and processor."""
        return bits_depend_on()

    def work(self, block: Claim) -> None:
        """Train these runs together; if the device has no room for all, the next ones will be half as many."""
        if len(block.runs) > self._room_for(block):
            self._divide(block, self._room_for(block))
            return
        try:
            self._train(block)
        except (jax.errors.JaxRuntimeError, MemoryError) as error:
            reason = one_line(error) or "out of memory"
            exhausted = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in reason or "Out of memory" in reason
            if len(block.runs) == 1 or not exhausted:
                raise WorkError(f"{self.name}: the device cannot do this ({reason})") from None
            half = self._room = -(-len(block.runs) // 2)
            message = (
                f"{self.name}: no memory for {len(block.runs)} runs at once ({reason}); goes on with {half} at a time"
            )
            self._store.observer.warned(message)
            self._divide(block, half)

    def _room_for(self, block: Claim) -> int:
        """Runs that fit the device; a saved set may have been made on a larger one."""
        self.most()
        return self._room or len(block.runs)

    def _divide(self, block: Claim, most: int) -> None:
        """Cut what is saved of these runs into sets of at most `most`, which go on one after another."""
        saved = checkpoint_of(block.folder, self.resolved.cell, self._store.observer)
        if saved is not None and saved.runs == block.runs:
            self.claims.divide(self.resolved.cell, parts(saved, most))

    def _train(self, block: Claim) -> None:
        store, cell, observer = self._store, self.resolved.cell, self._store.observer
        observer.cell_started(cell, block.runs)
        trainer = CellTrainer(cell, self.resolved.model, self.resolved.dataset, block.runs, store.execution)
        progress = self._saved(block, trainer)
        if progress is not None:
            observer.cell_resumed(cell, progress.done)
        checkpointer = Checkpointer(store.root, cell, trainer, store.execution, progress, block.lock.fence)
        growing = GrowingCurves(block.folder, self.resolved, trainer, progress)
        kept = KeptStates(block.folder, trainer, progress)

        def on_epoch(progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
            block.lock.check()
            kept.finished(progress, diverged)
            checkpointer.finished(progress, int(diverged.sum()))
            growing.finished(progress, diverged)
            losses = np.asarray(progress.epochs[-1].validation["loss"])
            observer.epoch_finished(Progress(cell, progress.done, losses, diverged))

        try:
            result = train_cell(trainer, cell, on_epoch, progress)
            for record in records(self.resolved, result, kept.of):
                if not self.stored(record.run.coordinates):
                    save_run(store.root, record, block.lock.fence)
        except TakenOverError:
            raise
        except (KeyboardInterrupt, Stopped):
            checkpointer.save()
            raise
        except BaseException:
            with suppress(WorkError, MemoryError):  # told is what came first
                checkpointer.save()
            raise
        observer.cell_finished(cell, block.runs, result.seconds)

    def _saved(self, block: Claim, trainer: CellTrainer) -> CellProgress | None:
        """Where the runs were saved; what cannot go on is moved aside with a line, and they start again."""
        store = self._store
        saved = checkpoint_of(block.folder, self.resolved.cell, store.observer)
        if saved is None or saved.runs != trainer.runs:
            return None
        problem = obstacle(saved, store.execution)
        if problem is None:
            try:
                return restore(saved, trainer)
            except InputError as error:
                problem = str(error)
        moved = store.set_aside([block.folder])
        self.claims.write(block.folder, block.runs)
        store.observer.warned(
            f"{self.name}: what was saved after epoch {saved.epochs} cannot go on here "
            f"({problem}); it is now in {moved}, and its {len(saved.runs)} runs start again"
        )
        return None
