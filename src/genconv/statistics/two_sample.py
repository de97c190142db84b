"""Two cells against each other: means, paired differences, the chance that one run is better, and spread."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.intervals import LEVEL, Interval, finite, mean_interval, t_quantile, t_tails
from genconv.statistics.rates import rate_interval

TRIM = 0.2
"""Share cut from each end in Yuen's test."""


@dataclass(frozen=True)
class MeanDifference:
    """By how much A lies below B, in the unit of the metric."""

    difference: float
    """mean(B) − mean(A): positive where A is lower."""
    interval: Interval | None
    """None where neither sample has any spread."""
    p: float
    effect: float
    """Cohen's d = difference/√((s_A² + s_B²)/2); infinite or NaN without spread."""
    p_trimmed: float
    """Of Yuen's test, the same with 20 % trimmed means: what a few outliers do to p."""
    method: str


def welch(a: FloatArray, b: FloatArray, level: float = LEVEL) -> MeanDifference | None:
    """D ± t_ν √(s_A²/n_A + s_B²/n_B), D = mean(B) − mean(A), ν after Welch and Satterthwaite; None for n < 2.

    `a` and `b` of shapes (n_A,) and (n_B,), finite. Without any spread the t statistic does not exist: p is then 1 for
    equal values, else that of the exact permutation test, and `method` says so. Welch 1947; recommended over
    t-test, Mann–Whitney and bootstrap by arXiv 1904.06979.
    """
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 2:
        return None
    (mean_a, of_a, trimmed_a), (mean_b, of_b, trimmed_b) = _moments(a.tobytes()), _moments(b.tobytes())
    difference = mean_b - mean_a
    if a[0] == a[-1] and b[0] == b[-1]:
        p = permutation_p(a, b)
        effect = math.copysign(math.inf, difference) if difference else math.nan
        return MeanDifference(difference, None, p, effect, p, "exact permutation (no spread)")
    spread = math.sqrt((of_a[0] + of_b[0]) / 2)
    effect = difference / spread if spread else math.copysign(math.inf, difference)
    error, degrees = _welch_satterthwaite(of_a, of_b)
    reach = t_quantile((1 - level) / 2, degrees) * error
    interval = Interval(difference - reach, difference + reach, level, "Welch", len(a) + len(b))
    p, p_trimmed = t_tails(difference, error, degrees), _yuen(trimmed_a, trimmed_b)
    return MeanDifference(difference, interval, p, effect, p_trimmed, "Welch")


def permutation_p(a: FloatArray, b: FloatArray) -> float:
    """2/(n_A + n_B choose n_A), the two-sided p of the exact rank permutation test (Mann–Whitney) for two samples that
    do not overlap; 1 if all values are equal.
    """
    if np.min(a) == np.max(b) and np.max(a) == np.min(b):
        return 1.0
    return min(1.0, 2 / math.comb(len(a) + len(b), len(a)))


_Share = tuple[float, int]
"""A variance, and over how many values."""


def _yuen(a: tuple[float, _Share], b: tuple[float, _Share]) -> float:
    """p of the test of `welch` for trimmed means and winsorized variances, as `scipy.stats.ttest_ind(…, trim=)` has it,
    which takes a hundred times as long on a few seeds. Yuen 1974.
    """
    error, degrees = _welch_satterthwaite(a[1], b[1])
    return t_tails(b[0] - a[0], error, degrees)


@lru_cache(maxsize=4096)
def _moments(content: bytes) -> tuple[float, _Share, tuple[float, _Share]]:
    """Of values in ascending order: mean, variance and n; the same without `TRIM` of each end, which in the variance
    are drawn in. A cell is compared with all others, so they are kept.
    """
    values = np.frombuffer(content)
    n, cut = len(values), int(len(values) * TRIM)
    middle = values[cut : n - cut]
    with np.errstate(over="ignore"):
        variance = float(values.var(ddof=1))
        drawn_in = float(np.clip(values, middle[0], middle[-1]).var(ddof=1))
    trimmed = (drawn_in * (n - 1) / (len(middle) - 1), len(middle))
    return float(values.mean()), (variance, n), (float(middle.mean()), trimmed)


def _welch_satterthwaite(a: _Share, b: _Share) -> tuple[float, float]:
    """Standard error of a difference of means, and its degrees of freedom, from (variance, n) of both."""
    share_a, share_b = a[0] / a[1], b[0] / b[1]
    total = share_a + share_b
    below = share_a * share_a / (a[1] - 1) + share_b * share_b / (b[1] - 1)
    degrees = total * total / below if below else math.nan
    return math.sqrt(total), 1.0 if math.isnan(degrees) else degrees  # spreads too small or too large to be squared


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


MEANINGFUL = 0.75
"""From which chance on one model is meaningfully better than another (arXiv 2103.03098, section 5)."""

NEAR = 0.9
"""From which chance on (and up to 1 − it) the interval covers too little: .86 to .89 at .95 (docs/statistics.md)."""

BRUNNER_MUNZEL = "Brunner-Munzel"
SEPARATED = "exact permutation (completely separated)"
TIED = "all values equal"


@dataclass(frozen=True)
class Superiority:
    """P(A < B) + ½ P(A = B), lower being better, with a test of ½."""

    probability: float
    interval: Interval | None
    p: float
    method: str

    @property
    def separated(self) -> bool:
        """Whether every run of one beats every run of the other."""
        return self.method == SEPARATED


