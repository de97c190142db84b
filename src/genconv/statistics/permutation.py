"""Permutation tests of two cells, exact at any size if the cells share a law; any number of pairs at once.

Both statistics are studentized, so that for large samples the tests also hold where only the means, or only the
chances, are equal. Janssen 1997; Chung and Romano 2013; Neubert and Brunner 2007 for ranks.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.intervals import finite
from genconv.statistics.partitions import partitions
from genconv.statistics.rank_permutation import counts_of_ranks
from genconv.statistics.two_sample import Pair, for_each_size

MOST_EXACT = 200_000
"""Up to how many partitions of the runs into two cells every one is tried: 184,756 for 10 and 10 runs."""
_LARGEST_EXACT = 10
"""Runs of the smaller cell beyond which there are more than that."""
DRAWS = 99_999
MANY_RUNS = 1000
DRAWS_OF_MANY = 19_999
"""Partitions that are drawn instead: `DRAWS` of up to `MANY_RUNS` runs in both cells, `DRAWS_OF_MANY` of more."""
DRAWS_A_TEST = 100
"""At least so many partitions for each test of one family, else no p of draws could be small enough after Holm."""
_PAIRS_AT_ONCE = 500
"""Up to how many pairs meet a block of partitions together, to spare memory."""

Statistic = Literal["means", "ranks"]


@dataclass(frozen=True)
class PermutationTest:
    """A two-sided p, and how it was found."""

    p: float
    smallest: float
    """The smallest p that so many runs can have."""
    method: str
    """In words: `studentized permutation of means, exact`."""


def studentized_means(a: FloatArray, b: FloatArray) -> PermutationTest | None:
    """p = 2 min(P(T* ≤ T), P(T* ≥ T)), T = (mean(A) − mean(B))/√(s_A²/n_A + s_B²/n_B); None for n < 2.

    `a` and `b` of shapes (n_A,) and (n_B,), finite. T* is that of a partition of all values into cells of these sizes;
    each partition counts once, or `DRAWS` of them and the observed one, from a fixed generator. The same as
    `scipy.stats.ttest_ind(equal_var=False)` by permutations. For n_A = n_B it is P(|T*| ≥ |T|), as T* is symmetric.
    """
    return permutation_of([(finite(a), finite(b))], "means")[0]


def studentized_ranks(a: FloatArray, b: FloatArray) -> PermutationTest | None:
    """The same for T = (P − ½)/σ̂, P = P(A < B) + ½ P(A = B) with the standard error of Brunner and Munzel.

    Infinite values are allowed and equal among themselves: runs without a number.
    """
    return permutation_of([(np.sort(a), np.sort(b))], "ranks")[0]


def permutation_of(pairs: Sequence[Pair], statistic: Statistic, tests: int = 1) -> list[PermutationTest | None]:
    """The test of every pair, each of two samples in ascending order. Exchanging A and B changes no digit.

    `tests` is for how many of them p will be adjusted.
    """
    return for_each_size(pairs, 2, partial(_tests, statistic=statistic, tests=tests))


def smallest_p(n_a: int, n_b: int, tests: int = 1) -> float:
    """The smallest p that n_A and n_B different values can have: 2/184,756 for 10 and 10, 1/10 for 3 and 3."""
    if _is_exact(n_a, n_b):
        return 2 / _count(n_a, n_b)
    return (1 if n_a == n_b else 2) / (_draws(n_a, n_b, tests) + 1)


def runs_to_decide(alpha: float, tests: int = 1) -> int | None:
    """The smallest n for which n and n different values can have p < `alpha`: 4 for .05; None if there is none."""
    n = 2
    while smallest_p(n, n, tests) >= alpha:
        if not _is_exact(n, n):
            return None
        n += 1
    return n


def attainable_level(alpha: float, n_a: int, n_b: int) -> float:
    """The largest p below `alpha` that n_A and n_B different values can have; 0 if there is none, `alpha` for draws.

    The level at which the test of so few runs truly works: .029 for 4 and 4 runs at .05, 0 for 3 and 3.
    """
    if not _is_exact(n_a, n_b):
        return alpha
    step = smallest_p(n_a, n_b)
    return step * max(math.ceil(alpha / step * (1 - 1e-12)) - 1, 0)


def _count(n_a: int, n_b: int) -> int:
    return math.comb(n_a + n_b, n_a)


def _is_exact(n_a: int, n_b: int) -> bool:
    return min(n_a, n_b) <= _LARGEST_EXACT and _count(n_a, n_b) <= MOST_EXACT


def _draws(n_a: int, n_b: int, tests: int) -> int:
    return max(DRAWS if n_a + n_b <= MANY_RUNS else DRAWS_OF_MANY, DRAWS_A_TEST * tests - 1)


def _tests(a: FloatArray, b: FloatArray, statistic: Statistic, tests: int) -> Iterator[PermutationTest]:
    """Of each row; shapes (P, n_A), (P, n_B)."""
    n_a, n_b = a.shape[1], b.shape[1]
    smaller = _first(a, b) if n_a == n_b else a if n_a < n_b else b
    pooled = np.sort(np.concatenate([a, b], axis=1), axis=1)
    draws = None if _is_exact(n_a, n_b) else _draws(n_a, n_b, tests)
    p_of, most = (_p_of_means, _PAIRS_AT_ONCE) if statistic == "means" else (_p_of_ranks, len(a))
    parts = [slice(start, start + most) for start in range(0, len(a), most)]
    p_values = np.concatenate([p_of(smaller[part], pooled[part], draws) for part in parts])
    how = "exact" if draws is None else f"{draws:,} draws"
    for p in p_values.tolist():
        yield PermutationTest(p, smallest_p(n_a, n_b, tests), f"studentized permutation of {statistic}, {how}")


def _first(a: FloatArray, b: FloatArray) -> FloatArray:
    """Of each two rows in ascending order the one that is lower where they first differ, whichever is called A."""
    place = np.argmax(a != b, axis=1)[:, None]
    lower = np.take_along_axis(a, place, axis=1) <= np.take_along_axis(b, place, axis=1)
    first: FloatArray = np.where(lower, a, b)
    return first


def _doubled(below: FloatArray, above: FloatArray, k: int, n: int, draws: int | None) -> FloatArray:
    """p from how many partitions lie at or below, and at or above, what was observed."""
    counted, of = (0, _count(k, n - k)) if draws is None else (1, draws + 1)
    p: FloatArray = np.minimum(2 * (np.minimum(below, above) + counted) / of, 1.0)
    return p


def _p_of_means(smaller: FloatArray, pooled: FloatArray, draws: int | None) -> FloatArray:
    """Shapes (P, k), (P, n) → (P,)."""
    k, n = smaller.shape[1], pooled.shape[1]
    centre = pooled.mean(axis=1, keepdims=True)
    scale = np.abs(pooled - centre).max(axis=1, keepdims=True)
    scale[scale == 0] = 1.0
    values, own = (pooled - centre) / scale, (smaller - centre) / scale
    if 2 * k == n:
        return _p_of_equal_cells(own.sum(axis=1), values, draws)
    moments = np.concatenate([values, values**2])
    totals = moments.sum(axis=1)
    observed, slack = signed_squares(np.concatenate([own.sum(axis=1), (own**2).sum(axis=1)]), totals, k, n)
    below, above = np.zeros(len(values)), np.zeros(len(values))
    for members in partitions(k, n, draws):
        found, _ = signed_squares((moments @ members.astype(np.float64)).T, totals, k, n)
        below += (found <= observed + slack).sum(axis=0)
        above += (found >= observed - slack).sum(axis=0)
    return _doubled(below, above, k, n, draws)


def _p_of_equal_cells(observed: FloatArray, values: FloatArray, draws: int | None) -> FloatArray:
    """The same from the sum of one cell: for values of mean 0 |T| grows with |D|, T² = (n/2 − 1) D²/(2 Σz²/n − D²/2).

    Of all partitions those of which the first value is a member come first; the others are their complements.
    """
    n = values.shape[1]
    far_out = (np.abs(observed) - 1e-12)[:, None]
    left = _count(n // 2, n // 2) // 2 if draws is None else draws
    counts, of = (np.zeros(len(values)), left) if draws is None else (np.ones(len(values)), left + 1)
    for members in partitions(n // 2, n, draws):
        sums = values @ members[:, :left].astype(np.float64)
        left -= sums.shape[1]
        counts += (np.abs(sums, out=sums) >= far_out).sum(axis=1)
        if not left:
            break
    return counts / of


def signed_squares(moments: FloatArray, totals: FloatArray, k: int, n: int) -> tuple[FloatArray, FloatArray]:
    """T |T| from the sums of the smaller cell and of all, first of values (at most 1), then of squares; its error."""
    pairs, m, rounding = len(totals) // 2, n - k, 8 * n * np.finfo(np.float64).eps
    (sums, squares), (total, total_squares) = (np.split(one, [pairs], axis=-1) for one in (moments, totals))
    within = np.maximum(squares - sums**2 / k, 0) / ((k - 1) * k)
    within = within + np.maximum(total_squares - squares - (total - sums) ** 2 / m, 0) / ((m - 1) * m)
    gap = sums / k - (total - sums) / m
    found = np.where(within > rounding, gap * np.abs(gap) / np.maximum(within, rounding), np.sign(gap) * np.inf)
    found = np.where(np.abs(gap) > rounding, found, 0.0)
    error = np.minimum(2 * rounding / np.maximum(within, rounding), 0.5) + 1e-12
    return found, np.where(np.isfinite(found), np.abs(found) * error, 0.0)


def _p_of_ranks(smaller: FloatArray, pooled: FloatArray, draws: int | None) -> FloatArray:
    """Shapes (P, k), (P, n) → (P,). What partitions give follows from which values are equal, not from the values."""
    return _doubled(*counts_of_ranks(smaller, pooled, draws), smaller.shape[1], pooled.shape[1], draws)
