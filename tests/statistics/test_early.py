"""Whether the early curve tells."""

import math
from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from small_cells import curves

from genconv.curves import Divergence
from genconv.statistics.early import early_tells, spearman

X, Y = np.random.default_rng(6).normal(size=(2, 10))


def test_spearman_as_scipy_has_it() -> None:
    found = spearman(X, Y)
    assert found is not None
    rho, interval, p = found
    expected = stats.spearmanr(X, Y)
    assert (rho, p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    assert interval is not None
    half = 1.959964 * np.sqrt((1 + rho**2 / 2) / 7)
    assert (interval.low, interval.high) == pytest.approx(
        (np.tanh(np.arctanh(rho) - half), np.tanh(np.arctanh(rho) + half))
    )


@pytest.mark.parametrize("n", [3, 5, 6])
@pytest.mark.parametrize("ties", [False, True])
def test_the_p_of_few_runs_is_exact(n: int, ties: bool) -> None:
    x, y = X[:n], np.round(Y[:n]) if ties else Y[:n]
    found = spearman(x, y)
    assert found is not None
    rhos = [stats.spearmanr(x, order).statistic for order in permutations(y)]
    assert found[2] == pytest.approx(np.mean(np.abs(rhos) >= abs(found[0]) - 1e-9))


def test_no_p_is_smaller_than_that_of_the_best_order() -> None:
    for n in (5, 10, 200):
        found = spearman(np.arange(n), np.arange(n))
        assert found is not None
        assert found[2] == pytest.approx(2 / math.factorial(min(n, 170)))


def test_too_few_and_perfect() -> None:
    assert spearman(X[:2], Y[:2]) is None
    assert spearman(X, np.ones(10)) is None
    perfect = spearman(X, X)
    assert perfect is not None
    assert perfect[0] == pytest.approx(1)
    assert perfect[1] is None


def test_an_early_loss_that_tells_the_end_and_the_death() -> None:
    starts = np.arange(8.0)
    losses = np.column_stack([starts, starts + 1, starts + 2])
    dead = [None] * 6 + [Divergence(2, "blow-up"), Divergence(0, "blow-up")]
    tells = {tell.predictor: tell for tell in early_tells(curves("a", losses, divergences=tuple(dead)), (0, 9))}
    assert list(tells) == ["first", "exceeds", "epoch 0"]
    early = tells["epoch 0"]
    assert early.correlation == pytest.approx(1)
    assert (early.survivors, early.diverged, early.divergence) == (6, 1, None)
    dead[5] = Divergence(2, "blow-up")
    (_, _, early) = early_tells(curves("a", losses, divergences=tuple(dead)), (0,))
    assert early.divergence is not None
    assert early.divergence.probability == 1
    assert early.divergence.separated


def test_nothing_to_tell() -> None:
    (first, exceeds) = early_tells(curves("a", np.ones((3, 7))))
    assert (first.correlation, first.interval, exceeds.divergence) == (None, None, None)
