"""Ranks, and the rank statistic over partitions, against SciPy and against the definition."""

import numpy as np
import pytest
from scipy import stats

from genconv.statistics.partitions import partitions
from genconv.statistics.permutation import permutation_of
from genconv.statistics.rank_permutation import rank_statistic
from genconv.statistics.ranks import midranks


def test_midranks_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    values = np.where(generator.random((20, 30)) < 0.2, np.inf, generator.integers(0, 9, (20, 30)))
    assert np.array_equal(midranks(values), stats.rankdata(values, axis=1))
    assert midranks(np.empty(0)).shape == (0,)


@pytest.mark.parametrize(("k", "n"), [(1, 2), (3, 9), (40, 80)])
def test_drawn_partitions_have_their_size_and_choose_every_value_alike(k: int, n: int) -> None:
    members = np.concatenate(list(partitions(k, n, 10_000)), axis=1)
    assert members.shape == (n, 10_000)
    assert (members.sum(axis=0) == k).all()
    share = k / n
    assert np.abs(members.mean(axis=1) - share).max() < 4.5 * np.sqrt(share * (1 - share) / 10_000)


def test_drawn_pairs_of_values_are_chosen_alike() -> None:
    members = np.concatenate(list(partitions(2, 5, 20_000)), axis=1)
    kinds, counts = np.unique(members.T, axis=0, return_counts=True)
    assert len(kinds) == 10
    assert stats.chisquare(counts).pvalue > 0.001


def test_every_partition_comes_once_those_with_the_first_value_first() -> None:
    members = np.concatenate(list(partitions(3, 6, None)), axis=1)
    assert len(np.unique(members.T, axis=0)) == 20
    assert members[0].tolist() == [1] * 10 + [0] * 10


def test_many_patterns_of_ties_together_are_each_as_alone() -> None:
    """Cells that lost different numbers of runs, and values that are equal elsewhere."""
    generator, pairs = np.random.default_rng(1), []
    for lost_a, lost_b in ((0, 0), (1, 0), (3, 2), (5, 5), (8, 0)):
        a, b = generator.normal(size=8), generator.normal(size=8) + 0.5
        a[:lost_a], b[:lost_b] = np.inf, np.inf
        pairs.append((np.sort(a), np.sort(b)))
    pairs += [(np.sort(np.round(a, 1)), np.sort(np.round(b, 1))) for a, b in pairs]
    together = permutation_of(pairs, "ranks")
    assert together == [permutation_of([pair], "ranks")[0] for pair in pairs]


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1, 1, 1), (2, 1, 1, 3), (4, 3)])
def test_the_statistic_is_that_of_brunner_and_munzel(sizes: tuple[int, ...]) -> None:
    values = np.repeat(np.arange(len(sizes)), sizes)
    members = np.array([[1, 0, 0, 1, 0, 1, 0]], dtype=np.float64)
    chosen = members[0] == 1
    expected = stats.brunnermunzel(values[chosen], values[~chosen]).statistic
    assert rank_statistic(members, sizes)[0] == pytest.approx(expected, rel=1e-9)
