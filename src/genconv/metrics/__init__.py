"""Numbers that describe how a model converged: one per seed, then one summary per cell. NumPy only."""

from genconv.metrics.curves import (
    area,
    epochs_to_final,
    exceeds,
    first,
    last,
    last_minus_min,
    maximum,
    minimum,
)
from genconv.metrics.likelihood import excess, held_out_nll
from genconv.metrics.registry import metric_named, metrics
from genconv.metrics.spec import Metric
from genconv.metrics.summary import CellSummary, Mode, Spread, Summary, per_seed, summarise

__all__ = [
    "CellSummary",
    "Metric",
    "Mode",
    "Spread",
    "Summary",
    "area",
    "epochs_to_final",
    "exceeds",
    "excess",
    "first",
    "held_out_nll",
    "last",
    "last_minus_min",
    "maximum",
    "metric_named",
    "metrics",
    "minimum",
    "per_seed",
    "summarise",
]
