"""The normal law of a statistic at several looks: boundaries, predictive power, estimates after stopping.

Z_k ~ N(θ√t_k, 1) with Cov(Z_j, Z_k) = √(t_j/t_k), t the share of all runs: a Brownian motion B(t) = Z√t with drift θ.
Verdicts do not rest on it; they rest on permutations (`staged_permutation`). Armitage, McPherson and Rowe 1969;
Jennison and Turnbull 2000, chapters 8 and 19.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from genconv.curves import FloatArray

_NODES = 96
"""Points of the Gauss–Legendre quadrature over the region in which a study goes on."""
_WIDEST = 8.0
"""A boundary on the scale of Z from which on it is never crossed."""


@lru_cache(maxsize=256)
def boundaries(times: tuple[float, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    """c_k with P(|Z_j| > c_j at some look j ≤ k) = `spent`[k] for θ = 0; infinite where nothing is spent.

    `times` ascend to 1; `spent` ascends, cumulative, two-sided. For five looks and α = .05, Pocock-type: 2.438, 2.427,
    2.410, 2.397, 2.386 (Lan and DeMets 1983).
    """
    found: list[float] = []
    before = 0.0
    for k, wanted in enumerate(spent):
        share = wanted - before
        state = _inside(times[:k], found, 0.0)

        def excess(c: float, k: int = k, state: "_Inside" = state, share: float = share) -> float:
            return 2 * _above(state, times[k], c, 0.0) - share

        found.append(_WIDEST if share <= 0 or excess(_WIDEST) >= 0 else float(optimize.brentq(excess, 0.0, _WIDEST)))
        before = wanted
    return tuple(found)


def predictive_power(z: float, time: float, boundary: float) -> float:
    """Φ((|z| − c√t)/√(1 − t)) + Φ((−|z| − c√t)/√(1 − t)): how likely the last look decides, given Z = z at time t.

    The conditional power averaged over what the runs at hand say of the effect (a flat prior); `boundary` is c, that of
    the last look. Spiegelhalter, Freedman and Blackburn 1986.
    """
    if time >= 1:
        return float(abs(z) > boundary)
    edge, rest = boundary * math.sqrt(time), math.sqrt(1 - time)
    return float(special.ndtr((abs(z) - edge) / rest) + special.ndtr((-abs(z) - edge) / rest))


@dataclass(frozen=True)
class DriftEstimate:
    """θ after stopping: median-unbiased, with the interval of the stagewise ordering."""

    median: float
    low: float
    high: float


def drift_estimate(times: Sequence[float], bounds: Sequence[float], z: float, level: float) -> DriftEstimate | None:
    """θ for which the chance of a result as far up as that which stopped the study is ½, and the two ends.

    `times` and `bounds` until the look at which the study stopped with Z = z, whose own bound has no part in it. A
    result is further up if it crossed the upper boundary earlier, or at the same look with a larger Z. None where no
    drift explains the result, as when a much earlier stop was all but certain. Fairbanks and Madsen 1982; Tsiatis et
    al. 1984.
    """

    def solve(chance: float) -> float | None:
        def lacking(theta: float) -> float:
            return _further_up(times, bounds, z, theta) - chance

        centre, reach = z / math.sqrt(times[-1]), 12.0 / math.sqrt(times[0])
        low, high = centre - reach, centre + reach
        return float(optimize.brentq(lacking, low, high, xtol=1e-6)) if lacking(low) < 0 < lacking(high) else None

    tail = (1 - level) / 2
    low, median, high = solve(tail), solve(0.5), solve(1 - tail)
    return None if low is None or median is None or high is None else DriftEstimate(median, low, high)


def _further_up(times: Sequence[float], bounds: Sequence[float], z: float, theta: float) -> float:
    up = 0.0
    for k in range(len(times) - 1):
        up += _above(_inside(times[:k], bounds[:k], theta), times[k], bounds[k], theta)
    return up + _above(_inside(times[:-1], bounds[: len(times) - 1], theta), times[-1], z, theta)


@dataclass(frozen=True)
class _Inside:
    """The law of B at a look, of studies that have not stopped: weights at points."""

    time: float
    points: FloatArray
    weights: FloatArray


def _inside(times: Sequence[float], bounds: Sequence[float], theta: float) -> _Inside:
    nodes, weights = _quadrature()
    state = _Inside(0.0, np.zeros(1), np.ones(1))
    for time, bound in zip(times, bounds, strict=True):
        edge = min(bound, _WIDEST) * math.sqrt(time)
        points, step = edge * nodes, time - state.time
        distance = points[:, None] - state.points[None, :] - theta * step
        density = np.exp(-(distance**2) / (2 * step)) / math.sqrt(2 * math.pi * step) @ state.weights
        state = _Inside(time, points, edge * weights * density)
    return state


def _above(state: _Inside, time: float, bound: float, theta: float) -> float:
    """The chance to be inside until `state`, and above `bound` on the scale of Z at `time`."""
    step = time - state.time
    reach = (state.points + theta * step - bound * math.sqrt(time)) / math.sqrt(step)
    return float(special.ndtr(reach) @ state.weights)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights
