"""The columns of a metrics table, intervals behind the numbers."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from genconv.metrics.columns import Scalar
from genconv.metrics.columns import columns as summary_columns
from genconv.statistics.cell import CellEstimate, Estimate
from genconv.statistics.interval import Interval

ABSENT = Estimate(None, float("nan"), None)


def columns(metrics: Sequence[str]) -> dict[str, Callable[[CellEstimate], Scalar]]:
    """The columns of `metrics.columns`, then what says how sure they are; an interval that does not exist is None."""
    before = summary_columns(metrics)
    return {
        **before,
        "diverged_rate": lambda cell: cell.diverged / cell.seeds if cell.seeds else None,
        **{f"diverged_rate_{end}": partial(_end, attrgetter("rate"), end) for end in ("low", "high")},
        "diverged_rate_method": partial(_end, attrgetter("rate"), "method"),
        "ci_level": attrgetter("level"),
        "ci_method": _mean_method,
        **{name: column for metric in metrics for name, column in _of_metric(metric).items() if name not in before},
    }


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
