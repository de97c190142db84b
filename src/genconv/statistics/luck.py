"""Is a lucky seed better on data that it has not seen? The halves of held-out data, over the runs of a cell.

The loss of run s on example i is taken as

    y_si = μ + T_s + E_i + R_si,

T_s what the run is worth on fresh data, with variance σ_T² over seeds, E_i how hard the example is, and R_si the rest,
which makes a run look lucky on these examples. The mean over n examples has the variance σ_T² + σ_R²/n over seeds.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import fdtri, ndtri

from genconv.curves import FloatArray

METHOD = "analysis of variance, Feldt's F with degrees of freedom for the kurtosis over seeds"
BEST = (1.0, 5.0, 25.0)
"""Percent of the runs that count as the best ones."""
_SPLITS = 50
_DRAWS = 300
_FEWEST_TO_DRAW = 20
"""Runs from which on an interval is drawn."""


@dataclass(frozen=True)
class Best:
    """What the best runs on one half are worth on the other, on average over halves."""

    percent: float
    runs: int
    """How many that is; shares of less than one run are left out."""
    here: float
    """By how much their mean loss is below that of all runs on the half that chose them."""
    there: float
    """The same on the other half."""
    low: float | None
    high: float | None
    """Interval of `there`, by drawing seeds anew; None for few seeds."""


@dataclass(frozen=True)
class Luck:
    """How much of the spread over seeds is real."""

    runs: int
    examples: int
    deviation: float
    """Standard deviation over seeds of the mean loss over all examples."""
    real_deviation: float
    """σ_T: the same on infinitely many fresh examples."""
    halves: float
    """Pearson's correlation over seeds between the mean losses of two halves, mean over halves drawn at random."""
    halves_low: float
    halves_high: float
    real: float
    """σ_T² / (σ_T² + σ_R²/n): the share of the variance over seeds that is real: the mean covariance over all ways to
    halve, over the variance on all examples."""
    real_low: float
    real_high: float
    best: tuple[Best, ...]


class RealShare(NamedTuple):
    """The share of the variance over seeds that is real, its interval, and σ_T² in units of the loss."""

    share: float
    low: float
    high: float
    variance: float


def luck(losses: FloatArray, *, level: float = 0.95, seed: int = 0) -> Luck:
    """Halves of held-out data, over seeds.

    The interval of the share is Feldt's (1965): MS_seeds/MS_rest · (1 − share) follows F. Its degrees of freedom over
    seeds are lowered where the means of the runs have longer tails than a normal law (Shoemaker 2003).

    Args:
        losses: Shape (N, n), N ≥ 3 runs, n ≥ 2 examples: losses of the same examples, finite.
        level: Confidence of intervals.
        seed: Of the halves and of seeds drawn anew.

    """
    runs, examples = losses.shape
    centred = losses - losses.mean(0, dtype=np.float64)
    real = real_share(centred, level)
    halves = halved(centred, _SPLITS, seed)
    half = float(np.nanmean(_correlations(*halves)))
    half_low, half_high = _fisher(half, runs, level)
    return Luck(
        runs=runs,
        examples=examples,
        deviation=float(centred.mean(1).std(ddof=1)),
        real_deviation=float(np.sqrt(max(real.variance, 0.0))),
        halves=half,
        halves_low=half_low,
        halves_high=half_high,
        real=real.share,
        real_low=real.low,
        real_high=real.high,
        best=_best(*halves, level, seed),
    )


