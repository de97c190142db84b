"""Verdicts in words: what `compare` and the page say of every kind of result."""

from dataclasses import replace

import numpy as np
import pytest
from tests.statistics.small_cells import cell, curves, evaluated, trained

from genconv.coordinates import Coordinates
from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.metrics.spec import Metric
from genconv.report.sentences import verdict_sentence
from genconv.report.undecided import told_once
from genconv.statistics.compare import compare_cells
from genconv.store.results import StoredCell

LOW = np.linspace(1.0, 1.9, 10)
HIGH = LOW + 2
NAN = float("nan")
IWAE = importance_weighted(64)


def sentence(a: StoredCell, b: StoredCell, *metrics: str) -> str:
    (one,) = compare_cells([a, b], metrics or None).results
    return verdict_sentence(one)


def test_a_loss_below_a_loss() -> None:
    assert sentence(cell("draw", HIGH), cell("draw4", LOW)) == (
        "draw4's last (loss) is below draw's by 2.00 [1.72, 2.28], P = 1.00 [0.69, 1.00] (completely separated), "
        "n = 10 each. The loss says nothing of the likelihood."
    )


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (
            EXACT,
            EXACT,
            "a's NLL is below b's by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 each.",
        ),
        (
            EXACT,
            IWAE,
            "a's NLL is below b's bound (IWAE, k = 64) by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 each. b's own NLL may be lower.",
        ),
        (
            IWAE,
            EXACT,
            "a's bound (IWAE, k = 64) is below b's NLL by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 each. So a's NLL is below b's.",
        ),
        (
            IWAE,
            IWAE,
            "a's bound (IWAE, k = 64) is below b's by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 each. These are bounds: the NLLs may rank otherwise.",
        ),
    ],
)
def test_what_estimates_prove(lower: Measure, upper: Measure, text: str) -> None:
    assert sentence(evaluated("a", LOW, lower), evaluated("b", HIGH, upper)) == text


def test_a_bound_says_how_much_it_still_falls() -> None:
    loose = evaluated("b", HIGH, IWAE)
    loose.curves.evaluation["importance_weighted_quarter"] = HIGH + 0.25  # type: ignore[index]
    text = sentence(evaluated("a", LOW, EXACT), loose)
    assert text.endswith("b's own NLL may be lower. b's bound still falls by 0.25 nats from k/4 to k draws.")


def test_a_named_metric_says_what_its_curve_is() -> None:
    text = sentence(cell("a", LOW, measure=EXACT), cell("b", HIGH, measure=ELBO), "last")
    assert text.startswith("a's last (NLL) is below b's last (bound, ELBO) by 2.00 nats [")
    assert text.endswith("b's own NLL may be lower.")


def test_undecided_since_the_interval_leaves_it_open() -> None:
    far = np.array([0.0, 1.9, 1.95, 1.97, 1.98])
    assert sentence(cell("a", far), cell("b", np.linspace(1.99, 2, 5))) == (
        "a, b: last (loss) undecided: p is 0.0079, but the interval of the difference of means [-0.65, 1.52] holds 0, "
        "n = 5 each."
    )


def test_undecided() -> None:
    assert sentence(cell("a", LOW), cell("b", LOW + 0.1)) == (
        "a, b: last (loss) undecided, 10 runs each detect d ≥ 1.3; genconv plan tells how many find less."
    )


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        (LOSS, EXACT, "a, b: not compared, a's loss says nothing of the likelihood, and b's last (NLL) does."),
        (
            ELBO,
            Measure("bound", "bits/dim", "ELBO"),
            "a, b: not compared, a's last (bound, ELBO) in nats against b's last (bound, ELBO) in bits/dim.",
        ),
        (
            LOSS,
            Measure(name="hinge"),
            "a, b: not compared, their losses have different names, 'loss' and 'hinge'.",
        ),
        (
            replace(ELBO, over="256 levels"),
            replace(ELBO, over="density on [0, 1]"),
            "a, b: not compared, a probability of 256 levels and a density on [0, 1] do not compare.",
        ),
        (
            replace(ELBO, over="256 levels"),
            EXACT,
            "a, b: not compared, a probability of 256 levels and a likelihood of other values do not compare.",
        ),
    ],
)
def test_numbers_that_do_not_compare(a: Measure, b: Measure, text: str) -> None:
    assert sentence(cell("a", LOW, measure=a), cell("b", HIGH, measure=b)) == text


def test_diverged_runs_are_told_with_the_verdict() -> None:
    text = sentence(cell("a", [*LOW[:5], *[NAN] * 5], dead=range(5, 10)), cell("b", HIGH))
    assert text == (
        "a, b: last (loss) undecided over all runs, those without a number ranked worst: P = 0.50 [0.12, 0.88] that a "
        "is lower, n = 10 each. 5 of 10 runs of a and 0 of 10 runs of b diverged (p = 0.013). Of the runs with a "
        "number alone, the mean of a's last (loss) is below b's by 2.25 [1.99, 2.51], n = 5 and 10."
    )


