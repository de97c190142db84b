"""Whether two cells scatter differently."""

from dataclasses import dataclass
from functools import lru_cache

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
        (sd_a, mean_a, squares_a), (sd_b, mean_b, squares_b) = _distances(a.tobytes()), _distances(b.tobytes())
        ratio = float(np.divide(sd_a, sd_b))
        p = _f_test((len(a), mean_a, squares_a), (len(b), mean_b, squares_b))
    return None if np.isnan(p) else SpreadComparison(ratio, p)


def _f_test(a: tuple[int, float, float], b: tuple[int, float, float]) -> float:
    """p of the analysis of variance of two groups, each (n, mean, sum of squares); NaN if both have no spread."""
    n_a, n_b = a[0], b[0]
    mean = (n_a * a[1] + n_b * b[1]) / (n_a + n_b)
    between = n_a * (a[1] - mean) ** 2 + n_b * (b[1] - mean) ** 2
    degrees = n_a + n_b - 2
    return float(special.fdtrc(1.0, degrees, np.divide(degrees * between, a[2] + b[2])))


@lru_cache(maxsize=4096)
def _distances(content: bytes) -> tuple[float, float, float]:
    """Of values in ascending order the standard deviation; of their distances from the median the mean, and the sum of
    squares about it. A cell is compared with all others, so they are kept.
    """
    values = np.frombuffer(content)
    n = len(values)
    median = (values[(n - 1) // 2] + values[n // 2]) / 2
    distances = np.abs(values - median)
    mean = distances.mean()
    return float(values.std(ddof=1)), float(mean), float(np.square(distances - mean).sum())
