"""Intervals for what describes the seeds of one cell: mean, median, standard deviation, range of future runs.

Each takes the values of n seeds, shape (n,), finite, and gives None where n is too small for an interval.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special, stats

from genconv.curves import FloatArray
from genconv.statistics.interval import LEVEL, Interval, finite
from genconv.statistics.student import t_quantile


def mean_interval(values: FloatArray, level: float = LEVEL) -> Interval | None:
    """x̄ ± t · s/√n, t the (1 + level)/2 quantile of Student's t with n − 1 degrees of freedom; None for n < 2.

    Exact for normal values; at n = 10 it covers .84 for lognormal ones (docs/statistics.md). Colas, Sigaud and
    Oudeyer, How many random seeds?, arXiv 1806.08295, section 5.
    """
    numbers = finite(values)
    if len(numbers) < 2:
        return None
    error = float(numbers.std(ddof=1)) / float(np.sqrt(len(numbers)))
    reach = t_quantile((1 - level) / 2, len(numbers) - 1) * error
    mean = float(numbers.mean())
    return Interval(mean - reach, mean + reach, level, "Student t", len(numbers))


def geometric_mean_interval(values: FloatArray, level: float = LEVEL) -> Interval | None:
    """exp of the `mean_interval` of log xᵢ, all xᵢ > 0: for the geometric mean of a skewed excess, in nats.

    For lognormal values it is exact, and the geometric mean is their median. None for n < 2 or if any xᵢ ≤ 0.
    """
    numbers = finite(values)
    if len(numbers) < 2 or numbers[0] <= 0:
        return None
    inner = mean_interval(np.log(numbers), level)
    assert inner is not None  # noqa: S101  n ≥ 2
    return Interval(float(np.exp(inner.low)), float(np.exp(inner.high)), level, "Student t of logarithms", inner.n)


def median_interval(values: FloatArray, level: float = LEVEL) -> Interval | None:
    """x₍ₖ₎ to x₍ₙ₊₁₋ₖ₎, the narrowest symmetric pair of order statistics that covers with at least `level`.

    For any continuous law; conservative: for n = 10, x₂ to x₉ with 97.9 %. None where even the extremes cover less
    (95 % needs n = 6). By the sign test, `scipy.stats.quantile_test`.
    """
    numbers = finite(values)
    if len(numbers) < 2:
        return None
    places = _median_places(len(numbers), level)
    if places is None:
        return None
    low, high = (float(numbers[place]) for place in places)
    return Interval(low, high, level, "order statistics", len(numbers))


@lru_cache(maxsize=4096)
def _median_places(n: int, level: float) -> tuple[int, int] | None:
    """Where in ascending order the ends of the interval stand."""
    ends: Any = stats.quantile_test(np.arange(n, dtype=np.float64), p=0.5).confidence_interval(level)
    low, high = ends
    return None if np.isnan(low) or np.isnan(high) else (int(low), int(high))


def deviation_interval(values: FloatArray, level: float = LEVEL) -> Interval | None:
    """√((n − 1)s²/χ²) between the (1 ± level)/2 quantiles of χ² with n − 1 degrees of freedom; None for n < 2.

    Of the standard deviation, for normal values only: at n = 10 it is s × .69 to s × 1.83. For long-tailed values it is
    far too narrow (docs/statistics.md).
    """
    numbers = finite(values)
    if len(numbers) < 2:
        return None
    low, high = deviation_factors(len(numbers) - 1, level)
    sd = float(numbers.std(ddof=1))
    return Interval(sd * low, sd * high, level, "chi-squared", len(numbers))


def deviation_factors(degrees: float, level: float = LEVEL) -> tuple[float, float]:
    """√(ν/χ²) at both ends: what a standard deviation with ν degrees of freedom is multiplied by."""
    tail = (1 - level) / 2
    small, large = (float(stats.chi2.isf(share, degrees)) for share in (1 - tail, tail))
    return float(np.sqrt(degrees / large)), float(np.sqrt(degrees / small))


def tolerance_coverage(n: int, confidence: float = LEVEL) -> float:
    """β with n βⁿ⁻¹ − (n − 1) βⁿ = 1 − confidence: the share of future runs between the smallest and largest of n.

    With that confidence at least this share lies there, whatever the continuous law: .606 for n = 10. The share is
    distributed as Beta(n − 1, 2) (Wilks 1941). 0 for n < 2.
    """
    return float(special.betaincinv(n - 1, 2, 1 - confidence)) if n >= 2 else 0.0


def tolerance_interval(values: FloatArray, confidence: float = LEVEL) -> Interval | None:
    """min xᵢ to max xᵢ, which holds at least `tolerance_coverage(n)` of all future runs; None for n < 2."""
    numbers = finite(values)
    if len(numbers) < 2:
        return None
    share = tolerance_coverage(len(numbers), confidence)
    method = f"range holding at least {100 * share:.0f} % of future runs"
    return Interval(float(numbers[0]), float(numbers[-1]), confidence, method, len(numbers))
