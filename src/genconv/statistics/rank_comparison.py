"""The chance that a run of one cell is lower than a run of another; any number of pairs at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.intervals import LEVEL, Interval, finite
from genconv.statistics.ranks import midranks
from genconv.statistics.rates import rate_interval
from genconv.statistics.two_sample import Pair, columns_of, for_each_size, permutation_p

MEANINGFUL = 0.75
"""From which chance on one model is meaningfully better than another (arXiv 2103.03098, section 5)."""

NEAR = 0.9
"""From which chance on (and up to 1 − it) the interval covers too little: .86 to .89 at .95 (docs/statistics.md)."""

BRUNNER_MUNZEL = "Brunner-Munzel"
SEPARATED = "exact permutation (completely separated)"
TIED = "all values equal"
_WARNING = "nearly separated: Brunner-Munzel's interval and p are too small"


@dataclass(frozen=True)
class Superiority:
    """P(A < B) + ½ P(A = B), with a test of ½."""

    probability: float
    interval: Interval | None
    p: float
    method: str

    @property
    def separated(self) -> bool:
        """Whether every run of one lies below every run of the other."""
        return self.method == SEPARATED


def superiority(a: FloatArray, b: FloatArray, level: float = LEVEL) -> Superiority | None:
    """P = P(A < B) + ½ P(A = B), estimated by its share among all n_A n_B pairs; None for n < 2.

    `a` and `b` of shapes (n_A,) and (n_B,), finite. Interval and p after Brunner and Munzel 2000
    (as `rank_compare_2indep` of statsmodels), the interval clipped to [0, 1]. Two samples that do not overlap have no
    variance there: p is then that of the exact permutation test, and the interval is the Clopper–Pearson one of
    min(n_A, n_B) disjoint pairs, all of which A won or lost. arXiv 2103.03098, section 5; 2108.13264, section 4.3.
    """
    return superiority_of([(finite(a), finite(b))], level)[0]


def superiority_of_all(
    a: FloatArray, missing_a: NDArray[np.bool_], b: FloatArray, missing_b: NDArray[np.bool_], level: float = LEVEL
) -> Superiority | None:
    """`superiority` of all runs, those without a number ranked behind every other and equal among themselves."""
    return superiority_of([(ranked_worst(a, missing_a), ranked_worst(b, missing_b))], level)[0]


def ranked_worst(values: FloatArray, missing: NDArray[np.bool_], *, lower_is_better: bool = True) -> FloatArray:
    """All runs in ascending order, shape (N,): those without a number infinite, at the worse end."""
    return np.sort(np.where(missing, np.inf if lower_is_better else -np.inf, values))


def superiority_of(pairs: Sequence[Pair], level: float = LEVEL) -> list[Superiority | None]:
    """`superiority` of every pair, each of two samples in ascending order, infinities among them allowed."""

    def compute(a: FloatArray, b: FloatArray) -> Iterator[Superiority]:
        chance, error, degrees = _brunner_munzel(a, b)
        reach = -special.stdtrit(degrees, (1 - level) / 2) * error
        p = 2 * special.stdtr(degrees, -np.abs((chance - 0.5) / error))
        apart = (a[:, -1] < b[:, 0]) | (b[:, -1] < a[:, 0])
        tied = (a[:, 0] == b[:, -1]) & (b[:, 0] == a[:, -1])
        for place, (share, half, p_value) in enumerate(columns_of(chance, reach, p)):
            if apart[place]:
                yield _separated(a[place], b[place], level)
            elif tied[place]:
                yield Superiority(0.5, None, 1.0, TIED)
            else:
                warning = "" if 1 - NEAR < share < NEAR else _WARNING
                inside = Interval(share - half, share + half, level, BRUNNER_MUNZEL, a.shape[1] + b.shape[1], warning)
                yield Superiority(share, inside.clipped(0.0, 1.0), p_value, BRUNNER_MUNZEL)

    return for_each_size(pairs, 2, compute)


def _brunner_munzel(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """P(A < B) + ½ P(A = B), its standard error and degrees of freedom, each of shape (P,).

    From placements, the number of the other sample that lies below (ties: half): a rank less the rank among its own.
    `scipy.stats.brunnermunzel` has no interval.
    """
    n_a, n_b = a.shape[1], b.shape[1]
    ranks = midranks(np.concatenate([a, b], axis=1))
    below_a, below_b = ranks[:, :n_a] - midranks(a), ranks[:, n_a:] - midranks(b)
    share_a, share_b = below_a.var(axis=1, ddof=1) * n_a, below_b.var(axis=1, ddof=1) * n_b
    degrees = (share_a + share_b) ** 2 / (share_a**2 / (n_a - 1) + share_b**2 / (n_b - 1))
    mean_rank = (n_b * (n_b + 1) / 2 + below_b.sum(axis=1)) / n_b
    return (mean_rank - (n_b + 1) / 2) / n_a, np.sqrt(share_a + share_b) / (n_a * n_b), degrees


def _separated(a: FloatArray, b: FloatArray, level: float) -> Superiority:
    won, pairs = bool(a[-1] < b[0]), min(len(a), len(b))
    pairwise = rate_interval(pairs if won else 0, pairs, level)
    assert pairwise is not None  # noqa: S101  n ≥ 2
    method = f"Clopper-Pearson of {pairs} disjoint pairs"
    interval = Interval(pairwise.low, pairwise.high, level, method, len(a) + len(b))
    return Superiority(float(won), interval, permutation_p(a, b), SEPARATED)
