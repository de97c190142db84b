"""The area under the ROC curve over strata, with an interval, and that of a score that is cross-validated."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from genconv.curves import FloatArray
from genconv.statistics.ranks import midranks

METHOD = "Newcombe 2006 (method 5), strata added"
FEWEST = 5
"""Runs of each kind from which a score is fitted."""
_PAIRS = 200_000
"""Of which so many at most are left out, one after another."""
_CHUNK = 4096


class Stratum:
    """Runs that are compared among themselves: `values` of shape (n,), or (n, d), and which of them died."""

    def __init__(self, values: FloatArray, died: NDArray[np.bool_]) -> None:
        self.values, self.died = values, died
        self.dead, self.alive = int(died.sum()), int((~died).sum())


def area(strata: Sequence[Stratum]) -> float | None:
    """P(dead > alive) + ½ P(equal) over all pairs of one stratum; None without a pair. Mann–Whitney's U over n₁ n₀."""
    pairs = sum(one.dead * one.alive for one in strata)
    if not pairs:
        return None
    won = sum(float(midranks(one.values)[one.died].sum()) - one.dead * (one.dead + 1) / 2 for one in strata)
    return won / pairs


def area_interval(found: float, sizes: Sequence[tuple[float, float]], level: float) -> tuple[float, float]:
    """All θ with |θ̂ − θ| ≤ z σ(θ), for strata of these numbers of dead and alive runs.

    σ² = Σ (mₛ nₛ/P)² V(θ; mₛ, nₛ), P = Σ mₛ nₛ, V = θ(1 − θ)/(m n) · (1 + (N − 1)((1 − θ)/(2 − θ) + θ/(1 + θ))) with
    N = (m + n)/2, which is Newcombe's for one stratum (Statistics in Medicine 25, 559–573).
    """
    from scipy.optimize import brentq  # noqa: PLC0415  it takes a fifth of a second

    z = -float(ndtri((1 - level) / 2))

    def beyond(theta: float) -> float:
        return (found - theta) ** 2 - z**2 * _variance(theta, sizes)

    low = 0.0 if found <= 0 else float(brentq(beyond, 0.0, found - 1e-9))
    high = 1.0 if found >= 1 else float(brentq(beyond, found + 1e-9, 1.0))
    return low, high


def left_out_interval(found: float, sizes: Sequence[tuple[int, int]], level: float) -> tuple[float, float]:
    """Of what a fitted discriminant is worth for new runs, from `left_out_area`; it always holds ½ where that is below.

    Where nothing foretells anything, each pair pulls the fit its way and is then left out: the area varies more than
    Mann–Whitney's, mostly to below ½, where a fitted discriminant is not. So the interval is that of an area of at
    least ½, for two thirds of the runs.
    """
    fewer = [(2 * dead / 3, 2 * alive / 3) for dead, alive in sizes]
    low, high = area_interval(max(found, 0.5), fewer, level)
    return min(low, found), high


def _variance(theta: float, sizes: Sequence[tuple[float, float]]) -> float:
    pairs = sum(m * n for m, n in sizes)
    shape = (1 - theta) / (2 - theta) + theta / (1 + theta)
    each = (m * n * theta * (1 - theta) * (1 + ((m + n) / 2 - 1) * shape) for m, n in sizes)
    return sum(each) / pairs**2


def normal_scores(values: FloatArray) -> FloatArray:
    """Φ⁻¹((rank − ½)/n) of values of shape (n,); what is not finite ranks highest, equal values share their mean."""
    ranks = midranks(np.where(np.isfinite(values), values, np.inf))
    scores: FloatArray = ndtri((ranks - 0.5) / len(values))
    return scores


def left_out_area(strata: Sequence[Stratum]) -> float | None:
    """The area under the curve of Fisher's discriminant of values of shape (n, d), each pair judged by all others.

    For each pair of a dead and a living run of a stratum the discriminant w = (S + I)⁻¹(m₁ − m₀) is fitted to all runs
    but these two, S their scatter within both kinds; the pair counts where w·x is larger for the dead one. None for
    fewer than `FEWEST` runs of a kind, or too many pairs. Leaving pairs out is nearly unbiased, unlike leaving out
    single runs (Airola et al. 2011, Computational Statistics & Data Analysis 55, 1828–1844).
    """
    values, died = np.concatenate([one.values for one in strata]), np.concatenate([one.died for one in strata])
    numbers = np.repeat(np.arange(len(strata)), [len(one.died) for one in strata])
    dead, alive = np.flatnonzero(died), np.flatnonzero(~died)
    i, j = (found.ravel() for found in np.meshgrid(dead, alive, indexing="ij"))
    together = numbers[i] == numbers[j]
    i, j = i[together], j[together]
    if min(len(dead), len(alive)) < FEWEST or not 0 < len(i) <= _PAIRS:
        return None
    won = [_judged(values, dead, alive, i[at : at + _CHUNK], j[at : at + _CHUNK]) for at in range(0, len(i), _CHUNK)]
    return float(np.concatenate(won).mean())


def _judged(
    values: FloatArray, dead: NDArray[np.intp], alive: NDArray[np.intp], i: NDArray[np.intp], j: NDArray[np.intp]
) -> FloatArray:
    """1 where the pair is ordered rightly, ½ where it is not ordered, else 0."""
    scatter = np.eye(values.shape[1])
    means, away = [], []
    for kind, left in ((dead, i), (alive, j)):
        count, mean = len(kind), values[kind].mean(0)
        centred = values[kind] - mean
        scatter = scatter + centred.T @ centred
        off = values[left] - mean
        means.append(mean - off / (count - 1))
        away.append(count / (count - 1) * off[:, :, np.newaxis] * off[:, np.newaxis, :])
    weights = np.linalg.solve(scatter - away[0] - away[1], (means[0] - means[1])[:, :, np.newaxis])[:, :, 0]
    scores = (weights * (values[i] - values[j])).sum(1)
    return np.where(scores > 0, 1.0, np.where(scores == 0, 0.5, 0.0))
