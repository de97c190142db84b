"""Numbers that describe how a model converged: one per seed, then one summary per cell. NumPy only."""

from genconv.metrics.area import area
from genconv.metrics.cell import CellSummary, Mode, per_seed, summarise
from genconv.metrics.excess import excess, last_minus_min
from genconv.metrics.settling import epochs_to_final
from genconv.metrics.spread import Spread
from genconv.metrics.study import exceeds, first, last, maximum, minimum
from genconv.metrics.summary import Summary

__all__ = [
    "CellSummary",
    "Mode",
    "Spread",
    "Summary",
    "area",
    "epochs_to_final",
    "exceeds",
    "excess",
    "first",
    "last",
    "last_minus_min",
    "maximum",
    "minimum",
    "per_seed",
    "summarise",
]
