"""Two cells against each other: their means, and their spreads; any number of pairs at once."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.intervals import LEVEL, Interval, finite

TRIM = 0.2
"""Share cut from each end in Yuen's test."""
AT_ONCE = 2_000_000
"""Up to how many values are held together; more pairs are taken in turns, to spare memory."""

Pair = tuple[FloatArray, FloatArray]
T = TypeVar("T")


def for_each_size(
    pairs: Sequence[Pair], fewest: int, compute: Callable[[FloatArray, FloatArray], Iterable[T | None]]
) -> list[T | None]:
    """`compute` of all pairs of equal sizes together, shapes (P, n_A) and (P, n_B); results in the order of `pairs`.

    None for a pair with fewer than `fewest` values in either sample.
    """
    results: list[T | None] = [None] * len(pairs)
    for places in _places_by_size(pairs):
        a, b = (np.stack([pairs[place][side] for place in places]) for side in (0, 1))
        if min(a.shape[1], b.shape[1]) >= fewest:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # samples without spread are treated one by one
                for place, result in zip(places, compute(a, b), strict=True):
                    results[place] = result
    return results


def columns_of(*columns: Any) -> Iterator[tuple[Any, ...]]:
    """Arrays of shape (P,) as Python numbers, a tuple a pair."""
    return zip(*(np.asarray(column).tolist() for column in columns), strict=True)


