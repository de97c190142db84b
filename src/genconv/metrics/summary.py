"""From the curves of a cell to its row in a table: one number a seed, summed up over seeds."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import Literal

import numpy as np

from genconv.coordinates import RunLabel, label_order
from genconv.curves import CellCurves, FloatArray
from genconv.measure import Measure
from genconv.metrics.registry import metrics
from genconv.metrics.spec import Metric


@dataclass(frozen=True)
class Summary:
    """A metric of a cell: its mean and standard deviation over `n` seeds, in the unit of the metric."""

    mean: float
    """NaN for n = 0."""
    sd: float
    """NaN where it does not exist: n = 0, and n = 1 for the sample standard deviation."""
    n: int
    """Over how many seeds; compare with the number trained."""

    @classmethod
    def of(cls, values: FloatArray, ddof: int) -> "Summary":
        """`mean` = Σ xᵢ/n, `sd` = √(Σ (xᵢ - mean)²/(n - ddof)) over the n numbers xᵢ of `values`, shape (N,).

        NaN marks a seed without the metric. The order of seeds does not matter, to the last digit.
        """
        numbers = np.sort(values[~np.isnan(values)])
        n = len(numbers)
        with np.errstate(all="ignore"):
            mean = float(numbers.mean()) if n else np.nan
            sd = float(numbers.std(ddof=ddof)) if n > ddof else np.nan
        return cls(mean, sd, n)


Mode = Literal["corrected", "published"]
DDOF: Mapping[Mode, int] = MappingProxyType({"corrected": 1, "published": 0})
"""The standard deviation over n seeds divides by n - ddof."""


QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Spread:
    """The final losses of a cell's seeds, in nats; NaN, and no best or worst seed, if no seed has one."""

    sd: float
    q1: float
    median: float
    q3: float
    best: RunLabel | None
    """The seed with the lowest final loss, the smallest such seed if several tie."""
    worst: RunLabel | None
    """The seed with the highest final loss, the smallest such seed if several tie."""

    @classmethod
    def of(cls, losses: FloatArray, seeds: Sequence[RunLabel], ddof: int) -> "Spread":
        """From final losses of shape (N,), NaN for a seed without one, and the N seeds.

        Quartiles interpolate linearly between order statistics. The order of seeds does not matter.
        """
        sd = Summary.of(losses, ddof).sd
        ranked = [(float(loss), seed) for loss, seed in zip(losses, seeds, strict=True) if not np.isnan(loss)]
        if not ranked:
            return cls(sd, np.nan, np.nan, np.nan, None, None)
        with np.errstate(invalid="ignore"):
            q1, median, q3 = np.quantile([loss for loss, _ in ranked], QUARTERS).tolist()
        best = min(ranked, key=lambda run: (run[0], label_order(run[1])))[1]
        worst = min(ranked, key=lambda run: (-run[0], label_order(run[1])))[1]
        return cls(sd, q1, median, q3, best, worst)


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
    measure: Measure
    """What the losses of the curves say."""
    metrics: Mapping[str, Summary]
    """By name, in the order of a table's columns."""
    measures: Mapping[str, Measure | None]
    """What each metric says of the likelihood; None for one that is no loss."""
    specs: Mapping[str, Metric]
    """Each metric itself: its unit, digits and formula."""
    spread: Spread
    """Of the metric `last`."""
    unfinished: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    """How many runs are in no number, by state: `failed`, `interrupted`, `running`, `without a loss`."""

    @property
    def diverged_words(self) -> str:
        """`1 of 9`, and runs that are in no number behind it: `1 of 9, 2 failed`."""
        counted = [f"{self.diverged} of {self.seeds}"] if self.seeds else []
        return ", ".join([*counted, *(f"{count} {state}" for state, count in self.unfinished.items())])


