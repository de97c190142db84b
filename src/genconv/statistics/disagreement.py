"""Where the means of two cells and most of their runs disagree: a few runs rule a mean."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.comparison import Comparison
from genconv.statistics.intervals import Interval
from genconv.statistics.sample import Sample

MATERIAL = 0.6
"""From which chance on a disagreement is told though the runs decide nothing; below it is what noise does."""


@dataclass(frozen=True)
class Ruling:
    """The fewest runs of one cell without which its mean would lie on the other side of the other mean."""

    label: str
    """Of the cell."""
    count: int
    runs: int
    """How many runs the cell has."""
    low: float
    """The lowest of the ruling runs, in the unit of the metric."""
    high: float


@dataclass(frozen=True)
class Disagreement:
    """Two cells of which one has the lower mean, though a run of the other one is lower at least as often."""

    most: str
    """The label of the cell whose runs are lower more often."""
    chance: float
    """P(a run of it is lower) ≥ ½."""
    mostly: bool
    """Whether more than half of its runs lie below the median of the other cell; equal runs may make P without."""
    chance_interval: Interval | None
    mean: str
    """The label of the cell with the lower mean."""
    size: float
    """How much lower, in the unit of the metric."""
    interval: Interval | None
    """Of `size`."""
    ruling: Ruling | None
    """None if no such few runs exist."""


def disagreement(comparison: Comparison) -> Disagreement | None:
    """Of two cells of which every run has a number; None where the mean and most runs agree."""
    means, better = comparison.means, comparison.better
    if means is None or better is None or comparison.a.same_mean(comparison.b):
        return None
    a_is_lower = means.difference > 0
    lower, upper = (comparison.a, comparison.b) if a_is_lower else (comparison.b, comparison.a)
    chance = 1 - better.probability if a_is_lower else better.probability
    if chance < 0.5:
        return None
    return Disagreement(
        most=upper.label,
        chance=chance,
        mostly=bool((upper.survivors < np.median(lower.survivors)).mean() > 0.5),
        chance_interval=_complement(better.interval) if a_is_lower else better.interval,
        mean=lower.label,
        size=abs(means.difference),
        interval=means.interval if a_is_lower or means.interval is None else means.interval.negated(),
        ruling=_ruling(lower, upper),
    )


def _complement(interval: Interval | None) -> Interval | None:
    return None if interval is None else interval.complement()


def _ruling(lower: Sample, upper: Sample) -> Ruling | None:
    """The highest runs of the upper cell, or the lowest of the lower one, whichever are fewer."""
    high = _fewest(-upper.survivors[::-1], -lower.mean)
    low = _fewest(lower.survivors, upper.mean)
    if high is not None and (low is None or high <= low):
        return _named(upper, upper.survivors[-high:])
    return None if low is None else _named(lower, lower.survivors[:low])


def _fewest(ascending: FloatArray, mean: float) -> int | None:
    """How many of the lowest values must go until the mean of the rest is above `mean`; None if it never is."""
    left = np.cumsum(ascending[::-1])[::-1][1:] / np.arange(len(ascending) - 1, 0, -1)
    above = np.flatnonzero(left > mean)
    return int(above[0]) + 1 if above.size else None


def _named(sample: Sample, ruling: FloatArray) -> Ruling:
    return Ruling(sample.label, len(ruling), len(sample.seeds), float(ruling[0]), float(ruling[-1]))
