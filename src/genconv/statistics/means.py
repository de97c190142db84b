"""Two means against each other."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.interval import LEVEL, Interval, finite
from genconv.statistics.student import t_quantile, t_tails

TRIM = 0.2
"""Share cut from each end in Yuen's test."""


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
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 2:
        return None
    (mean_a, of_a, trimmed_a), (mean_b, of_b, trimmed_b) = _moments(a.tobytes()), _moments(b.tobytes())
    difference = mean_b - mean_a
    if a[0] == a[-1] and b[0] == b[-1]:
        p = permutation_p(a, b)
        effect = math.copysign(math.inf, difference) if difference else math.nan
        return MeanDifference(difference, None, p, effect, p, "exact permutation (no spread)")
    spread = math.sqrt((of_a[0] + of_b[0]) / 2)
    effect = difference / spread if spread else math.copysign(math.inf, difference)
    error, degrees = _welch_satterthwaite(of_a, of_b)
    reach = t_quantile((1 - level) / 2, degrees) * error
    interval = Interval(difference - reach, difference + reach, level, "Welch", len(a) + len(b))
    p, p_trimmed = t_tails(difference, error, degrees), _yuen(trimmed_a, trimmed_b)
    return MeanDifference(difference, interval, p, effect, p_trimmed, "Welch")


def permutation_p(a: FloatArray, b: FloatArray) -> float:
    """2/(n_A + n_B choose n_A), the two-sided p of the exact rank permutation test (Mann–Whitney) for two samples that
    do not overlap; 1 if all values are equal.
    """
    if np.min(a) == np.max(b) and np.max(a) == np.min(b):
        return 1.0
    return min(1.0, 2 / math.comb(len(a) + len(b), len(a)))


_Share = tuple[float, int]
"""A variance, and over how many values."""


def _yuen(a: tuple[float, _Share], b: tuple[float, _Share]) -> float:
    """p of the test of `welch` for trimmed means and winsorized variances, as `scipy.stats.ttest_ind(…, trim=)` has it,
    which takes a hundred times as long on a few seeds. Yuen 1974.
    """
    error, degrees = _welch_satterthwaite(a[1], b[1])
    return t_tails(b[0] - a[0], error, degrees)


@lru_cache(maxsize=4096)
def _moments(content: bytes) -> tuple[float, _Share, tuple[float, _Share]]:
    """Of values in ascending order: mean, variance and n; the same without `TRIM` of each end, which in the variance
    are drawn in. A cell is compared with all others, so they are kept.
    """
    values = np.frombuffer(content)
    n, cut = len(values), int(len(values) * TRIM)
    middle = values[cut : n - cut]
    with np.errstate(over="ignore"):
        variance = float(values.var(ddof=1))
        drawn_in = float(np.clip(values, middle[0], middle[-1]).var(ddof=1))
    trimmed = (drawn_in * (n - 1) / (len(middle) - 1), len(middle))
    return float(values.mean()), (variance, n), (float(middle.mean()), trimmed)


def _welch_satterthwaite(a: _Share, b: _Share) -> tuple[float, float]:
    """Standard error of a difference of means, and its degrees of freedom, from (variance, n) of both."""
    share_a, share_b = a[0] / a[1], b[0] / b[1]
    total = share_a + share_b
    below = share_a * share_a / (a[1] - 1) + share_b * share_b / (b[1] - 1)
    degrees = total * total / below if below else math.nan
    return math.sqrt(total), 1.0 if math.isnan(degrees) else degrees  # spreads too small or too large to be squared