def test_a_verdict_over_all_runs() -> None:
    text = sentence(cell("a", [*LOW[:2], *[NAN] * 9], dead=range(2, 11), measure=EXACT), cell("b", HIGH, measure=ELBO))
    assert text == (
        "Over all runs, those without a number ranked worst, b's last (bound, ELBO) is below a's last (NLL): P = 0.82 "
        "[0.55, 1.00], n = 10 and 11. 0 of 10 runs of b and 9 of 11 runs of a diverged (p = 7.3e-05). Of the runs with "
        "a number alone, the mean of a's last (NLL) is below b's last (bound, ELBO) by 2.40 nats [2.15, 2.65], "
        "n = 2 and 10. b's own NLL may be lower."
    )
    text = sentence(cell("a", [0.1, *[NAN] * 9], dead=range(1, 10)), cell("b", HIGH))
    assert text.endswith("Too few runs with a number for a mean: a (1 of 10 runs).")
    assert sentence(cell("a", [NAN] * 3, dead=range(3)), cell("b", [NAN] * 3, dead=range(3))).startswith(
        "a, b: no verdict, no run has a number."
    )


def test_a_mean_that_few_runs_rule() -> None:
    a, b = [*np.linspace(0.98, 1.02, 6), *np.linspace(4.9, 5.1, 4)], np.linspace(1.08, 1.12, 10)
    assert sentence(cell("a", a), cell("b", b)) == (
        "b, a: last (loss), no winner. Most runs of a are lower than those of b (P = 0.60 [0.23, 0.97]), but b has the "
        "lower mean, by 1.50 [0.022, 2.98], n = 10 each: 4 of 10 runs of a, from 4.90 to 5.10, rule its mean."
    )


def test_equal_runs_are_no_majority() -> None:
    text = sentence(cell("a", [*[2.0] * 3, *[3.0] * 6, 60.0]), cell("b", [3.0] * 10))
    assert "A run of a is more often below one of b than above it (P = 0.60 [0.37, 0.83]), but b has the" in text


def test_survivors_of_equal_means() -> None:
    text = sentence(cell("a", [1.0] * 10, dead=range(3)), cell("b", [1.0] * 10))
    assert text.endswith("Of the runs with a number alone, the means of b and a are equal, n = 10 and 7.")


def test_the_advantage_is_that_of_the_winner_where_more_is_better() -> None:
    accuracy = Metric("accuracy", lambda c: c.validation[:, -1], lower_is_better=False, measure=lambda _: None, unit="")
    noise = np.random.default_rng(1).normal(size=(2, 200))
    (one,) = compare_cells([cell("a", noise[0]), cell("b", noise[1] + 0.4)], [accuracy]).results
    assert verdict_sentence(one).endswith("P is below 0.75: the advantage of b is small.")


def test_large_numbers_are_short() -> None:
    assert "a's last (loss) is below b's by 1.045e+12 [" in sentence(
        cell("a", 1e12 * np.linspace(1, 1.09, 10)), cell("b", 2e12 * np.linspace(1, 1.09, 10))
    )


def test_examples_that_differ_and_are_not_on_record() -> None:
    a, b = (
        trained(name, LOW, coordinates=tuple(Coordinates(data, s, s, s) for s in range(10)))
        for name, data in (("a", 0), ("b", 1))
    )
    assert sentence(a, b, "last") == (
        "a, b: not compared, their last is of different held-out examples, and the error of these is not known."
    )
    own = [
        trained(name, LOW, coordinates=tuple(Coordinates(s, s, s, s) for s in seeds))
        for name, seeds in (("a", range(10)), ("b", range(10, 20)))
    ]
    assert sentence(*own, "last").startswith("a, b: last (loss) undecided")


def test_too_few_runs() -> None:
    assert sentence(cell("a", [1.0]), cell("b", [2.0])) == "a, b: no verdict, a cell needs two runs, n = 1 each."


def test_a_small_advantage() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 200))
    assert sentence(cell("a", noise[0]), cell("b", noise[1] + 0.4)).endswith(
        "P is below 0.75: the advantage of a is small."
    )


def test_no_spread() -> None:
    text = sentence(cell("a", [1.0] * 5), cell("b", [2.0] * 5))
    assert text.startswith("a's last (loss) is below b's by 1.00, no spread in either, P = 1.00")


def test_two_runs_each_can_decide_nothing() -> None:
    text = sentence(cell("a", [1.0, 1.01]), cell("b", [3.0, 3.01]))
    assert text == (
        "a, b: last (loss) undecided, n = 2 each. 2 runs each cannot decide: p of a permutation test of them is at "
        "least 0.33. 4 runs each can, of models that are far apart: run 10."
    )
    assert sentence(cell("b", [3.0, 3.01]), cell("a", [1.0, 1.01])) == text


def test_a_tolerance_in_another_unit() -> None:
    assert sentence(cell("a", LOW), cell("b", HIGH, measure=EXACT), "epochs_to_final:0.1") == (
        "a, b: not compared, the tolerance of epochs to final:0.1 is in the unit of the loss: loss against NLL, nats."
    )


def test_cells_of_different_length_say_so() -> None:
    a, b = (
        StoredCell(curves(name, np.tile(one[:, None], (1, length))))
        for name, one, length in (("a", LOW, 40), ("b", HIGH, 12))
    )
    assert "n = 10 each, after 40 and 12 epochs." in sentence(a, b, "last")
    assert sentence(a, b, "area") == (
        "a, b: not compared, area counts places of the curve, and theirs differ: 40 from 0 to 39 (epochs) against 12 "
        "from 0 to 11 (epochs)."
    )
    assert "below" in sentence(a, b, "first")


def test_what_to_do_about_undecided_pairs_is_said_once() -> None:
    pairs = [sentence(cell("a", LOW), cell(name, LOW + 0.1)) for name in ("b", "c")]
    assert [text.count("genconv plan") for text in told_once(["a is below d.", *pairs])] == [0, 1, 0]
    assert told_once([]) == []
