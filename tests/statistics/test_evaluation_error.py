"""The error of a difference from the held-out examples: paired over the same ones, and what a verdict makes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.experiment.synthetic_runs import cell, record

from genconv.measure import EXACT
from genconv.report.sentences import verdict_sentence
from genconv.statistics.compare import ComparisonResult, compare_cells
from genconv.store.load import load
from genconv.store.outcome import TestSet
from genconv.store.runs import save_run

EXAMPLES = 400
HARDNESS = np.random.default_rng(0).normal(3, 1, EXAMPLES)
"""What an example costs any model: it leaves a paired difference."""
POINTS, OTHERS = TestSet(EXAMPLES, "a" * 64), TestSet(EXAMPLES, "b" * 64)


RUNS = 5


def losses(model: str, seed: int, shift: float) -> np.ndarray:
    own = np.random.default_rng([seed, len(model)])
    return (HARDNESS + shift + 0.01 * seed + own.normal(0, 0.1, EXAMPLES)).astype(np.float32)


def compared(root: Path, shift: float, tests: tuple[TestSet | None, TestSet | None]) -> ComparisonResult:
    for model, test, distance in (("flow", tests[0], 0.0), ("made", tests[1], shift)):
        for seed in range(RUNS):
            examples = {"loss": losses(model, seed, distance)}
            one = record(seed, cell(model=model))
            outcome = replace(
                one.outcome,
                evaluation={"loss": float(examples["loss"].mean())},
                measures={"curve": EXACT, "loss": EXACT},
                test=test,
            )
            save_run(root, replace(one, outcome=outcome, examples=examples))
    (result,) = compare_cells(load([root]).cells).results
    return result


def test_the_error_of_a_difference_on_the_same_examples_is_that_of_pairs(tmp_path: Path) -> None:
    result = compared(tmp_path, 1.0, (POINTS, POINTS))
    error = result.comparison.evaluation
    assert error is not None
    flow, made = (
        np.mean([losses(model, seed, shift) for seed in range(RUNS)], axis=0, dtype=float)
        for model, shift in (("flow", 0.0), ("made", 1.0))
    )
    expected = np.std(made - flow, ddof=1) / np.sqrt(EXAMPLES)
    assert error.standard_error == pytest.approx(expected, rel=1e-6)
    assert error.standard_error < 0.01
    assert (error.examples, error.same_examples, error.draws) == (EXAMPLES, True, 0)
    assert error.difference == pytest.approx(1, abs=0.05)
    assert not result.verdict.within_evaluation_error


@pytest.mark.parametrize(("tests", "same"), [((POINTS, OTHERS), False), ((None, POINTS), None), ((None, None), None)])
def test_other_examples_are_no_pairs(tmp_path: Path, tests: tuple[TestSet, TestSet], same: bool | None) -> None:
    error = compared(tmp_path, 1.0, tests).comparison.evaluation
    assert error is not None
    assert error.same_examples is same
    assert error.standard_error == pytest.approx(np.sqrt(2 / EXAMPLES), rel=0.1)


def test_a_verdict_says_when_the_examples_might_turn_it(tmp_path: Path) -> None:
    within, beyond = compared(tmp_path / "a", 0.1, (POINTS, OTHERS)), compared(tmp_path / "b", 0.5, (POINTS, OTHERS))
    assert (within.verdict.decision, beyond.verdict.decision) == ("undecided", "below")
    assert within.comparison.test is not None
    assert within.comparison.test.p > 0.1
    words = (
        "Each cell has held-out examples of its own, 400 of them; interval and p include their standard error of "
        "0.071 nats."
    )
    assert words in verdict_sentence(within)
    assert words in verdict_sentence(beyond)
    assert beyond.verdict.interval is not None
    assert beyond.verdict.interval.high - beyond.verdict.interval.low > 3.9 * 0.0707


def test_nothing_is_said_where_examples_are_not_on_record(tmp_path: Path) -> None:
    for model in ("flow", "made"):
        for seed in range(RUNS):
            save_run(tmp_path, replace(record(seed, cell(model=model)), examples={}))
    (result,) = compare_cells(load([tmp_path]).cells, ["last"]).results
    assert result.comparison.evaluation is None
