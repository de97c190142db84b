"""How much of a study is done, and how long the rest will take."""

import time
from collections.abc import Callable, Sequence

from genconv.config.run import Cell
from genconv.experiment.observer import PlannedCell, Progress


class Overall:
    """Counts epochs of runs over all cells of a study.

    Args:
        cells: What was planned. Cells of which nothing is missing, or whose epochs are not known, do not count.
        clock: Seconds that pass.

    """

    def __init__(self, cells: Sequence[PlannedCell], clock: Callable[[], float] = time.monotonic) -> None:
        work = {one.identity: len(one.missing) * (one.epochs or 0) for one in cells}
        self.cells = {identity: size for identity, size in work.items() if size}
        """Epochs of runs that each cell needs."""
        self._done = dict.fromkeys(self.cells, 0)
        self._now = dict.fromkeys(self.cells, 0)
        self._clock, self._began = clock, clock()
        self._first: float | None = None
        """Where the first epoch that was heard of stood: a cell that goes on has not done all of it now."""

    def epoch_finished(self, progress: Progress) -> None:
        """Another epoch of a set of runs is done."""
        if (identity := progress.cell.identity) in self.cells:
            self._now[identity] = progress.epoch * len(progress.losses)
            if self._first is None:
                self._first = max(self._all - len(progress.losses), 0)

    def cell_finished(self, cell: Cell, runs: int) -> None:
        """These runs of a cell are stored."""
        if cell.identity in self.cells:
            self._done[cell.identity] += runs * cell.training.epochs
            self._now[cell.identity] = 0

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        total = sum(self.cells.values())
        return min(self._all / total, 1.0) if total else 1.0

    @property
    def cells_done(self) -> float:
        """How many cells, the one in training as a fraction."""
        return sum(min((self._done[one] + self._now[one]) / size, 1.0) for one, size in self.cells.items())

    @property
    def seconds_left(self) -> float | None:
        """If the rest goes as what was done; None before anything was."""
        done = self._all - (self._first or 0)
        if self._first is None or done <= 0:
            return None
        return (self._clock() - self._began) * (sum(self.cells.values()) - self._all) / done

    @property
    def _all(self) -> int:
        return sum(self._done.values()) + sum(self._now.values())
