"""By how much one cell is better, estimated after looks that could have stopped the study.

A study that stops when the difference is large sees it too large (by how much: docs/statistics.md). The adjusted
estimate is median-unbiased by the stagewise ordering of the normal law, with the boundaries that were in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.decisive_test import Basis
from genconv.statistics.group_sequential import boundaries, drift_estimate
from genconv.statistics.intervals import LEVEL
from genconv.statistics.rank_comparison import superiority_of
from genconv.statistics.spending import Design
from genconv.statistics.staged_permutation import Stage, staged_test, statistics_of_looks
from genconv.statistics.two_sample import welch


@dataclass(frozen=True)
class StoppedEstimate:
    """What the runs say, as they are and adjusted for the looks."""

    basis: Basis
    raw: float
    """mean(B) − mean(A), less being better; of all runs, P(A better) − ½."""
    adjusted: float
    """The same, median-unbiased."""
    low: float
    """From here …"""
    high: float
    """… to here: the interval of the stagewise ordering."""
    level: float


def stopped_estimate(
    design: Design,
    stages: Sequence[Stage],
    shares: Sequence[int],
    *,
    grown: bool = False,
    draws: int = 1999,
    level: float = LEVEL,
) -> StoppedEstimate | None:
    """Of the runs in all stages, less being better; `shares` are the parts of alpha at each look (alpha/j).

    With `grown`, the boundaries are those of the normal law. None where the estimate has no standard error, or the
    looks do not explain it.
    """
    a, b = (np.concatenate([stage[side] for stage in stages]) for side in (0, 1))
    found = _raw(a, b)
    if found is None:
        return None
    basis, raw, error = found
    bounds = [*_bounds(design, stages[:-1], shares[:-1], grown, draws), 0.0]
    could_stop = [(time, bound) for time, bound in zip(design.times, bounds, strict=False) if np.isfinite(bound)]
    times, bounds = [time for time, _ in could_stop], [bound for _, bound in could_stop]
    drift = drift_estimate(times, bounds, raw / error, level)
    if drift is None:
        return None
    scale = error * float(np.sqrt(times[-1]))
    return StoppedEstimate(basis, raw, drift.median * scale, drift.low * scale, drift.high * scale, level)


def _raw(a: FloatArray, b: FloatArray) -> tuple[Basis, float, float] | None:
    """The estimate and its standard error."""
    if min(len(a), len(b)) < 2:
        return None
    if np.isfinite(a).all() and np.isfinite(b).all():
        means = welch(a, b)
        error = float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
        return None if means is None or error == 0 else ("means", means.difference, error)
    (better,) = superiority_of([(np.sort(a), np.sort(b))])
    if better is None or better.separated or better.interval is None:
        return None
    return "all runs", better.probability - 0.5, _brunner_munzel_error(a, b)


def _brunner_munzel_error(a: FloatArray, b: FloatArray) -> float:
    """√(Var(P(a < B))/n_A + Var(P(A < b))/n_B)."""
    wins = (a[:, None] < b).astype(float) + (a[:, None] == b) / 2
    return float(np.sqrt(wins.mean(axis=1).var(ddof=1) / len(a) + wins.mean(axis=0).var(ddof=1) / len(b)))


def _bounds(design: Design, stages: Sequence[Stage], shares: Sequence[int], grown: bool, draws: int) -> list[float]:
    """In force at each look, on the scale of T; infinite where the runs were too few for any boundary."""
    if grown:
        return [boundaries(design.times, design.spent(1 / share))[place] for place, share in enumerate(shares)]
    statistics = statistics_of_looks(stages, draws)
    return [
        staged_test(statistics[: place + 1], design.spent(1 / share)[: place + 1])[-1].boundary
        for place, share in enumerate(shares)
    ]
