"""Two cells run with the same seeds: what seed by seed differences add."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from genconv.curves import FloatArray
from genconv.statistics.estimates import mean_interval
from genconv.statistics.interval import LEVEL, Interval

MOST_EXACT = 14
"""Up to how many pairs every one of the 2ⁿ sign patterns is tried."""
DRAWS = 9_999


@dataclass(frozen=True)
class PairedDifference:
    """By how much A lies below B on the same seed, in the unit of the metric."""

    pairs: int
    """Seeds of both cells that neither lost."""
    difference: float
    """Mean of B − A over pairs."""
    interval: Interval | None
    p: float
    """Paired t test; NaN if all differences are equal."""
    p_sign_flip: float
    """Permutation test that flips signs."""
    exact: bool
    """Whether the permutation test tried every pattern."""
    correlation: float
    """Pearson's r between A and B over seeds: what pairing gains grows with it. NaN without spread."""


def paired(
    a: FloatArray, b: FloatArray, generator: np.random.Generator, level: float = LEVEL
) -> PairedDifference | None:
    """t and sign-flip tests of d̄ = 0, dᵢ = bᵢ − aᵢ over the pairs in which both are finite; None for n < 2.

    `a` and `b` of shape (n,), seed by seed. The sign-flip test is exact up to `MOST_EXACT` pairs, above it draws
    `DRAWS` patterns from `generator`. arXiv 2103.03098.
    """
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if len(a) < 2:
        return None
    differences = np.sort(b - a)
    interval = mean_interval(differences, level)
    exact = len(a) <= MOST_EXACT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no spread: NaN says it
        p = float(stats.ttest_1samp(differences, 0.0).pvalue)
        correlation = float(stats.pearsonr(a, b).statistic)
    flipped = stats.permutation_test(
        (differences,),
        lambda d, axis: np.mean(d, axis=axis),
        permutation_type="samples",
        n_resamples=2**MOST_EXACT if exact else DRAWS,
        vectorized=True,
        rng=generator,
    )
    return PairedDifference(len(a), float(differences.mean()), interval, p, float(flipped.pvalue), exact, correlation)
