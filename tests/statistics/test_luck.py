"""Luck: against an analysis of variance by hand, and truths that are put in."""

import numpy as np
import pytest

from genconv.statistics.luck import halved, luck, real_share


def drawn(runs: int, examples: int, real: float, noise: float, seed: int) -> np.ndarray:
    """Losses y = μ + T + E + R with standard deviations `real` and `noise` of T and R."""
    random = np.random.default_rng(seed)
    worth = real * random.standard_normal((runs, 1))
    return 3 + worth + random.standard_normal(examples) + noise * random.standard_normal((runs, examples))


def test_the_real_share_is_cronbachs_alpha() -> None:
    losses = drawn(30, 8, 0.5, 1.0, seed=0)
    items = np.cov(losses.T)
    alpha = 8 / 7 * (1 - np.trace(items) / items.sum())
    found = luck(losses)
    assert found.real == pytest.approx(alpha)
    assert found.real_deviation**2 == pytest.approx(alpha * losses.mean(1).var(ddof=1))
    assert found.real_low < alpha < found.real_high


def test_nothing_is_real_in_noise_and_the_best_lose_it_elsewhere() -> None:
    found = luck(drawn(400, 100, 0.0, 1.0, seed=1))
    assert found.real_low == 0
    assert found.real < 0.3
    (one, five, quarter) = found.best
    assert (one.runs, five.runs, quarter.runs) == (4, 20, 100)
    assert one.here > five.here > quarter.here > 0.1
    assert one.there < 0.25 * one.here
    assert five.low is not None
    assert five.low < 0 < (five.high or 0)


def test_what_is_real_stays() -> None:
    found = luck(drawn(400, 100, 0.5, 1.0, seed=2))
    assert found.real == pytest.approx(0.25 / 0.26, abs=0.02)
    assert found.halves == pytest.approx(0.25 / 0.27, abs=0.03)
    assert found.halves_low < found.halves < found.halves_high
    assert all(one.there == pytest.approx(one.here, rel=0.15) for one in found.best)
    assert found.best[1].here == pytest.approx(2.06 * np.sqrt(0.27), rel=0.2), "mean of the best 5 % of a normal law"


def test_intervals_of_the_real_share_hold_it() -> None:
    true = 0.5
    held = []
    for seed in range(80):
        losses = drawn(25, 40, np.sqrt(true / 40 / (1 - true)), 1.0, seed)
        found = real_share(losses - losses.mean(0))
        held.append(found.low <= true <= found.high)
    assert np.mean(held) > 0.9


def test_halves_are_means_of_different_examples() -> None:
    losses = drawn(5, 7, 1.0, 1.0, seed=0)
    first, second = halved(losses, 3)
    np.testing.assert_allclose((3 * first + 4 * second) / 7, np.repeat(losses.mean(1)[:, None], 3, 1))


def test_few_runs_have_few_best_ones() -> None:
    found = luck(drawn(10, 50, 1.0, 1.0, seed=0))
    assert [(one.percent, one.runs, one.low) for one in found.best] == [(25.0, 2, None)], "1 % of ten is no run"
    assert [(one.percent, one.runs) for one in luck(drawn(3, 50, 1.0, 1.0, seed=0)).best] == [(33.3, 1)]