def real_share(losses: FloatArray, level: float = 0.95) -> RealShare:
    """1 − MS_rest/MS_seeds with Feldt's interval; nothing is below 0, where the halves do not agree at all.

    Args:
        losses: Shape (N, n), the mean of each example over runs 0.
        level: Confidence of the interval.

    """
    runs, examples = losses.shape
    means = losses.mean(1)
    rest_freedom = (runs - 1) * (examples - 1)
    rest = float(np.einsum("si,si->", losses, losses) - examples * np.square(means).sum()) / rest_freedom
    seeds = examples * float(means.var(ddof=1))
    if seeds <= 0:
        return RealShare(0.0, 0.0, 0.0, 0.0)
    freedom = max(1.0, 2 * (runs - 1) / (2 + max(0.0, _excess_kurtosis(means)) * (runs - 1) / runs))
    ratio, tail = rest / seeds, (1 - level) / 2
    ends = [1 - ratio * float(fdtri(freedom, rest_freedom, p)) for p in (1 - tail, tail)]
    low, high = (float(np.clip(end, 0.0, 1.0)) for end in ends)
    return RealShare(float(np.clip(1 - ratio, 0.0, 1.0)), low, high, (seeds - rest) / examples)


def _excess_kurtosis(values: FloatArray) -> float:
    """The estimate that is unbiased for a normal law; 0 for fewer than four values."""
    n = len(values)
    if n < 4:
        return 0.0
    squares = np.square(values - values.mean())
    biased = float(np.square(squares).mean() / squares.mean() ** 2) - 3
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * biased + 6)


def halved(losses: FloatArray, splits: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Mean losses on both halves of the examples, halved at random again and again; each of shape (N, splits)."""
    examples = losses.shape[1]
    half = examples // 2
    random = np.random.default_rng(seed)
    first, second = np.zeros((examples, splits)), np.zeros((examples, splits))
    for split in range(splits):
        order = random.permutation(examples)
        first[order[:half], split] = 1 / half
        second[order[half:], split] = 1 / (examples - half)
    return losses @ first, losses @ second


def _correlations(one: FloatArray, other: FloatArray) -> FloatArray:
    """Pearson's r of every two columns."""
    a, b = one - one.mean(0), other - other.mean(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r: FloatArray = (a * b).mean(0) / (a.std(0) * b.std(0))
    return r


def _fisher(r: float, runs: int, level: float) -> tuple[float, float]:
    """Fisher's z interval of a correlation; everything for three runs."""
    if runs < 4:
        return -1.0, 1.0
    reach = float(ndtri((1 + level) / 2)) / np.sqrt(runs - 3)
    z = float(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))
    return float(np.tanh(z - reach)), float(np.tanh(z + reach))


def _best(one: FloatArray, other: FloatArray, level: float, seed: int) -> tuple[Best, ...]:
    here, there = np.hstack([one, other]), np.hstack([other, one])
    runs = len(here)
    counts = {round(runs * percent / 100): percent for percent in BEST if runs * percent >= 100}
    counts = counts or {1: round(100 / runs, 1)}
    return tuple(_worth(here, there, percent, count, level, seed) for count, percent in sorted(counts.items()))


def _worth(here: FloatArray, there: FloatArray, percent: float, count: int, level: float, seed: int) -> Best:
    runs, random = len(here), np.random.default_rng(seed)
    worth_here, worth_there = (float(one.mean()) for one in _gains(here, there, count))
    low: float | None = None
    high: float | None = None
    if runs >= _FEWEST_TO_DRAW:
        few = here[:, ::10], there[:, ::10]
        chosen = random.integers(0, runs, (_DRAWS, runs))
        drawn = _gains(few[0][chosen], few[1][chosen], count)[1].mean(-1)
        offset = worth_there - float(_gains(*few, count)[1].mean())
        tail = (1 - level) / 2
        low, high = (float(end) + offset for end in np.quantile(drawn, [tail, 1 - tail]))
    return Best(percent, count, worth_here, worth_there, low, high)


def _gains(here: FloatArray, there: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """By how much the best runs of each column of `here` are better than all, here and there; runs are axis −2."""
    chosen = np.argpartition(here, count - 1, axis=-2)[..., :count, :]
    return (
        here.mean(-2) - np.take_along_axis(here, chosen, -2).mean(-2),
        there.mean(-2) - np.take_along_axis(there, chosen, -2).mean(-2),
    )
