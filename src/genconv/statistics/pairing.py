"""Two cells on the same runs: paired differences, and what pairing gains; any number of pairs of cells at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.intervals import LEVEL, Interval
from genconv.statistics.two_sample import Pair, columns_of, for_each_size

MOST_EXACT = 14
"""Up to how many pairs every one of the 2ⁿ sign patterns is tried."""
DRAWS = 9_999
_AT_ONCE = 4_000_000
"""Up to how many sums are held together."""


Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class PairedDifference:
    """By how much A lies below B on the same run, in the unit of the metric."""

    pairs: int
    """Runs of both cells that have a number in both."""
    difference: float
    """Mean of B − A over pairs."""
    interval: Interval
    p: float
    """Paired t test; NaN if all differences are 0."""
    p_sign_flip: float
    """Permutation test that flips signs."""
    exact: bool
    """Whether the permutation test tried every pattern."""
    correlation: float
    """Pearson's r between A and B over runs: what pairing gains grows with it. NaN without spread, and for two pairs,
    whose r is always ±1.
    """


def paired(
    a: FloatArray, b: FloatArray, generator: np.random.Generator, level: float = LEVEL
) -> PairedDifference | None:
    """t and sign-flip tests of d̄ = 0, dᵢ = bᵢ − aᵢ over the pairs in which both are finite; None for n < 2.

    `a` and `b` of shape (n,), run by run. The sign-flip test is exact up to `MOST_EXACT` pairs, above it draws
    `DRAWS` patterns from `generator`. arXiv 2103.03098.
    """
    return paired_of([(a, b)], generator, level)[0]


def paired_of(
    pairs: Sequence[Pair], generator: np.random.Generator, level: float = LEVEL
) -> list[PairedDifference | None]:
    """`paired` of every two cells, each given run by run."""
    both = [np.isfinite(a) & np.isfinite(b) for a, b in pairs]
    complete = [(a[has], b[has]) for (a, b), has in zip(pairs, both, strict=True)]
    return for_each_size(complete, 2, partial(_paired, generator=generator, level=level))


def _paired(a: FloatArray, b: FloatArray, generator: np.random.Generator, level: float) -> Iterator[PairedDifference]:
    n = a.shape[1]
    differences = np.sort(b - a, axis=1)
    means, errors = differences.mean(axis=1), differences.std(axis=1, ddof=1) / np.sqrt(n)
    p_values = 2 * special.stdtr(n - 1, -np.abs(means / errors))
    reach = special.stdtrit(n - 1, (1 + level) / 2) * errors
    flips = sign_flip_p(differences, None if n <= MOST_EXACT else generator)
    columns = columns_of(means, means - reach, means + reach, p_values, flips, _correlation(a, b))
    for mean, low, high, p, p_sign_flip, correlation in columns:
        interval = Interval(low, high, level, "Student t", n)
        yield PairedDifference(n, mean, interval, p, p_sign_flip, n <= MOST_EXACT, correlation)


def sign_flip_p(differences: FloatArray, generator: np.random.Generator | None) -> FloatArray:
    """Twice the share of sign patterns whose Σ ±dᵢ is at least as far out as Σ dᵢ; shape (P, n) → (P,).

    Over all 2ⁿ patterns, or over `DRAWS` that `generator` draws and the observed one. Sums that differ by 1e-14 of the
    observed one are equal. `scipy.stats.permutation_test(permutation_type="samples")` lists patterns in Python.
    """
    drawn = None if generator is None else _drawn_bytes(differences.shape[1], generator)
    most = max(1, _AT_ONCE // (2 ** differences.shape[1] if drawn is None else DRAWS))
    parts = [_flipped(differences[start : start + most], drawn) for start in range(0, len(differences), most)]
    return np.concatenate(parts)


def _flipped(differences: FloatArray, drawn: Bytes | None) -> FloatArray:
    observed, sums = _every_sum(differences) if drawn is None else _drawn_sums(differences, drawn)
    slack = 100 * np.finfo(np.float64).eps * np.abs(observed)
    below = np.count_nonzero(sums <= (observed + slack)[:, np.newaxis], axis=1)
    above = np.count_nonzero(sums >= (observed - slack)[:, np.newaxis], axis=1)
    counted = 0 if drawn is None else 1
    p: FloatArray = np.minimum(1.0, 2 * (np.minimum(below, above) + counted) / (sums.shape[1] + counted))
    return p


def _every_sum(differences: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Σ dᵢ, and Σ ±dᵢ for all 2ⁿ patterns, the first of them without a flip: shapes (P,) and (P, 2ⁿ)."""
    sums = np.zeros((len(differences), 1))
    for difference in differences.T[:, :, np.newaxis]:
        sums = np.concatenate([sums + difference, sums - difference], axis=1)
    return sums[:, 0], sums


def _drawn_bytes(n: int, generator: np.random.Generator) -> Bytes:
    """A random byte flips the signs of eight differences."""
    drawn: Bytes = generator.integers(0, 256, (-(-n // 8), DRAWS), dtype=np.uint8)
    return drawn


def _drawn_sums(differences: FloatArray, drawn: Bytes) -> tuple[FloatArray, FloatArray]:
    """Σ dᵢ, and Σ ±dᵢ for `DRAWS` patterns, from the table of all sums of each eight differences."""
    n = differences.shape[1]
    padded = np.pad(differences, ((0, 0), (0, -n % 8))).reshape(len(differences), -1, 8)
    observed, sums = np.zeros(len(differences)), np.zeros((len(differences), DRAWS))
    for place, patterns in enumerate(drawn):
        unflipped, table = _every_sum(padded[:, place])
        observed += unflipped
        sums += table[:, patterns]
    return observed, sums


def _correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    """Pearson's r of each row, NaN if either has no spread, or fewer than three values: shapes (P, n) → (P,)."""
    undefined = (np.ptp(a, axis=1) == 0) | (np.ptp(b, axis=1) == 0) | (a.shape[1] < 3)
    a, b = (one - one.mean(axis=1, keepdims=True) for one in (a, b))
    a, b = (one / np.abs(one).max(axis=1, keepdims=True) for one in (a, b))
    r = np.vecdot(a, b) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return np.where(undefined, np.nan, np.clip(r, -1.0, 1.0))
