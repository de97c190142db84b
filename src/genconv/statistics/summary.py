"""A cell's row of metrics, every number with its uncertainty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from operator import attrgetter
from typing import Literal, get_args

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.errors import unknown_name
from genconv.measure import LOSS
from genconv.metrics.spec import Metric
from genconv.metrics.summary import (
    FIXED_METRICS,
    CellSummary,
    Mode,
    Scalar,
    Spread,
    further_columns,
    per_seed,
    summarise,
)
from genconv.metrics.summary import columns as summary_columns
from genconv.statistics.intervals import (
    LEVEL,
    Bootstrap,
    Interval,
    bootstrap_interval,
    checked_level,
    mean_interval,
    median_interval,
)
from genconv.statistics.rates import rate_interval
from genconv.store.study_json import PROTOCOL
from genconv.store.uncounted import UncountedRun, by_state

IntervalMethod = Literal["t", "percentile", "basic", "bca"]

RESAMPLING_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """Location of a metric over the seeds that have it."""

    mean_interval: Interval | None
    median: float
    """NaN for n = 0."""
    median_interval: Interval | None


@dataclass(frozen=True, repr=False)
class CellEstimate(CellSummary):
    """A `CellSummary` with intervals. They are of what the seeds with a number show: given survival."""

    level: float
    rate: Interval | None
    """Of the rate of divergence."""
    estimates: Mapping[str, Estimate]
    """By metric, as in `metrics`."""

    def __repr__(self) -> str:
        if not self.seeds:
            return f"<{self.dataset}, {self.model}, {self.protocol}: {self.diverged_words}>"
        last = self.metrics["last"]
        return (
            f"<{self.dataset}, {self.model}, {self.protocol}: {self.diverged} of {self.seeds} runs diverged, "
            f"last {last.mean:.4g} ± {last.sd:.2g} ({self.measure.label})>"
        )

    @property
    def warning(self) -> str:
        """What any interval of a mean warns of; empty if nothing."""
        means = (estimate.mean_interval for estimate in self.estimates.values())
        return next((mean.warning for mean in means if mean is not None and mean.warning), "")


def estimate(
    cell: CellCurves,
    mode: Mode,
    method: IntervalMethod = "t",
    level: float = LEVEL,
    seed: int = RESAMPLING_SEED,
    added: Sequence[Metric] = (),
) -> CellEstimate:
    """The summary of `metrics.summarise` with an interval for each mean, median and rate.

    `method` is that of the means: Student t, or a bootstrap whose resampling follows from `seed`. `added` are metrics
    besides those of the registry. `InputError` for an unknown method or level.
    """
    if method not in get_args(IntervalMethod):
        raise unknown_name("interval method", method, get_args(IntervalMethod))
    checked_level(level)
    summary = summarise(cell, mode, added)
    values = per_seed(cell, mode, added)
    return CellEstimate(
        **{field.name: getattr(summary, field.name) for field in fields(summary)},
        level=level,
        rate=rate_interval(summary.diverged, summary.seeds, level),
        estimates={name: _estimate(numbers, method, level, seed) for name, numbers in values.items()},
    )


def _estimate(values: FloatArray, method: IntervalMethod, level: float, seed: int) -> Estimate:
    """An infinite value has a rank, so the median and perhaps its interval exist, but no mean to speak of."""
    numbers = np.sort(values[~np.isnan(values)])
    if not numbers.size:
        return Estimate(None, np.nan, None)
    with np.errstate(invalid="ignore"):
        median = float(np.median(numbers))
    if not np.isfinite(numbers).all():
        return Estimate(None, median, None)
    if method == "t":
        return Estimate(mean_interval(numbers, level), median, median_interval(numbers, level))
    return Estimate(_bootstrap(numbers, method, level, seed), median, median_interval(numbers, level))


def _bootstrap(numbers: FloatArray, method: Bootstrap, level: float, seed: int) -> Interval | None:
    return bootstrap_interval(numbers, np.random.default_rng(seed), "mean", method, level)


def without_numbers(
    runs: Sequence[UncountedRun], cells: Sequence[CellCurves], mode: Mode, level: float
) -> list[CellEstimate]:
    """A row without a number for each cell of which no run counts."""
    known = {(cell.dataset, cell.model, cell.variant) for cell in cells}
    groups: dict[tuple[str, str, str], list[UncountedRun]] = {}
    for run in runs:
        if (key := (run.dataset, run.model, run.variant)) not in known:
            groups.setdefault(key, []).append(run)
    return [
        CellEstimate(
            dataset=dataset,
            model=model,
            protocol=PROTOCOL,
            variant=variant,
            mode=mode,
            seeds=0,
            diverged=0,
            measure=LOSS,
            metrics={},
            measures={},
            specs={},
            spread=Spread.of(np.array([]), (), 1),
            unfinished=by_state(alike),
            level=level,
            rate=None,
            estimates={},
        )
        for (dataset, model, variant), alike in groups.items()
    ]


ABSENT = Estimate(None, float("nan"), None)


def columns(metrics: Sequence[str]) -> dict[str, Callable[[CellEstimate], Scalar]]:
    """The columns of `metrics.columns`, then what says how sure they are; an interval that does not exist is None."""
    before, further = summary_columns(metrics), [name for name in metrics if name not in FIXED_METRICS]
    return {
        **before,
        "diverged_rate": lambda cell: cell.diverged / cell.seeds if cell.seeds else None,
        **{f"diverged_rate_{end}": partial(_end, attrgetter("rate"), end) for end in ("low", "high")},
        "diverged_rate_method": partial(_end, attrgetter("rate"), "method"),
        "ci_level": attrgetter("level"),
        "ci_method": _mean_method,
        **_of_metrics([name for name in metrics if name in FIXED_METRICS], before),
        **further_columns(metrics),
        **_of_metrics(further, before),
    }


def _of_metrics(metrics: Sequence[str], before: Mapping[str, object]) -> dict[str, Callable[[CellEstimate], Scalar]]:
    """Intervals of each metric, but for columns that stand further to the left."""
    return {name: column for metric in metrics for name, column in _of_metric(metric).items() if name not in before}


def _of_metric(metric: str) -> dict[str, Callable[[CellEstimate], Scalar]]:
    def of(cell: CellEstimate) -> Estimate:
        return cell.estimates.get(metric, ABSENT)

    return {
        f"{metric}_ci_low": lambda cell: _part(of(cell).mean_interval, "low"),
        f"{metric}_ci_high": lambda cell: _part(of(cell).mean_interval, "high"),
        f"{metric}_median": lambda cell: of(cell).median,
        f"{metric}_median_ci_low": lambda cell: _part(of(cell).median_interval, "low"),
        f"{metric}_median_ci_high": lambda cell: _part(of(cell).median_interval, "high"),
    }


def _end(of: Callable[[CellEstimate], Interval | None], part: str, cell: CellEstimate) -> Scalar:
    return _part(of(cell), part)


def _part(interval: Interval | None, part: str) -> Scalar:
    value: Scalar = None if interval is None else getattr(interval, part)
    return value


def _mean_method(cell: CellEstimate) -> Scalar:
    means = [one.mean_interval.method for one in cell.estimates.values() if one.mean_interval is not None]
    return means[0] if means else None