def superiority(a: FloatArray, b: FloatArray, level: float = LEVEL) -> Superiority | None:
    """P = P(A < B) + ½ P(A = B), estimated by its share among all n_A n_B pairs; None for n < 2.

    `a` and `b` of shapes (n_A,) and (n_B,), finite. Interval and p after Brunner and Munzel 2000
    (as `rank_compare_2indep` of statsmodels), the interval clipped to [0, 1]. Two samples that do not overlap have no
    variance there: p is then that of the exact permutation test, and the interval is the Clopper–Pearson one of
    min(n_A, n_B) disjoint pairs, all of which A won or lost. arXiv 2103.03098, section 5; 2108.13264, section 4.3.
    """
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 2:
        return None
    if a[-1] < b[0] or b[-1] < a[0]:
        return _separated(a, b, level)
    if a[0] == b[-1] and b[0] == a[-1]:
        return Superiority(0.5, None, 1.0, TIED)
    chance, error, degrees = _brunner_munzel(a, b)
    reach = t_quantile((1 - level) / 2, degrees) * error
    warning = "" if 1 - NEAR < chance < NEAR else "nearly separated: Brunner-Munzel's interval and p are too small"
    inside = Interval(chance - reach, chance + reach, level, BRUNNER_MUNZEL, len(a) + len(b), warning)
    return Superiority(chance, inside.clipped(0.0, 1.0), t_tails(chance - 0.5, error, degrees), BRUNNER_MUNZEL)


def _brunner_munzel(a: FloatArray, b: FloatArray) -> tuple[float, float, float]:
    """P(A < B) + ½ P(A = B), its standard error and degrees of freedom, of samples in ascending order.

    From placements, the number of the other sample that lies below (ties: half): a rank less the rank among its own.
    """
    n_a, n_b = len(a), len(b)
    below_a, below_b = (
        (np.searchsorted(other, own, "left") + np.searchsorted(other, own, "right")) / 2
        for own, other in ((a, b), (b, a))
    )
    share_a, share_b = float(below_a.var(ddof=1)) * n_a, float(below_b.var(ddof=1)) * n_b
    degrees = (share_a + share_b) ** 2 / (share_a**2 / (n_a - 1) + share_b**2 / (n_b - 1))
    error = math.sqrt(share_a + share_b) / (n_a * n_b)
    mean_rank = (n_b * (n_b + 1) / 2 + float(below_b.sum())) / n_b
    return (mean_rank - (n_b + 1) / 2) / n_a, error, degrees


def superiority_of_all(
    a: FloatArray, lost_a: NDArray[np.bool_], b: FloatArray, lost_b: NDArray[np.bool_], level: float = LEVEL
) -> Superiority | None:
    """`superiority` of all seeds, those that were lost ranked behind every other and equal among themselves."""
    rest = np.concatenate([a[~lost_a], b[~lost_b]])
    worst = np.nextafter(rest.max(), np.inf) if rest.size else 0.0
    return superiority(np.where(lost_a, worst, a), np.where(lost_b, worst, b), level)


def _separated(a: FloatArray, b: FloatArray, level: float) -> Superiority:
    won, pairs = bool(a[-1] < b[0]), min(len(a), len(b))
    pairwise = rate_interval(pairs if won else 0, pairs, level)
    assert pairwise is not None  # noqa: S101  n ≥ 2
    method = f"Clopper-Pearson of {pairs} disjoint pairs"
    interval = Interval(pairwise.low, pairwise.high, level, method, len(a) + len(b))
    return Superiority(float(won), interval, permutation_p(a, b), SEPARATED)


@dataclass(frozen=True)
class SpreadComparison:
    """The standard deviation of A against that of B."""

    ratio: float
    """s_A/s_B; infinite or NaN if B has no spread."""
    p: float
    """Brown–Forsythe, two-sided."""


def brown_forsythe(a: FloatArray, b: FloatArray) -> SpreadComparison | None:
    """F test of |xᵢ − median| between `a` and `b`, shapes (n_A,) and (n_B,), finite; None for n < 3 or no spread.

    Brown and Forsythe 1974, Levene's test about medians, which long tails disturb little.
    """
    a, b = finite(a), finite(b)
    if min(len(a), len(b)) < 3 or (a[0] == a[-1] and b[0] == b[-1]):
        return None
    with np.errstate(all="ignore"):
        (sd_a, mean_a, squares_a), (sd_b, mean_b, squares_b) = _distances(a.tobytes()), _distances(b.tobytes())
        ratio = float(np.divide(sd_a, sd_b))
        p = _f_test((len(a), mean_a, squares_a), (len(b), mean_b, squares_b))
    return None if np.isnan(p) else SpreadComparison(ratio, p)


def _f_test(a: tuple[int, float, float], b: tuple[int, float, float]) -> float:
    """p of the analysis of variance of two groups, each (n, mean, sum of squares); NaN if both have no spread."""
    n_a, n_b = a[0], b[0]
    mean = (n_a * a[1] + n_b * b[1]) / (n_a + n_b)
    between = n_a * (a[1] - mean) ** 2 + n_b * (b[1] - mean) ** 2
    degrees = n_a + n_b - 2
    return float(special.fdtrc(1.0, degrees, np.divide(degrees * between, a[2] + b[2])))


@lru_cache(maxsize=4096)
def _distances(content: bytes) -> tuple[float, float, float]:
    """Of values in ascending order the standard deviation; of their distances from the median the mean, and the sum of
    squares about it. A cell is compared with all others, so they are kept.
    """
    values = np.frombuffer(content)
    n = len(values)
    median = (values[(n - 1) // 2] + values[n // 2]) / 2
    distances = np.abs(values - median)
    mean = distances.mean()
    return float(values.std(ddof=1)), float(mean), float(np.square(distances - mean).sum())
