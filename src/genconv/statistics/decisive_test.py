"""The one test on which a verdict rests, for any number of pairs of cells at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genconv.statistics.evaluation_error import EvaluationError
from genconv.statistics.intervals import Interval, t_quantile, t_tails
from genconv.statistics.permutation import PermutationTest, permutation_of
from genconv.statistics.sample import Sample

Basis = Literal["means", "all runs"]


@dataclass(frozen=True)
class DecisiveTest:
    """A two-sided p of A against B."""

    basis: Basis
    """`means` where every run has a number; else `all runs`, ranked, those without a number behind all others."""
    p: float
    smallest: float
    """The smallest p that so many runs can have."""
    method: str
    interval: Interval | None
    """Of mean(B) − mean(A) with the error of the held-out examples, where each cell has examples of its own."""


def decisive_tests(
    pairs: Sequence[tuple[Sample, Sample]], errors: Sequence[EvaluationError | None], level: float
) -> list[DecisiveTest | None]:
    """The studentized permutation test of means, or of ranks where a run has no number.

    None for n < 2, and if no run has a number.

    `errors` are those of the held-out examples, None where both cells share them: p is then the larger one of that of
    the runs and that of t = D/√(s_A²/n_A + s_B²/n_B + e²), e the error of the examples.
    """
    ranked = [bool(a.missing.any() or b.missing.any()) for a, b in pairs]
    of_means = permutation_of(
        [(a.survivors, b.survivors) for (a, b), rank in zip(pairs, ranked, strict=True) if not rank],
        "means",
        len(pairs),
    )
    of_ranks = permutation_of(
        [(a.all_runs, b.all_runs) for (a, b), rank in zip(pairs, ranked, strict=True) if rank], "ranks", len(pairs)
    )
    means, ranks = iter(of_means), iter(of_ranks)
    return [
        _decisive(a, b, next(ranks) if rank else next(means), "all runs" if rank else "means", error, level)
        for (a, b), rank, error in zip(pairs, ranked, errors, strict=True)
    ]


def _decisive(
    a: Sample, b: Sample, test: PermutationTest | None, basis: Basis, error: EvaluationError | None, level: float
) -> DecisiveTest | None:
    if a.missing.all() and b.missing.all():
        return None
    if test is None or error is None:
        return None if test is None else DecisiveTest(basis, test.p, test.smallest, test.method, None)
    p, interval = _with_examples(a, b, error, level)
    method = f"{test.method}; t with the error of the held-out examples"
    return DecisiveTest(basis, max(test.p, p), test.smallest, method, interval)


def _with_examples(a: Sample, b: Sample, error: EvaluationError, level: float) -> tuple[float, Interval]:
    """p and interval of D with the variances of the runs and of the examples; ν after Welch and Satterthwaite."""
    parts = [
        (float(a.survivors.var(ddof=1)) / len(a.survivors), len(a.survivors) - 1),
        (float(b.survivors.var(ddof=1)) / len(b.survivors), len(b.survivors) - 1),
        (error.standard_error**2, error.examples - 1),
    ]
    variance = sum(part for part, _ in parts)
    uncertain = sum(part**2 / degrees for part, degrees in parts)
    degrees = variance**2 / uncertain if uncertain > 0 else math.inf
    difference, deviation = b.mean - a.mean, math.sqrt(variance)
    reach = t_quantile((1 - level) / 2, degrees) * deviation if variance > 0 else 0.0
    words = "Welch with the error of the held-out examples"
    interval = Interval(difference - reach, difference + reach, level, words, len(a.survivors) + len(b.survivors))
    p = t_tails(difference, deviation, degrees)
    return (1.0 if np.isnan(p) else p), interval
