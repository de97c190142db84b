"""Intervals of shares from drawn variances, with tails that hold what they promise in simulated studies."""

from typing import NamedTuple

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.variance_design import INTERACTION, Plan
from genconv.statistics.variance_squares import Squares

_TOLERANCE = 1e-9
_ABOVE = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""Parts of a tail that are tried above an interval."""
_BELOW = (2.0, 1.75, 1.5, 1.25, 1.0)
"""Multiples of a tail that are tried below it. The largest leaves intervals whose share is 0 a chance of `level`."""
_STUDIES, _DRAWS = 600, 300
_NOISE = 0.4
"""By what part a simulated tail may be larger without being taken as too large."""


class Tails(NamedTuple):
    """What is left below and above the intervals of each row, each of shape (rows,)."""

    below: FloatArray
    above: FloatArray


def calibrated_tails(plan: Plan, squares: Squares, variances: FloatArray, level: float) -> Tails:
    """What to leave outside of the intervals, so that they hold the truth if these are the variances (Beran 1987).

    Where streams have few levels, equal tails of the pivotal law miss the truth too seldom below, and above the last
    row, which holds the residual, too often. They are changed there until studies that are simulated under the
    variances miss it with a chance of `(1 − level)/2`. Interactions are sums and keep equal tails: where there are
    none, they are found often enough.
    """
    tail, solution = (1 - level) / 2, squares.solution(plan)
    by_row = np.array([variances[places].sum() for places in plan.rows.values()])
    true = by_row / max(variances.sum(), np.finfo(float).tiny)
    random, size = np.random.default_rng(1), len(squares.freedom)
    studies = (squares.expected @ variances) * random.chisquare(squares.freedom, (_STUDIES, 1, size))
    drawn = studies / random.chisquare(squares.freedom, (1, _DRAWS, size)) @ solution.T
    laws = _parts(drawn, drawn.sum(-1, keepdims=True))
    below, above = tail * np.array(_BELOW), tail * np.array(_ABOVE)
    ends = np.quantile(laws, np.concatenate([below, 1 - above]), axis=1)
    too_high = (ends[: len(below)] > true + _TOLERANCE).mean(1)
    too_low = (ends[len(below) :] < true - _TOLERANCE).mean(1)
    sums = [INTERACTION in name and len(plan.terms) not in places for name, places in plan.rows.items()]
    last = np.arange(len(true)) == len(true) - 1
    return Tails(
        np.where(sums, tail, _first(below, too_high <= tail)),
        np.where(last, _first(above, too_low <= (1 + _NOISE) * tail), tail),
    )


def pivotal_intervals(drawn: FloatArray, tails: Tails, least: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Both ends of the intervals of the shares, shape (…, rows), from drawn variances, shape (…, draws, rows).

    Sums of variances are taken as at least `least`.
    """
    laws = _parts(drawn, np.maximum(drawn.sum(-1, keepdims=True), least))
    rows = range(drawn.shape[-1])
    low = np.stack([np.quantile(laws[..., row], tails.below[row], axis=-1) for row in rows], axis=-1)
    high = np.stack([np.quantile(laws[..., row], 1 - tails.above[row], axis=-1) for row in rows], axis=-1)
    return low, high


def _first(tails: FloatArray, good: FloatArray) -> FloatArray:
    """For each row the first tail that is good, or else the last; `good` of shape (tails, rows)."""
    found: FloatArray = tails[np.where(good.any(0), good.argmax(0), len(tails) - 1)]
    return found


def _parts(drawn: FloatArray, whole: FloatArray) -> FloatArray:
    """What is drawn over the whole, from 0 to 1; a whole may be drawn below its parts, and below 0."""
    found: FloatArray = np.clip(drawn / np.maximum(np.maximum(whole, np.abs(drawn)), np.finfo(float).tiny), 0.0, 1.0)
    return found
