"""Whether two cells scatter differently."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

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

    Brown and Forsythe 1974; `scipy.stats.levene` about medians, which long tails disturb little.
    """
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 3 or (a[0] == a[-1] and b[0] == b[-1]):
        return None
    with np.errstate(all="ignore"):
        ratio = float(np.divide(a.std(ddof=1), b.std(ddof=1)))
        p = float(stats.levene(a, b, center="median").pvalue)
    return None if np.isnan(p) else SpreadComparison(ratio, p)
