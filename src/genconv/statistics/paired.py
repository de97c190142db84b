"""Two cells run with the same seeds: what seed by seed differences add."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.estimates import mean_interval
from genconv.statistics.interval import LEVEL, Interval
from genconv.statistics.student import t_tails

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
    with np.errstate(all="ignore"):
        error = float(differences.std(ddof=1)) / float(np.sqrt(len(differences)))
        p = t_tails(float(differences.mean()), error, len(differences) - 1)
        correlation = _correlation(a, b)
        p_sign_flip = sign_flip_p(differences, None if exact else generator)
    return PairedDifference(len(a), float(differences.mean()), interval, p, p_sign_flip, exact, correlation)


def sign_flip_p(differences: FloatArray, generator: np.random.Generator | None) -> float:
    """Twice the share of sign patterns whose Σ ±dᵢ is at least as far out as Σ dᵢ; `differences` of shape (n,).

    Over all 2ⁿ patterns, or over `DRAWS` that `generator` draws and the observed one. Sums that differ by 1e-14 of the
    observed one are equal. `scipy.stats.permutation_test(permutation_type="samples")`, which lists patterns in Python.
    """
    observed, sums = _every_sum(differences) if generator is None else _drawn_sums(differences, generator)
    slack = 100 * np.finfo(np.float64).eps * abs(observed)
    below, above = np.count_nonzero(sums <= observed + slack), np.count_nonzero(sums >= observed - slack)
    counted = 0 if generator is None else 1
    return min(1.0, 2 * (min(below, above) + counted) / (len(sums) + counted))


def _every_sum(differences: FloatArray) -> tuple[float, FloatArray]:
    """Σ dᵢ, and Σ ±dᵢ for all 2ⁿ patterns, the first of them without a flip."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return float(sums[0]), sums


def _drawn_sums(differences: FloatArray, generator: np.random.Generator) -> tuple[float, FloatArray]:
    """Σ dᵢ, and Σ ±dᵢ for `DRAWS` patterns: a random byte flips the signs of eight, whose sums are in a table."""
    groups = np.pad(differences, (0, -len(differences) % 8)).reshape(-1, 8)
    observed, sums = 0.0, np.zeros(DRAWS)
    for group, drawn in zip(groups, generator.integers(0, 256, (len(groups), DRAWS), dtype=np.uint8), strict=True):
        unflipped, table = _every_sum(group)
        observed += unflipped
        sums += table[drawn]
    return observed, sums


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's r, NaN if either has no spread."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    r = float(np.vecdot(a / np.abs(a).max(), b / np.abs(b).max()))
    r /= float(np.linalg.norm(a / np.abs(a).max()) * np.linalg.norm(b / np.abs(b).max()))
    return min(max(r, -1.0), 1.0)
