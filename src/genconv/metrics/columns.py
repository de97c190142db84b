"""The numbers of a cell by column name, for files and programs."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from genconv.metrics.cell import STUDY_METRICS, CellSummary
from genconv.metrics.summary import Summary

Scalar = str | int | float | None

ABSENT = Summary(math.nan, math.nan, 0)
"""What stands for a metric that other cells have and this one has not."""


def metric_names(cells: Sequence[CellSummary]) -> list[str]:
    """Name the metrics that any cell has, those of the study first."""
    return list(dict.fromkeys([*STUDY_METRICS, *(name for cell in cells for name in cell.metrics)]))


def columns(metrics: Sequence[str]) -> dict[str, Callable[[CellSummary], Scalar]]:
    """Map column names, in order, to what gives a cell's value; `metrics` as from `metric_names`.

    The first fifteen columns (identity, divergence, mean and sd of the study's metrics) are always the same.
    """
    more = [metric for metric in metrics if metric not in STUDY_METRICS]
    identity = ("dataset", "model", "protocol", "seeds", "diverged")
    return {
        **{name: attrgetter(name) for name in identity},
        **{f"{name}_{part}": partial(_part, name, part) for name in STUDY_METRICS for part in ("mean", "sd")},
        **{name: attrgetter(name) for name in ("variant", "mode")},
        **{f"{name}_n": partial(_part, name, "n") for name in STUDY_METRICS},
        **{f"{name}_{part}": partial(_part, name, part) for name in more for part in ("mean", "sd", "n")},
        **{f"last_{part}": attrgetter(f"spread.{part}") for part in ("q1", "median", "q3")},
        **{f"last_{part}_seed": attrgetter(f"spread.{part}") for part in ("best", "worst")},
    }


def _part(metric: str, part: str, cell: CellSummary) -> Scalar:
    value: Scalar = getattr(cell.metrics.get(metric, ABSENT), part)
    return value
