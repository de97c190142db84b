"""The chance that a run of A is better than a run of B."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.statistics.interval import LEVEL, Interval, finite
from genconv.statistics.means import permutation_p
from genconv.statistics.rates import rate_interval
from genconv.statistics.student import t_quantile, t_tails

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
