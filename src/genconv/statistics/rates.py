"""Rates of divergence: one with its exact interval, two against each other."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scipy import special

from genconv.statistics.barnard import barnard, fisher
from genconv.statistics.intervals import LEVEL, Interval

RateMethod = Literal["exact", "wilson"]
MOST_TABLES = 10_000
"""n_A n_B up to which Barnard's test goes through every table."""


@dataclass(frozen=True)
class RateDifference:
    """Divergence of two cells: how many of how many, and whether the rates differ."""

    missing_a: int
    seeds_a: int
    missing_b: int
    seeds_b: int
    p: float
    """Barnard's exact test, two-sided; Fisher's for more than `MOST_TABLES`."""


@lru_cache(maxsize=4096)
def rate_interval(count: int, n: int, level: float = LEVEL, method: RateMethod = "exact") -> Interval | None:
    """From the α/2 quantile of Beta(k, n − k + 1) to the 1 − α/2 quantile of Beta(k + 1, n − k), α = 1 − level.

    Of a rate from `count` = k of `n`; exact (Clopper and Pearson 1934), so 0 of 10 still allows 31 %, and it takes 59
    clean seeds to exclude 5 % (one-sided). `wilson` is shorter and covers `level` on average only. None for n = 0.
    """
    if n == 0:
        return None
    low, high = _wilson(count, n, level) if method == "wilson" else _exact(count, n, level)
    return Interval(low, high, level, "Clopper-Pearson" if method == "exact" else "Wilson", n)


def _exact(count: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = float(special.betaincinv(count, n - count + 1, tail)) if count else 0.0
    high = float(special.betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0
    return low, high


def _wilson(count: int, n: int, level: float) -> tuple[float, float]:
    """Where |k/n − p| = z √(p(1 − p)/n)."""
    z, rate = -float(special.ndtri((1 - level) / 2)), count / n
    centre, scale = rate + z**2 / (2 * n), 1 + z**2 / n
    reach = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return low if count else 0.0, high if count < n else 1.0


def clean_seeds(rate: float, confidence: float = LEVEL) -> int:
    """⌈log(1 − confidence)/log(1 − rate)⌉: how many seeds without divergence exclude a rate from `rate` on.

    59 for 5 % with 95 % confidence.
    """
    n = 1
    while (1 - rate) ** n > 1 - confidence:
        n += 1
    return n


def compare_rates(missing_a: int, seeds_a: int, missing_b: int, seeds_b: int) -> RateDifference | None:
    """Barnard's exact test of equal rates, pooled variance, two-sided; None if a cell has no seeds.

    The largest tail probability over the unknown common rate; 3 against 0 of 10 give p = .088, 4 against 0 p = .042.
    Fisher's exact test, which is close to it for many runs, where n_A n_B is above `MOST_TABLES`.
    """
    if not (seeds_a and seeds_b):
        return None
    test = fisher if seeds_a * seeds_b > MOST_TABLES else barnard
    return RateDifference(missing_a, seeds_a, missing_b, seeds_b, test(missing_a, seeds_a, missing_b, seeds_b))
