"""Intervals that name themselves: for the mean, median, standard deviation and future runs of one cell."""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from scipy import special

from genconv.curves import FloatArray
from genconv.errors import InputError, unknown_name

LEVEL = 0.95
"""Confidence of every interval unless told otherwise."""


@dataclass(frozen=True)
class Interval:
    """`low` to `high`, in the unit of what it is for."""

    low: float
    high: float
    level: float
    """Nominal confidence, 0.95 for 95 %."""
    method: str
    """How it was computed, in words: `Student t`."""
    n: int
    """Over how many seeds."""
    warning: str = ""
    """Why not to trust it, if there is a reason."""

    def clipped(self, low: float, high: float) -> "Interval":
        """The part of it that lies from `low` to `high`: for a probability, which cannot lie elsewhere."""
        return replace(self, low=min(max(self.low, low), high), high=min(max(self.high, low), high))

    def negated(self) -> "Interval":
        """Of the number with the other sign."""
        return replace(self, low=-self.high, high=-self.low)

    def complement(self) -> "Interval":
        """Of 1 less the number: of the chance of the other outcome."""
        return replace(self, low=1 - self.high, high=1 - self.low)

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside."""
        return not self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:.4g}, {self.high:.4g}] ({100 * self.level:g} % {self.method}, n = {self.n})"


def checked_level(level: float) -> float:
    """The level itself, if it is one; `InputError` otherwise."""
    if not 0.5 <= level < 1:
        raise InputError(f"level = {level:g}: must be at least 0.5 and below 1")
    return level


def finite(values: FloatArray) -> FloatArray:
    """The values in ascending order, so that the order of seeds changes no digit; `ValueError` for NaN and infinity.

    A run without a number is counted, never dropped here.
    """
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(
            f"{bad} of {values.size} values are not finite: count runs without a number, do not average over them"
        )
    return np.sort(np.ravel(values)).astype(np.float64)


@lru_cache(maxsize=4096)
def t_quantile(tail: float, degrees: float) -> float:
    """The value that T exceeds with probability `tail`."""
    return -float(special.stdtrit(degrees, tail))


def t_tails(difference: float, error: float, degrees: float) -> float:
    """Two-sided p of `difference`/`error`; NaN for 0/0."""
    if error == 0:
        return math.nan if difference == 0 else 0.0
    return 2 * float(special.stdtr(degrees, -abs(difference / error)))


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
    (95 % needs n = 6). By the sign test, as `scipy.stats.quantile_test`.
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
    below = special.bdtr(np.arange(n // 2), n, 0.5)
    fit = int(np.count_nonzero(below <= (1 - level) / 2))
    return (fit - 1, n - fit) if fit else None


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
    small, large = (float(special.chdtri(degrees, share)) for share in (1 - tail, tail))
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


Bootstrap = Literal["percentile", "basic", "bca"]

RESAMPLES = 9_999
FEWEST = 20
"""Below this many seeds every bootstrap interval carries a warning."""

STATISTICS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "mean": np.mean,
        "median": np.median,
        "sd": lambda x, axis=-1: np.std(x, axis=axis, ddof=1),
    }
)
"""What may be bootstrapped; no extremes, whose resamples never leave the sample."""

_METHODS: Mapping[str, Literal["percentile", "basic", "BCa"]] = MappingProxyType(
    {"percentile": "percentile", "basic": "basic", "bca": "BCa"}
)


def bootstrap_interval(
    values: FloatArray,
    generator: np.random.Generator,
    statistic: str = "mean",
    method: Bootstrap = "bca",
    level: float = LEVEL,
) -> Interval | None:
    """Quantiles of a statistic over `RESAMPLES` samples of n from the n `values`, shape (n,), drawn by `generator`.

    None for n < 2 and where the values are all alike. At n = 10 a 95 % interval of a mean covers .90 (normal values)
    and .81 to .83 (lognormal), so below n = 20 it carries a warning. `InputError` for a minimum or maximum, for which
    the bootstrap fails. Efron 1987; arXiv 1806.08295, section 5.
    """
    _check(statistic, method)
    numbers = finite(values)
    if len(numbers) < 2 or numbers[0] == numbers[-1]:
        return None
    from scipy import stats  # noqa: PLC0415  it takes most of a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate resamples show as NaN, which is handled
        result = stats.bootstrap(
            (numbers,),
            STATISTICS[statistic],
            n_resamples=RESAMPLES,
            confidence_level=level,
            method=_METHODS[method],
            rng=generator,
        )
    low, high = map(float, result.confidence_interval)
    if np.isnan(low) or np.isnan(high):
        return None
    few = f"a bootstrap over {len(numbers)} seeds covers too little: {FEWEST} are needed"
    name = f"{_METHODS[method]} bootstrap"
    return Interval(low, high, level, name, len(numbers), few if len(numbers) < FEWEST else "")


def _check(statistic: str, method: str) -> None:
    if statistic in ("min", "max"):
        raise InputError(
            f"statistic = '{statistic}': the bootstrap fails for an extreme; allowed are {', '.join(STATISTICS)}"
        )
    if statistic not in STATISTICS:
        raise unknown_name("statistic", statistic, STATISTICS)
    if method not in get_args(Bootstrap):
        raise unknown_name("bootstrap method", method, get_args(Bootstrap))
