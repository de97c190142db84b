"""Verdicts in words: what `compare` and the page say of every kind of result."""

from dataclasses import replace

import numpy as np
import pytest
from tests.statistics.small_cells import cell, evaluated

from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.report.sentences import verdict_sentence
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
        "n = 10 and 10. The loss says nothing of the likelihood."
    )


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (
            EXACT,
            EXACT,
            "a's NLL is below b's by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 and 10.",
        ),
        (
            EXACT,
            IWAE,
            "a's NLL is below b's bound (IWAE, k = 64) by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 and 10. b's own NLL may be lower.",
        ),
        (
            IWAE,
            EXACT,
            "a's bound (IWAE, k = 64) is below b's NLL by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 and 10. So a's NLL is below b's.",
        ),
        (
            IWAE,
            IWAE,
            "a's bound (IWAE, k = 64) is below b's by 2.00 nats [1.72, 2.28], P = 1.00 [0.69, 1.00] "
            "(completely separated), n = 10 and 10. These are bounds: the NLLs may rank otherwise.",
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


def test_undecided() -> None:
    assert sentence(cell("a", LOW), cell("b", LOW + 0.1)) == (
        "a, b: last (loss) undecided, 10 runs each detect d ≥ 1.3."
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
    assert text.startswith("a's last (loss) is below b's by 2.25 [")
    assert text.endswith(
        "n = 5 and 10. The loss says nothing of the likelihood. 5 of 10 runs of a and 0 of 10 runs of b diverged "
        "(p = 0.013). With these ranked worst, P = 0.50 for a."
    )


def test_too_few_runs() -> None:
    assert sentence(cell("a", [1.0]), cell("b", [2.0])) == "a, b: no verdict, a cell needs two runs with a number."


def test_a_small_advantage() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 200))
    assert sentence(cell("a", noise[0]), cell("b", noise[1] + 0.4)).endswith(
        "P is below 0.75: the advantage of a is small."
    )


def test_no_spread() -> None:
    text = sentence(cell("a", [1.0] * 5), cell("b", [2.0] * 5))
    assert text.startswith("a's last (loss) is below b's by 1.00, no spread in either, P = 1.00")


def test_two_runs_each_say_how_little_their_chance_is_known() -> None:
    text = sentence(cell("a", [1.0, 1.01]), cell("b", [3.0, 3.01]))
    assert "P = 1.00 [0.16, 1.00] (completely separated), n = 2 and 2." in text
    assert sentence(cell("b", [3.0, 3.01]), cell("a", [1.0, 1.01])) == text


def test_a_tolerance_in_another_unit() -> None:
    assert sentence(cell("a", LOW), cell("b", HIGH, measure=EXACT), "epochs_to_final") == (
        "a, b: not compared, the tolerance of epochs to final is in the unit of the loss: loss against NLL, nats."
    )
