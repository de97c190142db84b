"""Sample sizes of the textbook, and plans from a pilot."""

import math

import numpy as np
import pytest
from scipy import stats
from small_cells import cell
from statsmodels.stats.power import TTestIndPower

from genconv.errors import InputError
from genconv.statistics.power import (
    Plan,
    Target,
    detectable_effect,
    effect_of_probability,
    effect_power,
    plan_cells,
    seeds_needed,
    welch_power,
)

PILOT = np.random.default_rng(4).normal(5, 0.5, size=10)


def plan(*cells: object, metric: str = "last", **target: float) -> list[Plan]:
    return plan_cells(list(cells), metric, Target(**target))  # type: ignore[arg-type]


@pytest.mark.parametrize(("effect", "seeds"), [(1.0, 17), (0.5, 64), (0.2, 394), (2.0, 6), (0.8, 26)])
def test_sample_sizes_of_the_textbook(effect: float, seeds: int) -> None:
    assert seeds_needed(effect, 1, 1) == seeds


def test_ten_seeds_detect_132() -> None:
    assert detectable_effect(10, 10) == pytest.approx(1.3249, abs=5e-5)
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


def test_power_of_welch_agrees_with_simulation() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(4000, 8)), generator.normal(2, 3, size=(4000, 12))
    share = np.mean(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05)
    assert welch_power(2, 1, 3, 8, 12) == pytest.approx(share, abs=0.02)


def test_a_chance_is_a_distance() -> None:
    assert effect_of_probability(0.75) == pytest.approx(0.95387, abs=1e-5)
    assert stats.norm.cdf(effect_of_probability(0.9) / 2**0.5) == pytest.approx(0.9)
    (one,) = plan(cell("a", PILOT), probability=0.75)
    assert one.effect == pytest.approx(0.95387, abs=1e-5)
    assert one.seeds == 19


def test_a_plan_for_an_effect() -> None:
    (one,) = plan(cell("a", PILOT), cell("b", PILOT + 1), effect=1.0)
    assert (one.a, one.b, one.seeds, one.seeds_low, one.seeds_high) == ("a", "b", 17, 17, 17)
    assert one.detectable == pytest.approx(1.3249, abs=5e-5)
    assert one.sd == pytest.approx(PILOT.std(ddof=1))
    assert one.difference == pytest.approx(one.sd)
    assert dict(one.curve)[17] >= 0.8 > dict(one.curve)[15]
    assert one.power_now == pytest.approx(dict(one.curve)[10])


def test_a_plan_for_a_difference_is_as_uncertain_as_the_pilot() -> None:
    sd = float(PILOT.std(ddof=1))
    (one,) = plan(cell("a", PILOT), cell("b", PILOT), difference=sd)
    assert one.effect == pytest.approx(1)
    assert one.seeds == 17
    assert one.seeds_low is not None
    assert one.seeds_high is not None
    assert one.seeds_low < 17 < one.seeds_high
    (alone,) = plan(cell("a", PILOT), difference=sd)
    assert (alone.b, alone.seeds) == ("a", 17)
    assert alone.seeds_high is not None
    assert alone.seeds_high > one.seeds_high


def test_unequal_spread_needs_more_seeds_than_the_wider_alone_would_save() -> None:
    (one,) = plan(cell("a", PILOT), cell("b", 5 * PILOT), difference=1.0)
    assert one.seeds == seeds_needed(1.0, PILOT.std(ddof=1), 5 * PILOT.std(ddof=1))


def test_lost_seeds_are_trained_too() -> None:
    values = [*PILOT[:5], *[math.nan] * 5]
    (one,) = plan(cell("a", values, dead=range(5, 10)), cell("b", PILOT), effect=1.0)
    assert (one.n_a, one.diverged_rate, one.seeds, one.seeds_to_train) == (5, 0.5, 17, 34)
    (dead,) = plan(cell("a", [math.nan] * 3, dead=range(3)), cell("b", PILOT), effect=1.0)
    assert (dead.seeds, dead.seeds_to_train, dead.detectable) == (17, None, None)


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0]])
def test_a_pilot_without_spread_plans_no_difference(values: list[float]) -> None:
    (one,) = plan(cell("a", values), difference=1.0)
    assert (one.seeds, one.effect, one.curve) == (None, None, ())
    assert one.note.startswith("the pilot has no spread")
    (effect,) = plan(cell("a", values), effect=1.0)
    assert effect.seeds == 17


def test_a_difference_too_small_for_any_study() -> None:
    assert seeds_needed(1e-6, 1, 1) is None


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({}, "difference, effect, probability: exactly one must be given, not none"),
        ({"effect": 1.0, "difference": 1.0}, "exactly one must be given, not difference, effect"),
        ({"effect": 0.0}, "effect = 0: must be above 0"),
        ({"difference": math.inf}, "difference = inf: must be above 0"),
        ({"difference": math.nan}, "difference = nan: must be above 0"),
        ({"probability": 0.5}, "probability = 0.5: must be above 0.5 and below 1"),
        ({"effect": 1.0, "power": 1.0}, "power = 1: must be above alpha = 0.05 and below 1"),
        ({"effect": 1.0, "power": 0.05}, "power = 0.05: must be above alpha"),
        ({"effect": 1.0, "alpha": 0.0}, "alpha = 0: must be above 0 and at most 0.5"),
        ({"effect": 1.0, "metric": "lsat"}, "unknown metric 'lsat'"),
    ],
)
def test_what_is_not_allowed(target: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError) as error:
        plan(cell("a", PILOT), **target)
    assert message in str(error.value)
