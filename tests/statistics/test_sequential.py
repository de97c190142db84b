"""Looks at a growing number of runs: what they reject, keep and give up."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from genconv.curves import FloatArray
from genconv.statistics.permutation import studentized_means, studentized_ranks
from genconv.statistics.replay import replay_looks
from genconv.statistics.sequential import ComparisonLook, State, look
from genconv.statistics.spending import Design
from genconv.statistics.staged_permutation import Stage, draws_needed, staged_test, statistics_of_looks

DRAWS = 999


def stages(a: FloatArray, b: FloatArray, size: int = 5) -> list[Stage]:
    return [(a[start : start + size], b[start : start + size]) for start in range(0, len(a), size)]


def path(design: Design, a: FloatArray, b: FloatArray, draws: int = DRAWS) -> list[ComparisonLook]:
    """The looks at one comparison until it is over."""
    found: list[ComparisonLook] = []
    state: State = "open"
    for count in design.looks:
        (one,) = look(design, [stages(a[:count], b[:count], design.look_every)], [state], draws=draws)
        assert one is not None
        found.append(one)
        state = one.state
        if state in ("decided", "futile"):
            break
    return found


def test_the_first_look_is_the_test_of_compare() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=5), generator.normal(size=5) + 1
    lost = np.where(np.arange(5) == 2, np.inf, b)
    for values, test in ((b, studentized_means), (lost, studentized_ranks)):
        (one,) = path(Design(max_seeds=5), a, values, draws=99_999)
        expected = test(np.sort(a), np.sort(values))
        assert expected is not None
        assert one.p == pytest.approx(expected.p, abs=0.005)


def test_a_large_difference_is_decided_at_the_first_look_that_can() -> None:
    generator = np.random.default_rng(1)
    a, b = generator.normal(size=30), 30 + generator.normal(size=30)
    (one,) = path(Design(), a, b)
    assert (one.state, one.better, one.basis) == ("decided", "a", "means")
    assert one.p <= one.bound
    assert [found.state for found in path(Design(look_every=3), a, b)] == ["open", "decided"]


def test_equal_models_are_given_up_and_without_the_rule_they_are_not() -> None:
    a = np.random.default_rng(2).normal(size=30)
    b = np.roll(a, 7)
    assert path(Design(), a, b)[-1].state == "futile"
    assert len(path(Design(), a, b)) < 6
    assert [one.state for one in path(Design(futility=0), a, b)] == ["open"] * 6


def test_lost_runs_are_worst() -> None:
    a = np.arange(30.0)
    b = np.where(np.arange(30) % 5 > 0, np.inf, a)
    one = path(Design(), a, b)[-1]
    assert (one.state, one.better, one.basis) == ("decided", "a", "all runs")


@pytest.mark.parametrize("lost", [False, True])
def test_no_run_has_a_number_or_all_are_equal(lost: bool) -> None:
    values = np.full(10, np.inf if lost else 3.0)
    one = path(Design(max_seeds=10), values, values)[-1]
    assert (one.state, one.p, one.better) == ("open", 1.0, None)


def test_a_mean_that_one_run_rules_names_no_winner() -> None:
    generator = np.random.default_rng(5)
    low = np.concatenate([generator.normal(size=9) * 0.01, [1000.0]])
    high = 1 + generator.normal(size=10) * 0.01
    one = path(Design(look_every=10, max_seeds=10, alpha=0.5), low, high)[-1]
    assert one.better is None
    assert one.state != "decided"


def test_equal_means_of_unequal_spreads_seldom_have_a_winner() -> None:
    generator = np.random.default_rng(8)
    wrong = 0
    for _ in range(150):
        a, b = generator.normal(size=30), 4 * generator.normal(size=30)
        wrong += path(Design(futility=0), a, b, 499)[-1].better is not None
    assert stats.binomtest(wrong, 150, 0.05, alternative="greater").pvalue > 0.01


def test_comparisons_share_alpha_after_holm() -> None:
    generator = np.random.default_rng(3)
    far, near = generator.normal(size=(2, 10)), generator.normal(size=(2, 10))
    far[1] += 30
    near[1] += 1.2
    pairs = [stages(*far), stages(*near), stages(*near)]
    design = Design(look_every=5, max_seeds=10)
    found = look(design, pairs, ["open"] * 3, draws=DRAWS)
    assert [None if one is None else one.share for one in found] == [2, 2, 2]
    assert found[0] is not None
    assert found[0].state == "decided"
    later = look(design, pairs, ["decided", "open", "futile"], draws=DRAWS)
    assert later[0] is None
    assert later[2] is None
    assert later[1] == found[1]


def test_the_order_of_runs_within_a_stage_changes_no_digit() -> None:
    generator = np.random.default_rng(4)
    a, b = generator.normal(size=10), generator.normal(size=10) + 1
    shuffled = np.concatenate([a[4::-1], a[9:4:-1]])
    assert path(Design(max_seeds=10), a, b) == path(Design(max_seeds=10), shuffled, b)


def rejections(values: FloatArray, level: float, size: int) -> float:
    """Share of studies, shape (studies, 2, runs), that reject at any look."""
    looks = values.shape[2] // size
    design = Design(look_every=size, max_seeds=values.shape[2], alpha=level)
    wrong = []
    for a, b in values:
        found = staged_test(statistics_of_looks(stages(a, b, size), 199), design.spent())
        assert len(found) == looks
        wrong.append(any(one.rejected for one in found))
    return float(np.mean(wrong))


@pytest.mark.parametrize("law", ["normal", "lognormal", "t", "stuck", "lost", "whole numbers"])
@pytest.mark.parametrize("size", [3, 5])
def test_false_rejections_at_any_look_keep_the_level(law: str, size: int) -> None:
    generator = np.random.default_rng([7, size])
    shape = (200, 2, 3 * size)
    values = generator.normal(size=shape)
    values = {
        "normal": lambda: values,
        "lognormal": lambda: np.exp(2 * values),
        "t": lambda: generator.standard_t(1.5, size=shape),
        "stuck": lambda: np.where(generator.random(shape) < 0.2, 5 + values / 10, values),
        "lost": lambda: np.where(generator.random(shape) < 0.3, np.inf, values),
        "whole numbers": lambda: generator.poisson(1.0, size=shape).astype(float),
    }[law]()
    share = rejections(values, 0.1, size)
    assert stats.binomtest(round(share * 200), 200, 0.1, alternative="greater").pvalue > 0.001


def test_runs_that_are_all_there_from_the_first_look_on_spend_each_looks_part() -> None:
    generator = np.random.default_rng(6)
    design, wrong = Design(), 0
    for _ in range(150):
        b, a = generator.normal(size=8), generator.normal(size=15)
        parts: list[Stage] = [(a[:5], b), (a[5:10], b[:0]), (a[10:], b[:0])]
        states: list[State] = ["open"]
        for count in (1, 2, 3):
            (one,) = look(design, [parts[:count]], states, grown=True)
            assert one is not None
            assert one.bound == pytest.approx(np.diff([0.0, *design.spent()])[count - 1])
            wrong += one.state == "decided"
            if one.state in ("decided", "futile"):
                break
    assert wrong < 14


def test_beside_a_complete_cell_a_verdict_is_predicted_from_what_is_still_to_come() -> None:
    """Twenty-five runs beside five have 0.97 of the information of thirty beside five.

    The chance is simulated under normal laws of spread 1: five more runs, their mean drawn as 25 runs leave it.
    """
    design, generator = Design(), np.random.default_rng(4)
    b, a = stats.norm.ppf((np.arange(5) + 0.5) / 5) + 1.7, stats.norm.ppf((np.arange(25) + 0.5) / 25)
    parts = [(a[start : start + 5], b if start == 0 else b[:0]) for start in range(0, 25, 5)]
    (one,) = look(design, [parts], ["open"], grown=True)
    assert one is not None
    difference = stats.norm.isf(one.p / 2) * np.sqrt(1 / 5 + 1 / 25)
    new = difference + generator.normal(0, np.sqrt(1 / 25 + 1 / 5), size=200_000)
    needed = stats.norm.isf(float(np.diff(design.spent())[-1]) / 2) * np.sqrt(1 / 5 + 1 / 30)
    chance = np.mean((25 * difference + 5 * new) / 30 > needed)
    assert 0.02 < chance < 0.98
    assert one.predicted == pytest.approx(chance, abs=0.005)


def test_what_is_not_decided_at_the_last_look_is_not_given_up_there() -> None:
    a = np.random.default_rng(2).normal(size=10)
    found = path(Design(max_seeds=10, futility=0.0), a, np.roll(a, 3))
    assert [one.state for one in found] == ["open", "open"]
    assert path(Design(max_seeds=10), a, np.roll(a, 3))[-1].state == "open"


def test_draws_grow_with_the_number_of_comparisons() -> None:
    assert draws_needed(0.05, 1) == 19_999
    assert draws_needed(0.05, 45) == 35_999


def test_stages_of_unequal_size() -> None:
    generator = np.random.default_rng(8)
    parts: Sequence[Stage] = [
        (generator.normal(size=5), generator.normal(size=3)),
        (generator.normal(size=2), generator.normal(size=0)),
        (generator.normal(size=5), generator.normal(size=5) + 20),
    ]
    (one,) = look(Design(), [parts], ["open"], draws=DRAWS)
    assert one is not None
    assert one.p <= one.bound


def test_a_study_of_known_runs_is_replayed() -> None:
    generator = np.random.default_rng(9)
    cells = {
        "far": generator.normal(size=30) - 40,
        "near": generator.normal(size=30),
        "twin": generator.normal(size=30),
    }
    cells["near"][3] = np.nan
    found = replay_looks(cells, draws=DRAWS)
    assert found.better == {("far", "near"): "far", ("far", "twin"): "far"}
    assert found.states["near", "twin"] == "futile"
    assert found.seeds["far"] == 10
    assert found.seeds["near"] == found.seeds["twin"] == len(found.looks["near", "twin"]) * 5
    assert len(found.looks["far", "near"]) == 2