def _places_by_size(pairs: Sequence[Pair]) -> Iterator[list[int]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for place, (a, b) in enumerate(pairs):
        groups.setdefault((len(a), len(b)), []).append(place)
    for (n_a, n_b), places in groups.items():
        most = max(1, AT_ONCE // max(n_a + n_b, 1))
        yield from (places[start : start + most] for start in range(0, len(places), most))


@dataclass(frozen=True)
class MeanDifference:
    """By how much A lies below B, in the unit of the metric."""

    difference: float
    """mean(B) − mean(A): positive where A is lower."""
    interval: Interval | None
    """None where neither sample has any spread."""
    p: float
    effect: float
    """Cohen's d = difference/√((s_A² + s_B²)/2); infinite or NaN without spread."""
    p_trimmed: float
    """Of Yuen's test, the same with 20 % trimmed means: what a few outliers do to p."""
    method: str


def welch(a: FloatArray, b: FloatArray, level: float = LEVEL) -> MeanDifference | None:
    """D ± t_ν √(s_A²/n_A + s_B²/n_B), D = mean(B) − mean(A), ν after Welch and Satterthwaite; None for n < 2.

    `a` and `b` of shapes (n_A,) and (n_B,), finite. Without any spread the t statistic does not exist: p is then 1 for
    equal values, else that of the exact permutation test, and `method` says so. Welch 1947; recommended over
    t-test, Mann–Whitney and bootstrap by arXiv 1904.06979.
    """
    return welch_of([(finite(a), finite(b))], level)[0]


def welch_of(pairs: Sequence[Pair], level: float = LEVEL) -> list[MeanDifference | None]:
    """`welch` of every pair, each of two samples in ascending order."""

    def compute(a: FloatArray, b: FloatArray) -> Iterator[MeanDifference]:
        difference, error, degrees = _welch(a, b)
        reach = special.stdtrit(degrees, (1 + level) / 2) * error
        p_value, p_trimmed_value = _two_sided(difference, error, degrees), _two_sided(*_yuen(a, b))
        effect = difference / np.sqrt((a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1)) / 2)
        constant = (a[:, 0] == a[:, -1]) & (b[:, 0] == b[:, -1])
        columns = columns_of(difference, difference - reach, difference + reach, p_value, effect, p_trimmed_value)
        for place, (gap, low, high, p, size, p_trimmed) in enumerate(columns):
            if constant[place]:
                yield _without_spread(a[place], b[place], gap)
            else:
                interval = Interval(low, high, level, "Welch", a.shape[1] + b.shape[1])
                yield MeanDifference(gap, interval, p, size, p_trimmed, "Welch")

    return for_each_size(pairs, 2, compute)


_Columns = tuple[FloatArray, FloatArray, FloatArray]


def _two_sided(difference: FloatArray, error: FloatArray, degrees: FloatArray) -> FloatArray:
    p: FloatArray = 2 * special.stdtr(degrees, -np.abs(difference / error))
    return p


def _welch(a: FloatArray, b: FloatArray) -> _Columns:
    """D, its standard error and degrees of freedom of each row, shape (P,)."""
    shares = [(one.var(axis=1, ddof=1) / one.shape[1], one.shape[1] - 1) for one in (a, b)]
    return b.mean(axis=1) - a.mean(axis=1), *_error(shares)


def _yuen(a: FloatArray, b: FloatArray) -> _Columns:
    """The same of trimmed means: with h = n − 2⌊.2 n⌋ values left, Σ (wᵢ − w̄)²/(h(h − 1)) of the winsorized ones w."""
    means, shares = [], []
    for one in (a, b):
        n = one.shape[1]
        cut = int(TRIM * n)
        left = n - 2 * cut
        winsorized = np.clip(one, one[:, cut, np.newaxis], one[:, n - cut - 1, np.newaxis])
        means.append(one[:, cut : n - cut].mean(axis=1))
        shares.append((winsorized.var(axis=1) * n / (left * (left - 1)), left - 1))
    return means[1] - means[0], *_error(shares)


def _error(shares: Sequence[tuple[FloatArray, int]]) -> tuple[FloatArray, FloatArray]:
    """√(Σ vᵢ), and (Σ vᵢ)²/Σ vᵢ²/νᵢ after Welch and Satterthwaite, of variances vᵢ with νᵢ degrees of freedom."""
    variance = shares[0][0] + shares[1][0]
    return np.sqrt(variance), variance**2 / (shares[0][0] ** 2 / shares[0][1] + shares[1][0] ** 2 / shares[1][1])


def _without_spread(a: FloatArray, b: FloatArray, difference: float) -> MeanDifference:
    p = permutation_p(a, b)
    effect = math.copysign(math.inf, difference) if difference else math.nan
    return MeanDifference(difference, None, p, effect, p, "exact permutation (no spread)")


def permutation_p(a: FloatArray, b: FloatArray) -> float:
    """2/(n_A + n_B choose n_A), the two-sided p of the exact rank permutation test (Mann–Whitney) for two samples that
    do not overlap; 1 if all values are equal. Both in ascending order.
    """
    if a[0] == b[-1] and a[-1] == b[0]:
        return 1.0
    return min(1.0, 2 / math.comb(len(a) + len(b), len(a)))


@dataclass(frozen=True)
class SpreadComparison:
    """The standard deviation of A against that of B."""

    ratio: float
    """s_A/s_B; infinite or NaN if B has no spread."""
    p: float
    """Brown–Forsythe, two-sided."""


def brown_forsythe(a: FloatArray, b: FloatArray) -> SpreadComparison | None:
    """F test of |xᵢ − median| between `a` and `b`, shapes (n_A,) and (n_B,), finite; None for n < 3 or no spread.

    Brown and Forsythe 1974, Levene's test about medians, which long tails disturb little.
    """
    return brown_forsythe_of([(finite(a), finite(b))])[0]


def brown_forsythe_of(pairs: Sequence[Pair]) -> list[SpreadComparison | None]:
    """`brown_forsythe` of every pair, each of two samples in ascending order."""

    def compute(a: FloatArray, b: FloatArray) -> Iterator[SpreadComparison | None]:
        p = _levene(a, b)
        ratio = a.std(axis=1, ddof=1) / b.std(axis=1, ddof=1)
        constant = (a[:, 0] == a[:, -1]) & (b[:, 0] == b[:, -1])
        for spread, p_value, has_test in columns_of(ratio, p, ~(constant | np.isnan(p))):
            yield SpreadComparison(spread, p_value) if has_test else None

    return for_each_size(pairs, 3, compute)


def _levene(a: FloatArray, b: FloatArray) -> FloatArray:
    """P(F ≥ (N − 2) Σ nᵢ (z̄ᵢ − z̄)²/Σ (zᵢⱼ − z̄ᵢ)²) of each row, z = |x − median|, F with 1 and N − 2 degrees."""
    distances = [np.abs(one - np.median(one, axis=1, keepdims=True)) for one in (a, b)]
    n = a.shape[1] + b.shape[1]
    means = [one.mean(axis=1, keepdims=True) for one in distances]
    centre = sum(one.sum(axis=1, keepdims=True) for one in distances) / n
    between = sum(one.shape[1] * (mean - centre)[:, 0] ** 2 for one, mean in zip(distances, means, strict=True))
    within = sum(((one - mean) ** 2).sum(axis=1) for one, mean in zip(distances, means, strict=True))
    p: FloatArray = special.fdtrc(1, n - 2, (n - 2) * between / within)
    return p
