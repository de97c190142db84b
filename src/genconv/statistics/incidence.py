"""When seeds diverged, and of what."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import Cause, CellCurves, FloatArray
from genconv.statistics.interval import LEVEL, Interval
from genconv.statistics.rates import rate_interval


@dataclass(frozen=True)
class Incidence:
    """Share of a cell's seeds that a cause has claimed, by epoch."""

    label: str
    cause: Cause
    share: FloatArray
    """Shape (E + 1,): after 0, 1, …, E epochs."""
    low: FloatArray
    high: FloatArray
    """Exact pointwise interval, shape (E + 1,)."""
    final: Interval
    """At the end."""


def incidences(cell: CellCurves, level: float = LEVEL, label: str = "") -> list[Incidence]:
    """F_c(e) = #{seeds that diverged of cause c in the first e epochs}/N for each cause that occurred.

    The Aalen–Johansen estimate where, as here, every seed is watched to the end: other causes compete, and the shares
    of all causes add up to that of the diverged. Intervals are exact (Clopper–Pearson).
    """
    causes = sorted({divergence.cause for divergence in cell.divergences if divergence is not None})
    return [_incidence(cell, cause, level, label or cell.label) for cause in causes]


def _incidence(cell: CellCurves, cause: Cause, level: float, label: str) -> Incidence:
    n = len(cell.seeds)
    deaths = np.array([d.epoch + 1 for d in cell.divergences if d is not None and d.cause == cause])
    counts = [int(np.count_nonzero(deaths <= epochs)) for epochs in range(cell.epochs + 1)]
    by_count = {count: interval for count in set(counts) if (interval := rate_interval(count, n, level))}
    low, high = (np.array([getattr(by_count[count], end) for count in counts]) for end in ("low", "high"))
    return Incidence(label, cause, np.array(counts) / n, low, high, by_count[counts[-1]])
