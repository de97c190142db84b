"""Everything that is computed of two cells for one metric."""

from dataclasses import dataclass

import numpy as np

from genconv.statistics.intervals import LEVEL
from genconv.statistics.rates import RateDifference, compare_rates
from genconv.statistics.sample import Sample, common_seeds
from genconv.statistics.two_sample import (
    MeanDifference,
    PairedDifference,
    SpreadComparison,
    Superiority,
    brown_forsythe,
    paired,
    superiority,
    superiority_of_all,
    welch,
)


@dataclass(frozen=True)
class Comparison:
    """A against B on one dataset, for one metric of which less is better. None marks what cannot be computed."""

    dataset: str
    metric: str
    a: Sample
    b: Sample
    means: MeanDifference | None
    """Of the surviving seeds."""
    better: Superiority | None
    """Of the surviving seeds."""
    better_of_all: Superiority | None
    """Of all seeds, the lost ones ranked worst."""
    spread: SpreadComparison | None
    divergence: RateDifference | None
    """Seeds without a value, diverged ones above all."""
    paired: PairedDifference | None
    """None unless both cells ran the same seeds."""


def compare_samples(
    dataset: str, metric: str, a: Sample, b: Sample, generator: np.random.Generator, level: float = LEVEL
) -> Comparison:
    """All tests of `a` against `b`; `generator` serves the sign-flip test of many pairs alone."""
    nobody_lost = not (a.lost.any() or b.lost.any())
    better = superiority(a.survivors, b.survivors, level)
    return Comparison(
        dataset,
        metric,
        a,
        b,
        means=welch(a.survivors, b.survivors, level),
        better=better,
        better_of_all=better if nobody_lost else superiority_of_all(a.values, a.lost, b.values, b.lost, level),
        spread=brown_forsythe(a.survivors, b.survivors),
        divergence=compare_rates(int(a.lost.sum()), len(a.seeds), int(b.lost.sum()), len(b.seeds)),
        paired=paired(*common_seeds(a, b), generator, level),
    )
