"""How much of a study is done, and how long the rest will take."""

import time
from collections.abc import Callable, Collection, Sequence

from genconv.config.run import Cell
from genconv.experiment.observer import PlannedCell, Progress


class Overall:
    """Counts epochs of runs over all cells of a study.

    What is left takes: the epochs of runs that are left, each as long as those that were timed; the time to the first
    epoch, in which programs are compiled, of every cell that has not begun; and the time after the last one, in which
    models are evaluated, of every cell that is not stored. The latter two are means over the cells that were timed.

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
        self._clock, self._last = clock, clock()
        self._beginnings: dict[str, float] = {}
        self._endings: dict[str, float] = {}
        self._seconds, self._timed = 0.0, 0
        """Of epochs after the first of a set of runs: how long they took, and how many there were, times runs."""

    def epoch_finished(self, progress: Progress) -> None:
        """Another epoch of a set of runs is done."""
        if (identity := progress.cell.identity) not in self.cells:
            return
        now, before = progress.epoch * len(progress.losses), self._now[identity]
        passed = self._passed()
        if before:
            self._seconds += passed
            self._timed += now - before
        else:
            self._beginnings[identity] = passed
        self._now[identity] = now

    def cell_finished(self, cell: Cell, runs: int) -> None:
        """These runs of a cell are stored."""
        if cell.identity in self.cells:
            self._endings[cell.identity] = self._passed()
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
        """If the rest goes as what was done; None before two epochs of one cell were."""
        if not self._timed:
            return None
        rest = (sum(self.cells.values()) - self._all) * self._seconds / self._timed
        to_begin, to_end = len(self.cells) - len(self._beginnings), len(self.cells) - len(self._endings)
        return rest + to_begin * _mean(self._beginnings.values()) + to_end * _mean(self._endings.values())

    @property
    def _all(self) -> int:
        return sum(self._done.values()) + sum(self._now.values())

    def _passed(self) -> float:
        """Seconds since this was asked last."""
        last, self._last = self._last, self._clock()
        return self._last - last


def _mean(values: Collection[float]) -> float:
    return sum(values) / len(values) if values else 0.0
