"""Power and sample sizes of the textbook."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from genconv.statistics.permutation import permutation_of
from genconv.statistics.power import (
    detectable_effect,
    effect_of_probability,
    effect_power,
    seeds_needed,
    verdict_power,
    welch_power,
)


@pytest.mark.parametrize(("effect", "seeds"), [(1.0, 17), (0.5, 64), (0.2, 394), (2.0, 6), (0.8, 26)])
def test_sample_sizes_of_the_textbook(effect: float, seeds: int) -> None:
    assert seeds_needed(effect, 1, 1) == seeds


def test_ten_seeds_detect_132() -> None:
    assert detectable_effect(10, 10) == pytest.approx(1.325, abs=5e-5)
    assert detectable_effect(1, 10) is None


@pytest.mark.parametrize("n", [2, 3, 10, 17, 64])
@pytest.mark.parametrize("effect", [0.01, 0.5, 1.0, 3.0])
def test_power_as_statsmodels_has_it(n: int, effect: float) -> None:
    assert effect_power(effect, n, n) == pytest.approx(TTestIndPower().power(effect, n, 0.05), rel=1e-9)


@pytest.mark.parametrize("effect", np.geomspace(1e-3, 1e3, 25))
def test_power_is_a_number_and_grows(effect: float) -> None:
    powers = [effect_power(effect, n, n) for n in (2, 3, 5, 10, 50, 100, 150, 300, 10_000)]
    assert not np.isnan(powers).any()
    assert np.all(np.diff(powers) >= -1e-9)
    assert 0.04 < powers[0] <= powers[-1] <= 1 + 1e-12


@pytest.mark.parametrize("n", [4, 5, 8])
def test_what_few_runs_detect_is_found_by_their_permutations(n: int) -> None:
    generator = np.random.default_rng(n)
    effect = detectable_effect(n, n)
    assert effect is not None
    a, b = generator.normal(size=(2, 600, n))
    pairs = [(np.sort(one), np.sort(other + effect)) for one, other in zip(a, b, strict=True)]
    found = np.mean([test is not None and test.p < 0.05 for test in permutation_of(pairs, "means")])
    assert found == pytest.approx(0.8, abs=0.06)


def test_fewer_runs_than_any_p_needs_have_no_power() -> None:
    assert (detectable_effect(3, 3), verdict_power(100, 1, 1, 3, 3)) == (None, 0)
    assert [seeds_needed(100, 1, 1, alpha=0.05 / n) for n in (1, 3, 21)] == [4, 5, 6]


def test_power_of_welch_agrees_with_simulation() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(4000, 8)), generator.normal(2, 3, size=(4000, 12))
    share = np.mean(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05)
    assert welch_power(2, 1, 3, 8, 12) == pytest.approx(share, abs=0.02)


def test_a_chance_is_a_distance() -> None:
    assert effect_of_probability(0.75) == pytest.approx(0.95387, abs=1e-5)
    assert stats.norm.cdf(effect_of_probability(0.9) / 2**0.5) == pytest.approx(0.9)


def test_a_difference_too_small_for_any_study() -> None:
    assert seeds_needed(1e-6, 1, 1) is None
