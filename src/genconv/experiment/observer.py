"""What a caller may watch while a study runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.config.run import Cell
from genconv.coordinates import Coordinates


class PlannedCell(NamedTuple):
    """What there is of a cell before any work, and what is missing."""

    identity: str
    dataset: str
    model: str
    protocol: str
    """`launched` for runs of a command."""
    finished: Sequence[Coordinates]
    missing: Sequence[Coordinates]
    epochs: int | None = None
    """That each run will have; None where that is not known."""
    variant: str = ""
    """What sets it apart from other cells of the study with the same dataset, model and protocol."""

    @property
    def verb(self) -> str:
        """What is done with its runs: `train`, or `run` of a command."""
        return "run" if self.protocol == "launched" else "train"


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

    @property
    def words(self) -> str:
        """Seeds alive and diverged, and the current validation loss over those that are alive."""
        diverged = int(self.diverged.sum())
        alive = self.losses[~self.diverged]
        words = f"{alive.size} alive" + (f", {diverged} diverged" if diverged else "")
        if alive.size == 0:
            return words
        spread = f" ± {np.std(alive, ddof=1):.3f}" if alive.size > 1 else ""
        return f"{words}, loss {np.mean(alive):.3f}{spread}"


class Observer:
    """Receives what happens; every method does nothing unless overridden."""

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """Before any work: each cell with its runs that are finished already and those that are missing."""

    def noted(self, message: str) -> None:
        """How a dataset is read or a default was changed, on one line, where that was decided by the data."""

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Training of these runs begins."""

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        """The runs whose training has begun go on from what was saved after so many epochs."""

    def epoch_finished(self, progress: Progress) -> None:
        """Another epoch is done."""

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """These runs are in the store."""

    def warned(self, message: str) -> None:
        """Something that the user should know, on one line."""

    def run_finished(self, name: str, seed: int, state: str, reason: str) -> None:
        """A launched run of the cell of this name is over."""

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        """So many of the samples of the run of this name are there; not told of samples that come in one go."""
