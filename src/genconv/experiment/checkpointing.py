"""When a cell in training is saved, and what may be taken up again."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Cell
from genconv.errors import InputError
from genconv.experiment.environment import bits_depend_on
from genconv.experiment.observer import Observer
from genconv.store.checkpoints import Checkpoint, latest_checkpoint, save_checkpoint, set_folder
from genconv.store.files import one_line
from genconv.store.status import CellStatus, write_status
from genconv.training.progress import CellProgress, from_arrays, of_some, to_arrays
from genconv.training.seeds import SeedMapping
from genconv.training.trainer import CellTrainer

_STATUS_SECONDS = 1.0
"""Seconds between two writings of the status that other processes read."""
_SOON = 1.0
"""Seconds before the first saving; twice as many before each further one, up to `checkpoint_seconds`."""
_SHARE = 20.0
"""Saving takes at most one part in so many of the time."""


class Checkpointer:
    """Saves the progress of one cell: regularly, and at once when asked to."""

    def __init__(
        self,
        root: Path,
        cell: Cell,
        trainer: CellTrainer,
        execution: ExecutionConfig,
        progress: CellProgress | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` raises if what is to be saved belongs to another process by now."""
        self._check = check
        self._root, self._cell, self._trainer, self._execution = root, cell, trainer, execution
        self._latest = progress
        self._saved = progress.done if progress else 0
        self._regular = self._pause = min(_SOON, execution.checkpoint_seconds)
        self._when = time.monotonic()
        self._status_written = -_STATUS_SECONDS
        self._first: tuple[int, float] | None = None

    def finished(self, progress: CellProgress, diverged: int) -> None:
        """Another epoch is done: remember it, and save it if it is time."""
        self._latest = progress
        self._write_status(progress.done, diverged)
        if self._due(progress.done):
            self.save()

    def _due(self, done: int) -> bool:
        """Soon at first, then more and more seldom; after the last epoch too, since the evaluation takes its time."""
        if (every := self._execution.checkpoint_epochs) is not None:
            return done % every == 0
        pause = min(self._pause, _SOON) if done == self._cell.training.epochs else self._pause
        return time.monotonic() - self._when >= pause

    def _write_status(self, done: int, diverged: int) -> None:
        """Tell other processes how far the cell is, not more than once a second."""
        now = time.monotonic()
        if now - self._status_written < _STATUS_SECONDS and done < self._cell.training.epochs:
            return
        self._status_written = now
        if self._first is None:
            self._first = (done, now)
        epochs, seconds = done - self._first[0], now - self._first[1]
        pace = seconds / epochs if epochs else None
        status = CellStatus.of(self._cell, self._trainer.count, done=done, diverged=diverged, seconds_per_epoch=pace)
        write_status(set_folder(self._root, self._cell, self._trainer.runs), status)

    def save(self) -> None:
        """Save what was finished last, unless it is saved already."""
        if self._latest is None or self._latest.done == self._saved:
            return
        began = time.monotonic()
        trainer = self._trainer
        arrays = to_arrays(self._latest, trainer.count)
        made = made_with(self._execution, trainer.count)
        checkpoint = Checkpoint(trainer.runs, self._latest.done, made, arrays)
        save_checkpoint(self._root, self._cell, checkpoint, self._check)
        self._saved, self._when = self._latest.done, time.monotonic()
        self._regular = min(2 * self._regular, self._execution.checkpoint_seconds)
        self._pause = max(self._regular, _SHARE * (self._when - began))


def checkpoint_of(folder: Path, cell: Cell, observer: Observer) -> Checkpoint | None:
    """What was saved last in the folder of a set; a damaged file is told and the one before it is taken."""
    found, problems = latest_checkpoint(folder, cell)
    for problem in problems:
        before = f"goes on from epoch {found.epochs}" if found else "starts again"
        observer.warned(f"{problem}; the cell {before}")
    return found


def parts(checkpoint: Checkpoint, most: int) -> list[Checkpoint]:
    """The checkpoint cut into those of at most `most` of its runs each, to be trained one after another."""
    return [
        replace(
            checkpoint,
            runs=checkpoint.runs[first : first + most],
            arrays=of_some(checkpoint.arrays, first, first + most),
        )
        for first in range(0, len(checkpoint.runs), most)
    ]


def obstacle(checkpoint: Checkpoint, execution: ExecutionConfig) -> str | None:
    """Why a checkpoint cannot go on to the same bits here, in a few words; None if it can."""
    now = made_with(execution, len(checkpoint.runs))
    for name in sorted({*now, *checkpoint.made_with}):
        if now.get(name) != (was := checkpoint.made_with.get(name)):
            return f"{name} {was} then, {now.get(name)} now"
    return None


def restore(checkpoint: Checkpoint, trainer: CellTrainer) -> CellProgress:
    """The progress in a checkpoint; `InputError` if it does not fit the model."""
    try:
        return from_arrays(checkpoint.arrays, trainer.shapes())
    except (InputError, KeyError) as error:
        raise InputError(one_line(error)) from None


def made_with(execution: ExecutionConfig, runs: int) -> dict[str, Any]:
    """What has to be the same for bits to be the same."""
    return {**bits_depend_on(), "mapping": SeedMapping.chosen(execution, runs).each}
