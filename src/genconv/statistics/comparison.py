"""Everything that is computed of two cells for one metric, for any number of pairs of cells at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from genconv.statistics.evaluation_error import EvaluationError, evaluation_error
from genconv.statistics.intervals import LEVEL
from genconv.statistics.pairing import PairedDifference, paired_of
from genconv.statistics.rank_comparison import Superiority, ranked_worst, superiority_of
from genconv.statistics.rates import RateDifference, compare_rates
from genconv.statistics.sample import Sample, common_runs
from genconv.statistics.two_sample import MeanDifference, SpreadComparison, brown_forsythe_of, welch_of

Mismatch = Literal["likelihood and loss", "units", "losses", "laws", "tolerances"]
"""Why a difference has no meaning: one number speaks of −log p and the other does not; the units differ; the losses
have different names; one is of a probability and the other of a density, or of a probability of other values; a
tolerance is in the unit of losses that do not compare.
"""


@dataclass(frozen=True)
class Comparison:
    """A against B on one dataset, for one metric. None marks what cannot be computed."""

    dataset: str
    metric: str
    a: Sample
    b: Sample
    mismatch: Mismatch | None
    """Why A and B are not compared; None if they are."""
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
    tested = [case for case, reason in zip(cases, reasons, strict=True) if reason is None]
    survivors = [(case.a.survivors, case.b.survivors) for case in tested]
    results = zip(
        welch_of(survivors, level),
        superiority_of(survivors, level),
        superiority_of([(_all_runs(case.a), _all_runs(case.b)) for case in tested], level),
        brown_forsythe_of(survivors),
        paired_of([common_runs(case.a, case.b) for case in tested], generator, level),
        [evaluation_error(case.a.held_out, case.b.held_out, (case.a.draws, case.b.draws)) for case in tested],
        strict=True,
    )
    pairs = zip(cases, reasons, strict=True)
    return [_comparison(case, reason, None if reason else next(results)) for case, reason in pairs]


_Results = tuple[
    MeanDifference | None,
    Superiority | None,
    Superiority | None,
    SpreadComparison | None,
    PairedDifference | None,
    EvaluationError | None,
]


def _comparison(case: Case, reason: Mismatch | None, results: _Results | None) -> Comparison:
    means, better, better_of_all, spread, pairs, evaluation = results or (None,) * 6
    return Comparison(
        *case,
        mismatch=reason,
        means=means,
        better=better,
        better_of_all=better_of_all,
        spread=spread,
        divergence=_rates(case.a, case.b),
        paired=pairs,
        evaluation=evaluation,
    )


def _all_runs(sample: Sample) -> np.ndarray:
    return ranked_worst(sample.values, sample.missing, lower_is_better=sample.metric.lower_is_better)


def _rates(a: Sample, b: Sample) -> RateDifference | None:
    return compare_rates(int(a.missing.sum()), len(a.seeds), int(b.missing.sum()), len(b.seeds))
