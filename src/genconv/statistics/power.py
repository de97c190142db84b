"""The power of a test of two means: how many seeds see a difference, and which difference the seeds at hand see."""

import math
from collections.abc import Callable
from functools import lru_cache

from scipy import special

from genconv.errors import InputError
from genconv.statistics.intervals import t_quantile
from genconv.statistics.permutation import attainable_level

ALPHA = 0.05
POWER = 0.8
MOST_SEEDS = 1_000_000
_EXACT = 1e-13


@lru_cache(maxsize=65536)
def welch_power(difference: float, sd_a: float, sd_b: float, n_a: float, n_b: float, alpha: float = ALPHA) -> float:
    """P(|T| > t) for T noncentral t with ν degrees of freedom about D/√(s_A²/n_A + s_B²/n_B), t the 1 − α/2 quantile.

    ν after Welch and Satterthwaite; with equal s and n this is the power of the t test (`TTestIndPower`). Needs n ≥ 2
    and a positive standard deviation. arXiv 1806.08295, section 4.
    """
    share_a, share_b = sd_a**2 / n_a, sd_b**2 / n_b
    variance = share_a + share_b
    degrees = variance**2 / (share_a**2 / (n_a - 1) + share_b**2 / (n_b - 1))
    centre = abs(difference) / math.sqrt(variance)
    edge = t_quantile(alpha / 2, degrees)
    if centre > edge + 30:  # the tails of the noncentral t are not computable there, and not needed
        return 1.0
    near, far = 1 - float(special.nctdtr(degrees, centre, edge)), float(special.nctdtr(degrees, centre, -edge))
    return near if math.isnan(far) else near + far  # NaN where the far tail is too small to compute


def verdict_power(difference: float, sd_a: float, sd_b: float, n_a: int, n_b: int, alpha: float = ALPHA) -> float:
    """`welch_power` at the level below `alpha` that permutations of so few runs can have; 0 where they have none.

    For normal values within .04 of the power of that test (docs/statistics.md).
    """
    level = attainable_level(alpha, n_a, n_b)
    return welch_power(difference, sd_a, sd_b, n_a, n_b, level) if level > 0 else 0.0


def effect_power(effect: float, n_a: float, n_b: float, alpha: float = ALPHA) -> float:
    """`welch_power` for a difference of `effect` common standard deviations."""
    return welch_power(effect, 1.0, 1.0, n_a, n_b, alpha)


def seeds_needed(difference: float, sd_a: float, sd_b: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """The smallest n for which n seeds a cell give `verdict_power` ≥ `power`: 17 for one sd, 64 for half of one.

    None if more than `MOST_SEEDS`.
    """

    def enough(n: int) -> bool:
        return verdict_power(difference, sd_a, sd_b, n, n, alpha) >= power

    high = 2
    while not enough(high):
        if high >= MOST_SEEDS:
            return None
        high = min(2 * high, MOST_SEEDS)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(high, 2)


@lru_cache(maxsize=4096)
def detectable_effect(n_a: int, n_b: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The d that n_A and n_B seeds detect with that power: 1.32 for 10 and 10; None where no p is below `alpha`."""
    if min(n_a, n_b) < 2 or attainable_level(alpha, n_a, n_b) == 0:
        return None

    def lacking(effect: float) -> float:
        return verdict_power(effect, 1.0, 1.0, n_a, n_b, alpha) - power

    high = 1.0
    while lacking(high) < 0:
        high *= 2
    return _root(lacking, 0.0, high)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing function is 0, between `low` and `high`; by regula falsi with halved ends (Illinois)."""
    at_low, at_high, side = rising(low), rising(high), 0
    while high - low > _EXACT * high:
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        found = rising(middle)
        if abs(found) <= _EXACT:
            return middle
        if found > 0:
            high, at_high, at_low, side = middle, found, at_low / (2 if side > 0 else 1), 1
        else:
            low, at_low, at_high, side = middle, found, at_high / (2 if side < 0 else 1), -1
    return (low + high) / 2


def effect_of_probability(probability: float) -> float:
    """d = √2 Φ⁻¹(P): how many sds apart two normal laws of equal spread lie if A beats B with chance P.

    `InputError` unless 0.5 < P < 1.
    """
    if not 0.5 < probability < 1:
        raise InputError(f"probability = {probability:g}: must be above 0.5 and below 1")
    return math.sqrt(2) * float(special.ndtri(probability))
