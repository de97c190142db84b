"""From the curves of a cell to its row in a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.area import area
from genconv.metrics.excess import excess, last_minus_min
from genconv.metrics.settling import epochs_to_final
from genconv.metrics.spread import Spread
from genconv.metrics.study import exceeds, first, last, maximum, minimum
from genconv.metrics.summary import Summary

Mode = Literal["corrected", "published"]
CurveMetric = Callable[[FloatArray], FloatArray]

STUDY_METRICS: Mapping[str, CurveMetric] = MappingProxyType(
    {"min": minimum, "max": maximum, "last": last, "first": first, "exceeds": exceeds}
)
"""The metrics of the published tables, in the order of their columns."""

MORE_METRICS: Mapping[str, CurveMetric] = MappingProxyType(
    {"epochs_to_final": epochs_to_final, "area": area, "last_minus_min": last_minus_min}
)
"""What the corrected tables add for every cell."""

DDOF: Mapping[Mode, int] = MappingProxyType({"corrected": 1, "published": 0})
"""The standard deviation over n seeds divides by n - ddof."""


@dataclass(frozen=True)
class CellSummary:
    """A cell in numbers: who it is, how many of its seeds diverged, and its metrics over the others."""

    dataset: str
    model: str
    protocol: str
    variant: str
    mode: Mode
    seeds: int
    """How many seeds were trained."""
    diverged: int
    """How many of them diverged, in either mode."""
    metrics: Mapping[str, Summary]
    """By name, in the order of a table's columns."""
    spread: Spread
    """Of the metric `last`."""


def summarise(cell: CellCurves, mode: Mode) -> CellSummary:
    """Mean, standard deviation and count of every metric of `per_seed`.

    The standard deviation is that of a sample (ddof 1) in `corrected` mode, that of a population (ddof 0) in
    `published` mode.
    """
    values = per_seed(cell, mode)
    ddof = DDOF[mode]
    return CellSummary(
        dataset=cell.dataset,
        model=cell.model,
        protocol=cell.protocol,
        variant=cell.variant,
        mode=mode,
        seeds=len(cell.seeds),
        diverged=int(np.count_nonzero(cell.diverged)),
        metrics={name: Summary.of(numbers, ddof) for name, numbers in values.items()},
        spread=Spread.of(values["last"], cell.seeds, ddof),
    )


def per_seed(cell: CellCurves, mode: Mode) -> dict[str, FloatArray]:
    """Metrics by name, each of shape (N,) in the order of `cell.seeds`, on the validation curves.

    `corrected`: seeds that diverged are NaN in every metric, whatever their curves look like. Besides the
    five metrics of the study there are three more, `excess` where the entropy of the data is known, and
    `excess_importance_weighted` where the final evaluation has the tighter bound too.

    `published`: the five metrics of |loss|, with NaN epochs removed first. Only a seed without any number is
    NaN: one that died late counts as if it had finished, which is what the published tables show.
    """
    if mode == "published":
        return {name: metric(np.abs(cell.validation)) for name, metric in STUDY_METRICS.items()}
    curves = np.where(cell.diverged[:, np.newaxis], np.nan, cell.validation)
    values = {name: metric(curves) for name, metric in {**STUDY_METRICS, **MORE_METRICS}.items()}
    return values | _excesses(cell, values["last"])


def _excesses(cell: CellCurves, final: FloatArray) -> dict[str, FloatArray]:
    if cell.reference is None:
        return {}
    entropy = cell.reference.entropy
    excesses = {"excess": excess(final, entropy)}
    if "importance_weighted" in cell.evaluation:
        survived = np.where(cell.diverged, np.nan, cell.evaluation["importance_weighted"])
        excesses["excess_importance_weighted"] = excess(survived, entropy)
    return excesses
