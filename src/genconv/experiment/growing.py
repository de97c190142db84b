"""Write the curves so far of runs in training, so that another process can watch them."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.curves import Divergence
from genconv.experiment.resolve import ResolvedCell
from genconv.store.growing import NAME, GrowingRuns, epoch_line
from genconv.store.writing import write_file
from genconv.training.cell import divergences_of
from genconv.training.epoch import EpochRecord
from genconv.training.objective import measure_of
from genconv.training.progress import CellProgress
from genconv.training.trainer import CellTrainer

_PAUSE = 0.25
"""Seconds between two writings."""


class GrowingCurves:
    """The file of some runs of a cell that are trained together.

    It is begun anew with what is done already, and then only added to. A disk that is full or away stops no training:
    whoever watches sees no more of it until the training starts again.
    """

    def __init__(
        self, folder: Path, resolved: ResolvedCell, trainer: CellTrainer, progress: CellProgress | None
    ) -> None:
        self._path, self._trainer = folder / NAME, trainer
        self._epochs = resolved.cell.training.epochs
        self._told: set[int] = set()
        self._lines: list[str] = []
        self._written = time.monotonic()
        config = resolved.model.config_type.checked(resolved.cell.architecture, "model")
        measure = measure_of(resolved.model, config, resolved.dataset)
        about = GrowingRuns(resolved.cell, trainer.runs, measure, resolved.dataset.reference, trainer.steps)
        begin = "".join([about.line, *(self._done(progress) if progress else ())])
        with suppress(OSError):
            write_file(self._path, lambda path: path.write_text(begin, encoding="utf-8"), durable=False)

    def finished(self, progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
        """Another epoch is done: write what is new, four times a second at most."""
        new = self._newly_diverged(progress) if set(np.flatnonzero(diverged)) - self._told else {}
        self._lines.append(self._line(progress, progress.done - 1, new))
        now = time.monotonic()
        if now - self._written >= _PAUSE or progress.done == self._epochs:
            self._add("".join(self._lines))
            self._lines, self._written = [], now

    def _add(self, text: str) -> None:
        with suppress(OSError):
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(file, text.encode())
            finally:
                os.close(file)

    def _done(self, progress: CellProgress) -> Iterator[str]:
        """The lines of the epochs that are done; the last one tells all runs that have diverged."""
        for epoch in range(progress.done):
            last = epoch == progress.done - 1
            yield self._line(progress, epoch, self._newly_diverged(progress) if last else {})

    def _line(self, progress: CellProgress, epoch: int, ended: dict[int, Divergence]) -> str:
        record = progress.epochs[epoch]
        splits = {split: getattr(record, split) for split in EpochRecord._fields}
        values = {
            f"{split}.{name}": np.asarray(row, dtype=np.float64).tolist()
            for split, rows in splits.items()
            for name, row in rows.items()
        }
        return epoch_line(values, progress.seconds[epoch], ended)

    def _newly_diverged(self, progress: CellProgress) -> dict[int, Divergence]:
        """The runs, by place, that have diverged since the last call."""
        count = self._trainer.count
        health = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], progress.states.health)
        found = enumerate(divergences_of(health, self._trainer.steps))
        new = {place: one for place, one in found if one is not None and place not in self._told}
        self._told |= new.keys()
        return new
