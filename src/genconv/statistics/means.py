"""Two means against each other."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from genconv.curves import FloatArray
from genconv.statistics.interval import LEVEL, Interval, finite

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
    difference = float(b.mean() - a.mean())
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    if a[0] == a[-1] and b[0] == b[-1]:
        p = permutation_p(a, b)
        effect = math.copysign(math.inf, difference) if difference else math.nan
        return MeanDifference(difference, None, p, effect, p, "exact permutation (no spread)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nearly equal values lose precision; so be it
        result = stats.ttest_ind(b, a, equal_var=False)
        low, high = map(float, result.confidence_interval(level))
        trimmed = float(stats.ttest_ind(b, a, equal_var=False, trim=TRIM).pvalue)
    interval = Interval(low, high, level, "Welch", len(a) + len(b))
    return MeanDifference(difference, interval, float(result.pvalue), difference / spread, trimmed, "Welch")


def permutation_p(a: FloatArray, b: FloatArray) -> float:
    """2/(n_A + n_B choose n_A), the two-sided p of the exact rank permutation test (Mann–Whitney) for two samples that
    do not overlap; 1 if all values are equal.
    """
    if np.min(a) == np.max(b) and np.max(a) == np.min(b):
        return 1.0
    return min(1.0, 2 / math.comb(len(a) + len(b), len(a)))
