"""Everything that is computed of two cells for one metric, for any number of pairs of cells at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from genconv.statistics.decisive_test import DecisiveTest, decisive_tests
from genconv.statistics.evaluation_error import EvaluationError, evaluation_error
from genconv.statistics.intervals import LEVEL
from genconv.statistics.pairing import PairedDifference, paired_of
from genconv.statistics.rank_comparison import Superiority, superiority_of
from genconv.statistics.rates import RateDifference, compare_rates
from genconv.statistics.sample import Sample, common_runs
from genconv.statistics.two_sample import MeanDifference, SpreadComparison, brown_forsythe_of, welch_of

Mismatch = Literal["likelihood and loss", "units", "losses", "laws", "tolerances", "places", "points"]
"""Why a difference has no meaning: one number speaks of −log p and the other does not; the units differ; the losses
have different names; one is of a probability and the other of a density, or of a probability of other values; a
tolerance is in the unit of losses that do not compare; the metric counts places of the curve, and these differ; the
cells were evaluated on different held-out examples, and the error of these is not known.
"""


@dataclass(frozen=True, repr=False)
class Comparison:
    """A against B on one dataset, for one metric. None marks what cannot be computed."""

    dataset: str
    metric: str
    a: Sample
    b: Sample
    mismatch: Mismatch | None
    """Why A and B are not compared; None if they are."""
    test: DecisiveTest | None
    """On which the verdict rests; None for a cell of fewer than two runs, and if no run has a number."""
    means: MeanDifference | None
    """Of the runs with a number."""
    better: Superiority | None
    """P(A lower) of the runs with a number."""
    better_of_all: Superiority | None
    """The same of all runs, those without a number ranked worst."""
    spread: SpreadComparison | None
    divergence: RateDifference | None
    """Runs without a number, diverged ones above all."""
    paired: PairedDifference | None
    """None unless both cells have runs of the same random keys."""
    evaluation: EvaluationError | None
    """None where the losses of single held-out examples are not on record."""

    def __repr__(self) -> str:
        p = "no test" if self.test is None else f"p = {self.test.p:.2g}"
        return f"<{self.metric} on {self.dataset}, {self.a.label} and {self.b.label}: {p}>"


class Case(NamedTuple):
    """What is to be compared."""

    dataset: str
    metric: str
    a: Sample
    b: Sample


def mismatch(a: Sample, b: Sample) -> Mismatch | None:
    """Why the numbers of two cells are not compared; None if they are."""
    if a.comparable(b):
        return None
    if a.places != b.places:
        return "places"
    if a.measure is None or b.measure is None:
        return "tolerances"
    if (a.measure.kind == "loss") != (b.measure.kind == "loss"):
        return "likelihood and loss"
    if a.measure.unit != b.measure.unit:
        return "units"
    return "losses" if a.measure.kind == "loss" else "laws"


def compare_samples(cases: Sequence[Case], generator: np.random.Generator, level: float = LEVEL) -> list[Comparison]:
    """All tests of A against B of every case; `generator` serves the sign-flip test of many pairs alone.

    Of numbers that do not compare, only the rates of divergence are.
    """
    reasons = [mismatch(case.a, case.b) for case in cases]
    errors = [
        None if reason else evaluation_error(case.a.held_out, case.b.held_out, (case.a.draws, case.b.draws))
        for case, reason in zip(cases, reasons, strict=True)
    ]
    reasons = [reason or _of_points(case, error) for case, reason, error in zip(cases, reasons, errors, strict=True)]
    tested = [(case, error) for case, reason, error in zip(cases, reasons, errors, strict=True) if reason is None]
    results = _results(tested, generator, level)
    pairs = zip(cases, reasons, strict=True)
    return [_comparison(case, reason, None if reason else next(results)) for case, reason in pairs]


def _of_points(case: Case, error: EvaluationError | None) -> Mismatch | None:
    """Different held-out examples, unless their error is known, and every run has a number to which it can be added."""
    known = error is not None and not (case.a.missing.any() or case.b.missing.any())
    return "points" if case.a.other_points(case.b) and not known else None


_Results = tuple[
    DecisiveTest | None,
    MeanDifference | None,
    Superiority | None,
    Superiority | None,
    SpreadComparison | None,
    PairedDifference | None,
    EvaluationError | None,
]


def _results(
    tested: Sequence[tuple[Case, EvaluationError | None]], generator: np.random.Generator, level: float
) -> Iterator[_Results]:
    cases, errors = [case for case, _ in tested], [error for _, error in tested]
    survivors = [(case.a.survivors, case.b.survivors) for case in cases]
    own = [error if case.a.other_points(case.b) else None for case, error in tested]
    return zip(
        decisive_tests([(case.a, case.b) for case in cases], own, level),
        welch_of(survivors, level),
        superiority_of(survivors, level),
        superiority_of([(case.a.all_runs, case.b.all_runs) for case in cases], level),
        brown_forsythe_of(survivors),
        paired_of([common_runs(case.a, case.b) for case in cases], generator, level),
        errors,
        strict=True,
    )


def _comparison(case: Case, reason: Mismatch | None, results: _Results | None) -> Comparison:
    test, means, better, better_of_all, spread, pairs, evaluation = results or (None,) * 7
    return Comparison(
        *case,
        mismatch=reason,
        test=test,
        means=means,
        better=better,
        better_of_all=better_of_all,
        spread=spread,
        divergence=_rates(case.a, case.b),
        paired=pairs,
        evaluation=evaluation,
    )


def _rates(a: Sample, b: Sample) -> RateDifference | None:
    return compare_rates(int(a.missing.sum()), len(a.seeds), int(b.missing.sum()), len(b.seeds))
