"""Numbers that describe how a model converged: one per seed, then one summary per cell. NumPy only."""

from genconv.metrics.curves import (
    area,
    epochs_to_final,
    exceeds,
    excess,
    first,
    last,
    last_minus_min,
    maximum,
    minimum,
)
from genconv.metrics.summary import CellSummary, Mode, Spread, Summary, per_seed, summarise

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
