"""What a caller may watch while a study runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genconv.config.run import Cell


@dataclass(frozen=True)
class Progress:
    """The state of the cell in training after an epoch."""

    cell: Cell
    epoch: int
    """Epochs done."""
    losses: NDArray[np.float32]
    """Validation loss of each seed, shape (N,)."""
    diverged: NDArray[np.bool_]
    """Which seeds have diverged, shape (N,)."""


class Observer:
    """Receives what happens; every method does nothing unless overridden."""

    def study_planned(self, cells: Sequence[tuple[Cell, Sequence[int], Sequence[int]]]) -> None:
        """Before any training: each cell with the seeds that are finished already and those that will be trained."""

    def cell_started(self, cell: Cell, seeds: Sequence[int]) -> None:
        """Training of these seeds begins."""

    def epoch_finished(self, progress: Progress) -> None:
        """Another epoch is done."""

    def cell_finished(self, cell: Cell, seeds: Sequence[int], seconds: float) -> None:
        """The runs of these seeds are in the store."""

    def warned(self, message: str) -> None:
        """Something that the user should know, on one line."""
