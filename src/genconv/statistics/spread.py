"""Whether two cells scatter differently."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.interval import finite


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
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 3 or (a[0] == a[-1] and b[0] == b[-1]):
        return None
    with np.errstate(all="ignore"):
        ratio = float(np.divide(a.std(ddof=1), b.std(ddof=1)))
        p = _f_test(np.abs(a - _middle(a)), np.abs(b - _middle(b)))
    return None if np.isnan(p) else SpreadComparison(ratio, p)


def _f_test(a: FloatArray, b: FloatArray) -> float:
    """p of the analysis of variance of two groups; NaN if both are without spread and alike."""
    n_a, n_b = len(a), len(b)
    mean_a, mean_b = a.mean(), b.mean()
    mean = (n_a * mean_a + n_b * mean_b) / (n_a + n_b)
    between = n_a * (mean_a - mean) ** 2 + n_b * (mean_b - mean) ** 2
    within = np.square(a - mean_a).sum() + np.square(b - mean_b).sum()
    degrees = n_a + n_b - 2
    return float(special.fdtrc(1.0, degrees, degrees * between / within))


def _middle(ordered: FloatArray) -> float:
    """The median of values in ascending order."""
    n = len(ordered)
    return float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2
