"""Rates of divergence: one with its exact interval, two against each other."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import stats

from genconv.statistics.intervals import LEVEL, Interval

RateMethod = Literal["exact", "wilson"]
MOST_TABLES = 10_000
"""n_A n_B up to which Barnard's test goes through every table; it would take minutes for thousands of runs."""


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
    low, high = stats.binomtest(count, n).proportion_ci(level, method=method)
    name = "Clopper-Pearson" if method == "exact" else "Wilson"
    return Interval(float(low), float(high), level, name, n)


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
    Barnard 1947; `scipy.stats.barnard_exact`, whose columns are the two cells.
    """
    if not (seeds_a and seeds_b):
        return None
    return RateDifference(missing_a, seeds_a, missing_b, seeds_b, _barnard(missing_a, seeds_a, missing_b, seeds_b))


@lru_cache(maxsize=4096)
def _barnard(missing_a: int, seeds_a: int, missing_b: int, seeds_b: int) -> float:
    if missing_a * seeds_b == missing_b * seeds_a:
        return 1.0
    table = np.array([[missing_a, missing_b], [seeds_a - missing_a, seeds_b - missing_b]])
    if seeds_a * seeds_b > MOST_TABLES:
        return min(1.0, float(stats.fisher_exact(table).pvalue))
    return min(1.0, float(stats.barnard_exact(table).pvalue))
