"""Barnard's exact test of two rates: the largest tail probability over the rate that both have under the hypothesis."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import FloatArray

_ANGLES = 256
"""Where the tail probability is looked at first, evenly spaced in arcsin √rate, on which scale it is equally smooth
everywhere.
"""
_PEAKS = 4
"""How many of its local maxima are then looked at closely."""
_ZOOM, _ZOOMS = 17, 5
"""In so many places around each, so many times over, each time in an interval an eighth as long."""
_ROUNDING = 1e-9


@lru_cache(maxsize=65536)
def barnard(count_a: int, n_a: int, count_b: int, n_b: int) -> float:
    """p = max over π of Σ P(a, b; π) over the tables (a, b) with |T(a, b)| ≥ |T| of the observed one, two-sided.

    T = (a/n_A − b/n_B)/√(r(1 − r)(1/n_A + 1/n_B)), r = (a + b)/(n_A + n_B); P the product of two binomials of rate π.
    For `count_a` of `n_a` > 0 and `count_b` of `n_b` > 0. Exchanging A and B changes no digit. Barnard 1947; as
    `scipy.stats.barnard_exact`, which leaves out tables that are as extreme but for rounding.
    """
    if (n_b, count_b) < (n_a, count_a):
        return barnard(count_b, n_b, count_a, n_a)
    if count_a * n_b == count_b * n_a:
        return 1.0
    scores = _scores(n_a, n_b)
    extreme = (scores >= scores[count_a, count_b] * (1 - _ROUNDING)).astype(np.float64)
    step = np.pi / 2 / _ANGLES
    angles = step * np.arange(_ANGLES + 1)
    tails = _tails(_on_grid(n_a), _on_grid(n_b), extreme)
    inner = tails[1:-1]
    peaks = 1 + np.flatnonzero((inner >= tails[:-2]) & (inner >= tails[2:]))
    best = angles[peaks[np.argsort(-tails[peaks], kind="stable")][:_PEAKS]]
    highest = float(tails.max())
    for _ in range(_ZOOMS):
        near = np.clip(best[:, np.newaxis] + np.linspace(-step, step, _ZOOM), 0, np.pi / 2)
        rates = np.sin(near.ravel()) ** 2
        found = _tails(_binomial(n_a, rates), _binomial(n_b, rates), extreme).reshape(near.shape)
        best = near[np.arange(len(near)), found.argmax(axis=1)]
        highest, step = max(highest, float(found.max())), step / 8
    return min(1.0, highest)


def _tails(of_a: FloatArray, of_b: FloatArray, extreme: FloatArray) -> FloatArray:
    """The probability of the extreme tables at each rate, shape (R,)."""
    tails: FloatArray = np.vecdot(of_a @ extreme, of_b)
    return tails


@lru_cache(maxsize=64)
def _scores(n_a: int, n_b: int) -> FloatArray:
    """|T| of every table, shape (n_A + 1, n_B + 1); 0 where all or none of the runs count."""
    a, b = np.arange(n_a + 1.0)[:, np.newaxis], np.arange(n_b + 1.0)
    pooled = (a + b) / (n_a + n_b)
    with np.errstate(all="ignore"):
        scores = np.abs(a / n_a - b / n_b) / np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    scores[0, 0] = scores[-1, -1] = 0.0
    return scores


@lru_cache(maxsize=64)
def _on_grid(n: int) -> FloatArray:
    return _binomial(n, np.sin(np.pi / 2 / _ANGLES * np.arange(_ANGLES + 1)) ** 2)


def _binomial(n: int, rates: FloatArray) -> FloatArray:
    """P(k of n) at each rate, shape (R, n + 1)."""
    k: NDArray[np.float64] = np.arange(n + 1.0)
    rates = rates[:, np.newaxis]
    return np.exp(_log_choose(n) + special.xlogy(k, rates) + special.xlog1py(n - k, -rates))


@lru_cache(maxsize=64)
def _log_choose(n: int) -> FloatArray:
    k = np.arange(n + 1.0)
    choices: FloatArray = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return choices


def fisher(count_a: int, n_a: int, count_b: int, n_b: int) -> float:
    """Two-sided p of Fisher's exact test: Σ of the hypergeometric probabilities that are at most the observed one."""
    total, n = count_a + count_b, n_a + n_b
    a = np.arange(max(0, total - n_b), min(total, n_a) + 1)
    logs = _log_choose(n_a)[a] + _log_choose(n_b)[total - a] - _log_choose(n)[total]
    observed = logs[count_a - a[0]]
    return min(1.0, float(np.exp(logs[logs <= observed + 1e-7]).sum()))
