"""Comparisons of cells: pairs, family, verdicts in words, and every way in which seeds are lost."""

import math

import numpy as np
import pytest
from small_cells import cell, curves, trained

from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.metrics.spec import Metric, none
from genconv.statistics.compare import Comparisons, compare_cells
from genconv.statistics.two_sample import welch
from genconv.statistics.verdict import Verdict
from genconv.store.results import StoredCell

LOW = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9]
HIGH = [value + 2 for value in LOW]
NAN = math.nan


def verdicts(found: Comparisons) -> list[Verdict]:
    return [one.verdict for one in found.results]


def test_a_clear_case() -> None:
    (one,) = compare_cells([cell("draw", HIGH), cell("draw4", LOW)]).results
    assert (one.comparison.a.label, one.comparison.b.label) == ("draw4", "draw")
    verdict = one.verdict
    assert (verdict.decision, verdict.lower, verdict.upper, verdict.winner) == ("below", "draw4", "draw", "draw4")
    assert verdict.size == pytest.approx(2)
    assert verdict.interval is not None
    assert (verdict.interval.low, verdict.interval.high) == pytest.approx((1.7155, 2.2845), abs=1e-4)
    assert (verdict.chance, verdict.separated, verdict.claim) == (1, True, "same loss")


def test_an_undecided_case_has_what_the_runs_detect() -> None:
    (one,) = verdicts(compare_cells([cell("a", LOW), cell("b", np.array(LOW) + 0.1)]))
    assert (one.decision, one.lower, one.size, one.claim) == ("undecided", None, None, None)
    assert one.detectable == pytest.approx(1.325, abs=2e-3)
    three = compare_cells([cell(name, np.array(LOW) + shift) for name, shift in (("a", 0), ("b", 0.1), ("c", 0.15))])
    assert {(round(one.detectable or 0, 1), one.family) for one in verdicts(three)} == {(1.6, 3)}


def test_the_verdict_rests_on_the_adjusted_p() -> None:
    shifted = np.array(LOW) + 0.32
    alone = compare_cells([cell("a", LOW), cell("b", shifted)])
    (one,) = alone.results
    assert one.p_adjusted == one.comparison.test.p < 0.05  # type: ignore[union-attr]
    assert one.verdict.decision == "below"
    family = compare_cells([cell("a", LOW), cell("b", shifted), cell("c", np.array(LOW) + 0.16)])
    assert family.family == 3
    assert {one.verdict.decision for one in family.results} == {"undecided"}
    p = sorted(one.comparison.test.p for one in family.results)  # type: ignore[union-attr]
    assert min(one.p_adjusted for one in family.results) == pytest.approx(3 * p[0])


def test_the_family_spans_datasets_and_metrics() -> None:
    cells = [cell(model, LOW, dataset=dataset) for dataset in ("rings", "moons") for model in ("a", "b")]
    found = compare_cells(cells, ("min", "last"))
    assert (found.family, len(found.results)) == (4, 4)
    assert {(one.comparison.dataset, one.comparison.metric) for one in found.results} == {
        (dataset, metric) for dataset in ("rings", "moons") for metric in ("min", "last")
    }


def test_a_verdict_counts_runs_that_diverged_as_the_worst() -> None:
    values = [*LOW[:5], *[NAN] * 5]
    (one,) = compare_cells([cell("a", values, dead=range(5, 10)), cell("b", HIGH)]).results
    assert (one.verdict.decision, one.verdict.basis, one.verdict.winner) == ("undecided", "all runs", None)
    assert one.verdict.survivors is not None
    assert (one.verdict.survivors.lower, one.verdict.survivors.size) == ("a", pytest.approx(2.25))
    assert one.comparison.divergence is not None
    assert one.comparison.divergence.p == pytest.approx(0.01278, abs=1e-4)
    assert one.comparison.better is not None
    assert one.comparison.better_of_all is not None
    assert (one.comparison.better.probability, one.comparison.better_of_all.probability) == (1, 0.5)


@pytest.mark.parametrize("blown_up", [NAN, 1e18])
def test_a_finite_blow_up_counts_as_a_nan_does(blown_up: float) -> None:
    found = compare_cells([cell("a", [*LOW[:9], blown_up], dead=[9]), cell("b", HIGH)])
    (one,) = found.results
    assert one.comparison.a.counted == "9 of 10"
    assert one.comparison.means is not None
    assert one.comparison.means.p == welch(np.array(LOW[:9]), np.array(HIGH)).p  # type: ignore[union-attr]


def test_nobody_survived() -> None:
    found = compare_cells([cell("a", [NAN] * 3, dead=range(3)), cell("b", [NAN] * 3, dead=range(3))])
    (one,) = found.results
    assert one.verdict.decision == "too few runs"
    assert math.isnan(one.p_adjusted)
    assert (found.family, one.verdict.detectable) == (0, None)


def test_one_survivor_of_ten_loses_against_ten() -> None:
    (one,) = compare_cells([cell("a", [0.5, *[NAN] * 9], dead=range(1, 10)), cell("b", HIGH)]).results
    assert (one.verdict.winner, one.verdict.basis, one.verdict.chance) == ("b", "all runs", pytest.approx(0.9))
    assert one.verdict.survivors is None
    (one,) = compare_cells([cell("a", [NAN] * 10, dead=range(10)), cell("b", HIGH)]).results
    assert (one.verdict.winner, one.verdict.separated) == ("b", True)


def test_few_stuck_runs_rule_a_mean_and_no_cell_wins() -> None:
    a, b = [*np.linspace(0.98, 1.02, 6), *np.linspace(4.9, 5.1, 4)], np.linspace(1.08, 1.12, 10)
    (one,) = verdicts(compare_cells([cell("a", a), cell("b", b)]))
    split = one.disagreement
    assert (one.decision, one.winner, one.lower) == ("split", None, None)
    assert split is not None
    assert (split.most, split.chance, split.mean, split.size) == ("a", pytest.approx(0.6), "b", pytest.approx(1.5))
    assert split.ruling is not None
    assert (split.ruling.label, split.ruling.count, split.ruling.low) == ("a", 4, 4.9)


def test_few_runs_far_below_rule_a_mean_too() -> None:
    (one,) = verdicts(compare_cells([cell("a", [*[2.0] * 7, -5.0, -6.0, -7.0]), cell("b", np.linspace(1, 1.5, 10))]))
    assert one.disagreement is not None
    assert (one.disagreement.most, one.disagreement.mean) == ("b", "a")
    assert one.disagreement.ruling is not None
    assert (one.disagreement.ruling.label, one.disagreement.ruling.low, one.disagreement.ruling.high) == ("a", -7, -5)


def test_too_few_runs_for_any_p_are_powerless() -> None:
    cells = [cell(name, [shift, shift + 0.1, shift + 0.2, shift + 0.3]) for name, shift in (("a", 0), ("b", 9))]
    (one,) = verdicts(compare_cells(cells))
    assert (one.decision, one.powerless, one.smallest_p) == ("below", False, pytest.approx(2 / 70))
    three = verdicts(compare_cells([*cells, cell("c", [20, 20.1, 20.2, 20.3])]))
    assert {(one.decision, one.powerless, one.detectable) for one in three} == {("undecided", True, None)}
    (one,) = verdicts(compare_cells([cell("a", [1, 1.1, 1.2]), cell("b", [9, 9.1, 9.2])]))
    assert (one.decision, one.powerless) == ("undecided", True)


def test_one_run_gives_a_value_and_no_verdict() -> None:
    (one,) = compare_cells([cell("a", [1.0]), cell("b", [2.0])]).results
    assert one.verdict.decision == "too few runs"
    assert (one.comparison.means, one.comparison.better, one.comparison.spread) == (None, None, None)


def test_equal_constants_are_undecided_and_different_ones_by_permutation() -> None:
    (one,) = verdicts(compare_cells([cell("a", [1.0] * 5), cell("b", [1.0] * 5)]))
    assert one.decision == "undecided"
    (one,) = verdicts(compare_cells([cell("a", [1.0] * 5), cell("b", [2.0] * 5)]))
    assert (one.decision, one.lower, one.size, one.interval) == ("below", "a", 1, None)
    (one,) = verdicts(compare_cells([cell("a", [1.0] * 2), cell("b", [2.0] * 2)]))
    assert one.decision == "undecided"


def test_same_seeds_are_paired() -> None:
    (one,) = compare_cells([trained("a", LOW), trained("b", [*HIGH[:9], NAN], dead=[9])]).results
    assert one.comparison.paired is not None
    assert one.comparison.paired.pairs == 9
    assert one.comparison.paired.correlation == pytest.approx(1)


def test_positions_in_a_file_are_no_seeds() -> None:
    for a, b in (
        (cell("a", LOW), cell("b", HIGH)),
        (trained("a", LOW), cell("b", HIGH, protocol="corrected")),
        (trained("a", LOW), trained("b", HIGH, study_seed=1)),
        (trained("a", LOW), trained("b", HIGH, seeds=tuple(range(10, 20)))),
    ):
        assert compare_cells([a, b]).results[0].comparison.paired is None
    pinned = trained("b", HIGH, coordinates=tuple(Coordinates(0, 3, seed, seed) for seed in range(10)))
    assert compare_cells([trained("a", LOW), pinned]).results[0].comparison.paired is None


