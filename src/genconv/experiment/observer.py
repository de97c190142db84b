"""What a caller may watch while a study runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genconv.config.run import Cell
from genconv.coordinates import Coordinates

PlannedCell = tuple[Cell, Sequence[Coordinates], Sequence[Coordinates]]
"""A cell, its finished runs, and those that are missing."""


@dataclass(frozen=True)
class Progress:
    """The state of the cell in training after an epoch."""

    cell: Cell
    epoch: int
    """Epochs done."""
    losses: NDArray[np.float32]
    """Validation loss of each run, shape (N,)."""
    diverged: NDArray[np.bool_]
    """Which runs have diverged, shape (N,)."""


class Observer:
    """Receives what happens; every method does nothing unless overridden."""

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """Before any training: each cell with its runs that are finished already and those that will be trained."""

    def noted(self, message: str) -> None:
        """How a dataset is read or a default was changed, on one line, where that was decided by the data."""

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Training of these runs begins."""

    def epoch_finished(self, progress: Progress) -> None:
        """Another epoch is done."""

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """These runs are in the store."""

    def warned(self, message: str) -> None:
        """Something that the user should know, on one line."""