def summarise(cell: CellCurves, mode: Mode, added: Sequence[Metric] = ()) -> CellSummary:
    """Mean, standard deviation and count of every metric of `per_seed`.

    The standard deviation is that of a sample (ddof 1) in `corrected` mode, that of a population (ddof 0) in
    `published` mode.
    """
    values = per_seed(cell, mode, added)
    specs = {metric.name: metric for metric in _computed(mode, added)}
    ddof = DDOF[mode]
    return CellSummary(
        dataset=cell.dataset,
        model=cell.model,
        protocol=cell.protocol,
        variant=cell.variant,
        mode=mode,
        seeds=len(cell.seeds),
        diverged=int(np.count_nonzero(cell.diverged)),
        measure=cell.measure,
        metrics={name: Summary.of(numbers, ddof) for name, numbers in values.items()},
        measures={name: specs[name].measure(cell) for name in values},
        specs={name: specs[name] for name in values},
        spread=Spread.of(values["last"], cell.seeds, ddof),
        unfinished=cell.unfinished,
    )


def per_seed(cell: CellCurves, mode: Mode, added: Sequence[Metric] = ()) -> dict[str, FloatArray]:
    """Metrics by name, each of shape (N,) in the order of `cell.seeds`; those that the cell has what it takes for.

    `corrected`: runs that diverged are NaN in every metric, whatever their curves look like.

    `published`: the metrics of the study, of |loss|, with NaN epochs removed first. Only a run without any number
    is NaN: one that diverged late counts as if it had finished, which is what the published tables show.

    `added` are metrics that are computed besides those of the registry.
    """
    if mode == "published":
        positive = replace(cell, validation=np.abs(cell.validation))
        values = {metric.name: metric.computed(positive) for metric in _computed(mode, added)}
    else:
        values = {metric.name: metric.of(cell) for metric in _computed(mode, added)}
    return {name: numbers for name, numbers in values.items() if numbers is not None}


def _computed(mode: Mode, added: Sequence[Metric]) -> list[Metric]:
    known = [metric for metric in metrics().values() if metric.published or mode == "corrected"]
    return [*known, *added]


Scalar = str | int | float | None

ABSENT = Summary(math.nan, math.nan, 0)
"""What stands for a metric that other cells have and this one has not."""


STUDY_METRICS = ("min", "max", "last", "first", "exceeds")
"""The metrics of the published tables, in the order of their columns."""

FIXED_METRICS = (*STUDY_METRICS, "epochs_to_final", "area", "last_minus_min", "excess", "excess_importance_weighted")
"""Their columns stand where scripts know them; those of every other metric follow behind all others."""


def metric_names(cells: Sequence[CellSummary]) -> list[str]:
    """Name the metrics that any cell has, those of the study first."""
    return list(dict.fromkeys([*STUDY_METRICS, *(name for cell in cells for name in cell.metrics)]))


def columns(metrics: Sequence[str]) -> dict[str, Callable[[CellSummary], Scalar]]:
    """Map column names, in order, to what gives a cell's value; `metrics` as from `metric_names`.

    The first fifteen columns (identity, divergence, mean and sd of the study's metrics) are always the same.
    """
    more = [metric for metric in metrics if metric in FIXED_METRICS and metric not in STUDY_METRICS]
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


def further_columns(metrics: Sequence[str]) -> dict[str, Callable[[CellSummary], Scalar]]:
    """What the curves' losses say, and every metric that is none of `FIXED_METRICS`, with what it says."""
    more = [metric for metric in metrics if metric not in FIXED_METRICS]
    return {
        **{name: attrgetter(f"measure.{name}") for name in ("kind", "unit", "method")},
        **{state: partial(_unfinished, state) for state in ("failed", "interrupted", "running")},
        **{f"{name}_{part}": partial(_part, name, part) for name in more for part in ("mean", "sd", "n")},
        **{f"{name}_{part}": partial(_says, name, part) for name in more for part in ("kind", "unit", "method")},
    }


def _unfinished(state: str, cell: CellSummary) -> Scalar:
    return cell.unfinished.get(state, 0)


def _says(metric: str, part: str, cell: CellSummary) -> Scalar:
    measure = cell.measures.get(metric)
    value: Scalar = None if measure is None else getattr(measure, part)
    return value


def _part(metric: str, part: str, cell: CellSummary) -> Scalar:
    value: Scalar = getattr(cell.metrics.get(metric, ABSENT), part)
    return value
