"""Plans from a pilot: seeds, their uncertainty, and the comparisons that there will be."""

import math

import numpy as np
import pytest
from small_cells import cell
from statsmodels.stats.power import TTestIndPower

from genconv.errors import InputError
from genconv.measure import EXACT, LOSS
from genconv.statistics.compare import compare_cells
from genconv.statistics.permutation import permutation_of
from genconv.statistics.plan import Plan, Target, plan_cells
from genconv.statistics.power import seeds_needed, verdict_power

PILOT = np.random.default_rng(4).normal(5, 0.5, size=10)


def plan(*cells: object, metric: str = "last", **target: float) -> list[Plan]:
    return plan_cells(list(cells), metric, Target(**target))  # type: ignore[arg-type]


def test_a_plan_for_a_chance() -> None:
    (one,) = plan(cell("a", PILOT), probability=0.75)
    assert one.effect == pytest.approx(0.95387, abs=1e-5)
    assert one.seeds == 19


def test_a_plan_for_an_effect() -> None:
    (one,) = plan(cell("a", PILOT), cell("b", PILOT + 1), effect=1.0)
    assert (one.a, one.b, one.seeds, one.seeds_low, one.seeds_high) == ("a", "b", 17, 17, 17)
    assert one.detectable == pytest.approx(1.3249, abs=2e-4)
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
    assert one.note.startswith("some runs have no number, so a verdict rests on the ranks of all runs")
    (dead,) = plan(cell("a", [math.nan] * 3, dead=range(3)), cell("b", PILOT), effect=1.0)
    assert (dead.seeds, dead.seeds_to_train, dead.detectable) == (17, None, None)


def test_among_21_comparisons_one_sd_takes_33_seeds_and_17_find_it_in_37_percent() -> None:
    cells = [cell(name, PILOT) for name in "abcdefg"]
    plans = plan(*cells, effect=1.0)
    assert {(one.comparisons, one.family, one.seeds) for one in plans} == {(21, "these cells", 33)}
    assert len(plans) == 21
    assert dict(plans[0].curve)[20] == pytest.approx(TTestIndPower().power(1.0, 20, 0.05 / 21))
    now = plan(*(cell(name, np.resize(PILOT, 17)) for name in "abcdefg"), effect=1.0)[0].power_now
    assert now == pytest.approx(0.37, abs=0.005)
    assert plan(*cells, effect=1.0, comparisons=1)[0].seeds == 17


def oracle(effect: float, seeds: int, comparisons: int) -> float:
    """Both tails of statsmodels at 0.1/comparisons; it has NaN where the far one is too small to compute.

    Of up to ten seeds all permutations are listed, and the level is the largest multiple below it of what one counts.
    """
    alpha, step = 0.1 / comparisons, 2 / math.comb(2 * seeds, seeds)
    level = alpha if seeds > 10 else step * (math.ceil(alpha / step) - 1)
    tails = [TTestIndPower().power(effect, seeds, level / 2, alternative=tail) for tail in ("larger", "smaller")]
    return float(np.nansum(tails)) if level > 0 else 0.0


@pytest.mark.parametrize("comparisons", [1, 3, 21, 1000])
@pytest.mark.parametrize("effect", [0.3, 1.0, 2.5])
def test_each_comparison_has_its_share_of_alpha(comparisons: int, effect: float) -> None:
    (one,) = plan(cell("a", PILOT), cell("b", PILOT + 1), effect=effect, comparisons=comparisons, alpha=0.1)
    assert one.alpha_each == pytest.approx(0.1 / comparisons)
    assert one.seeds is not None
    assert oracle(effect, one.seeds, comparisons) >= 0.8 > oracle(effect, one.seeds - 1, comparisons)
    assert one.power_now == pytest.approx(oracle(effect, 10, comparisons))
    assert one.detectable is not None
    assert oracle(one.detectable, 10, comparisons) == pytest.approx(0.8)
    assert one.family == "as given"
    assert ("one comparison" if comparisons == 1 else f"one of {comparisons} comparisons") in repr(one)


def test_so_few_runs_that_no_permutation_is_rare_enough_have_no_power() -> None:
    (one,) = plan(cell("a", [1.0, 1.1, 1.2]), effect=50.0)
    assert (one.seeds, one.power_now, one.detectable) == (
        4,
        0,
        None,
    )  # of 3 and 3 the smallest p is .1, of 4 and 4 .029
    (many,) = plan(cell("a", [1.0, 1.1, 1.2, 1.3]), effect=50.0, comparisons=21)
    assert (many.seeds, many.power_now) == (6, 0)


@pytest.mark.parametrize(("effect", "seeds", "comparisons"), [(2.5, 4, 1), (2.0, 5, 1), (3.0, 6, 3), (2.2, 8, 21)])
def test_the_power_of_the_permutation_test_agrees_with_simulation(effect: float, seeds: int, comparisons: int) -> None:
    generator, alpha = np.random.default_rng(1), 0.05 / comparisons
    a, b = generator.normal(size=(1000, seeds)), generator.normal(effect, size=(1000, seeds))
    pairs = [(np.sort(one), np.sort(other)) for one, other in zip(a, b, strict=True)]
    found = np.mean([test is not None and test.p < alpha for test in permutation_of(pairs, "means")])
    assert verdict_power(effect, 1, 1, seeds, seeds, alpha) == pytest.approx(found, abs=0.06)


def test_every_number_of_a_plan_grows_with_the_comparisons() -> None:
    one, many = (plan(cell("a", PILOT), difference=0.5, comparisons=count)[0] for count in (1, 100))
    for name in ("seeds", "seeds_low", "seeds_high", "seeds_to_train", "detectable", "detectable_difference"):
        assert getattr(one, name) < getattr(many, name)
    assert one.power_now is not None
    assert many.power_now is not None
    assert one.power_now > many.power_now


def test_the_family_is_that_of_compare() -> None:
    rings, moons = ([cell(name, PILOT, dataset=dataset) for name in "abc"] for dataset in ("rings", "moons"))
    assert {one.comparisons for one in plan(*rings, *moons, effect=1.0)} == {6}
    assert compare_cells([*rings, *moons], ["last"]).family == 6
    assert plan(cell("a", PILOT), effect=1.0)[0].comparisons == 1


def test_numbers_that_do_not_compare_are_not_planned() -> None:
    cells = [cell("a", PILOT, measure=EXACT), cell("b", PILOT, measure=EXACT), cell("c", PILOT, measure=LOSS)]
    plans = {(one.a, one.b): one for one in plan(*cells, effect=1.0)}
    assert plans["a", "b"].comparisons == compare_cells(cells, ["last"]).family == 1
    assert (plans["a", "b"].seeds, plans["a", "c"].seeds, plans["a", "c"].detectable) == (17, None, None)
    assert plans["b", "c"].note == "their numbers do not compare, so no test will be made"


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0]])
def test_a_pilot_without_spread_plans_no_difference(values: list[float]) -> None:
    (one,) = plan(cell("a", values), difference=1.0)
    assert (one.seeds, one.effect, one.curve) == (None, None, ())
    assert one.note.startswith("the pilot has no spread")
    (effect,) = plan(cell("a", values), effect=1.0)
    assert effect.seeds == 17


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
        ({"effect": 1.0, "comparisons": 0}, "comparisons = 0: must be at least 1"),
        ({"effect": 1.0, "metric": "lsat"}, "unknown metric 'lsat'"),
    ],
)
def test_what_is_not_allowed(target: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError) as error:
        plan(cell("a", PILOT), **target)
    assert message in str(error.value)