def test_against_a_baseline() -> None:
    cells = [cell("a", LOW), cell("b", HIGH), cell("c", LOW)]
    found = compare_cells(cells, baseline="b")
    assert [(one.comparison.a.label, one.comparison.b.label) for one in found.results] == [("a", "b"), ("c", "b")]
    assert all(one.p_dunnett is not None and one.p_dunnett < 1e-6 for one in found.results)
    worse = compare_cells(cells, baseline="a").results[0]
    assert worse.comparison.means is not None
    assert worse.comparison.means.difference == pytest.approx(-2)
    assert (worse.verdict.lower, worse.verdict.size, worse.verdict.chance) == ("a", pytest.approx(2), 1)
    assert worse.verdict.interval is not None
    assert worse.verdict.interval.low == pytest.approx(1.7155, abs=1e-4)


def test_labels_tell_cells_apart() -> None:
    cells = [
        cell("a", LOW, protocol="corrected"),
        cell("a", HIGH, protocol="published"),
        cell("a", HIGH, variant="x=1"),
    ]
    labels = {one.comparison.a.label for one in compare_cells(cells).results}
    assert labels <= {"a · corrected", "a · published", "a · imported (x=1)"}
    assert len(compare_cells(cells).results) == 3


def test_rankings_that_flip_between_metrics_are_told() -> None:
    a = StoredCell(curves("a", np.array([[1.0, 5.0], [1.2, 5.2]])))
    b = StoredCell(curves("b", np.array([[2.0, 3.0], [2.2, 3.2]])))
    (flip,) = compare_cells([a, b], ("min", "last")).reversals
    assert (flip.a, flip.metric_a, flip.b, flip.metric_b) == ("a", "min", "b", "last")
    (unasked,) = compare_cells([a, b], ("last",)).reversals
    assert (unasked.a, unasked.metric_a, unasked.b, unasked.metric_b) == ("b", "last", "a", "min")
    assert compare_cells([a, StoredCell(curves("b", a.curves.validation + 1))], ("last", "max", "last")).reversals == ()


def test_a_small_advantage_is_called_one() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 200))
    (one,) = verdicts(compare_cells([cell("a", noise[0]), cell("b", noise[1] + 0.4)]))
    assert one.small_advantage


def test_more_may_be_better() -> None:
    hits = Metric("hits", lambda cell: cell.validation[:, -1], lower_is_better=False, measure=none)
    values = [*LOW[:9], NAN]
    (one,) = compare_cells([cell("a", values, dead=[9]), cell("b", HIGH)], [hits]).results
    assert (one.comparison.a.label, one.verdict.lower, one.verdict.winner) == ("b", "a", "b")
    assert one.comparison.better_of_all is not None
    assert one.comparison.better_of_all.probability == 0  # P(b lower): the run of a without a number is lowest


def test_nearly_separated_samples_carry_a_warning() -> None:
    (one,) = compare_cells([cell("a", LOW), cell("b", [1.85, *HIGH[1:]])]).results
    assert one.comparison.better is not None
    assert one.comparison.better.interval is not None
    assert one.comparison.better.interval.warning.startswith("nearly separated")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ("lsat",)}, "unknown metric 'lsat': did you mean 'last'?"),
        ({"baseline": "draw"}, "unknown baseline 'draw'"),
        ({"level": 95.0}, "level = 95: must be"),
    ],
)
def test_what_is_not_known(options: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        compare_cells([cell("a", LOW), cell("b", HIGH)], **options)


def test_nothing_to_compare() -> None:
    with pytest.raises(InputError, match="nothing to compare: no dataset has two cells"):
        compare_cells([cell("a", LOW), cell("b", HIGH, dataset="moons")])


def test_it_repeats_to_the_last_digit_in_any_order_of_cells_and_seeds() -> None:
    noise = np.random.default_rng(3).normal(size=(3, 20))
    cells = [trained(name, row) for name, row in zip("abc", noise, strict=True)]
    first, second = compare_cells(cells), compare_cells(cells)
    assert repr(first) == repr(second)
    numbers = [(one.comparison.means, one.comparison.better) for one in first.results]
    backwards = [
        trained(name, row[::-1], seeds=tuple(range(19, -1, -1))) for name, row in zip("abc", noise, strict=True)
    ]
    again = [(one.comparison.means, one.comparison.better) for one in compare_cells(backwards[::-1]).results]
    assert repr(numbers) == repr(again)


def test_at_most_six_percent_of_studies_of_one_law_end_in_a_verdict() -> None:
    generator = np.random.default_rng(0)
    false = 0
    for _ in range(2000):
        found = compare_cells([cell("a", generator.normal(size=10)), cell("b", generator.normal(size=10))])
        false += found.results[0].verdict.decision == "below"
    assert 0.03 <= false / 2000 <= 0.06


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("other", "tested"), [([0.7, 0.8, 0.9], True), ([0.7, 0.7, 0.7], False)])
def test_a_baseline_without_spread_is_compared_without_a_warning(other: list[float], tested: bool) -> None:
    (one,) = compare_cells([cell("a", [0.1] * 3), cell("b", other)], ["last"], "a").results
    assert (one.p_dunnett is not None) == tested
