"""The page's first table, the table of all metrics, and that over all datasets."""

import math
from collections.abc import Sequence
from itertools import pairwise

from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.spec import Metric
from genconv.metrics.summary import Scalar
from genconv.report.format import (
    NO_NUMBER,
    alike,
    brackets,
    column_decimals,
    listed,
    mean_and_deviation,
    number,
    percent_text,
)
from genconv.report.page.table import LEVEL, PageTable, ends
from genconv.report.tables.metrics import measures_text, shown_metrics
from genconv.report.tables.writing import csv_rows
from genconv.report.words import score_words
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.default_metric import OTHERWISE
from genconv.statistics.intervals import Interval
from genconv.statistics.summary import CellEstimate


def overview(estimates: Sequence[CellEstimate], ids: Sequence[str]) -> PageTable:
    """A row a cell: the rate of divergence, and mean and median of the metric on which verdicts rest by default."""
    identity, first = _identity(estimates), _headline(estimates)
    header = [*identity, f"diverged {LEVEL}", f"{first.title}: mean {LEVEL}", "sd", f"median {LEVEL}"]
    says = {estimate.measures.get(first.name) for estimate in estimates}
    if len(says) > 1:
        header.insert(len(identity), f"{first.title} is")
    digits = _decimals(estimates, first)
    rows = [
        (
            *_names(one, identity),
            *([_says(one, first)] if len(says) > 1 else []),
            *_numbers(one, first, digits),
        )
        for one in estimates
    ]
    caption = f"A row is a cell, {_order(estimates)}. Numbers are over the runs that did not diverge."
    note = (
        f"A cell is one model on one dataset, under one protocol, with its settings. In the order a diverged run "
        f"counts as infinite. {_said(estimates, [] if len(says) > 1 else [first], first)} In brackets {LEVEL[1:-1]} "
        "intervals: of rates exact (Clopper–Pearson), of means Student t, of medians order statistics (from six runs). "
        "They are over runs: the error of the points on which all were evaluated is not in them. The CSV file has the "
        "other metrics too."
    )
    words = len(identity) + (len(says) > 1)
    return PageTable(
        "overview",
        caption,
        tuple(header),
        words,
        rows,
        estimates_csv(estimates),
        tuple(ids),
        cells=tuple(ids),
        note=note,
    )


def metrics_table(estimates: Sequence[CellEstimate], ids: Sequence[str]) -> PageTable:
    """Mean and sample standard deviation of every metric; `ids` are those of the cells."""
    metrics, identity = shown_metrics(estimates), _identity(estimates)
    header = (*identity, "runs", "diverged", *(metric.title for metric in metrics))
    digits = {
        metric.name: column_decimals(
            [one.metrics[metric.name] for one in estimates if metric.name in one.metrics], metric
        )
        for metric in metrics
    }
    rows = [
        (
            *_names(one, identity),
            str(one.seeds),
            _diverged(one),
            *(_mean_and_sd(one, metric, digits[metric.name]) for metric in metrics),
        )
        for one in estimates
    ]
    units = ", ".join(
        f"{metric.title} in {metric.unit}" for metric in metrics if metric.unit and metric.unit != metric.title
    )
    caption = (
        f"Mean ± sample standard deviation over the runs that did not diverge. {_said(estimates, metrics, None)}"
        + f" Others: {units}." * bool(units)
    )
    return PageTable("metrics-table", caption, header, len(identity), rows, estimates_csv(estimates), cells=tuple(ids))


def _diverged(one: CellEstimate) -> str:
    """Of a cell with runs that are in no number, these too."""
    return one.diverged_words if one.unfinished else str(one.diverged)


def aggregate_table(found: Aggregates, mixed: bool) -> PageTable:
    """The cells that were run on every dataset, on one scale; `mixed`: exact values and bounds are among them."""
    score = score_words(found)
    scores = alike([(one.interquartile_mean, one.interval) for one in found.cells])
    rows = [(one.label, f"{one.missing} of {one.seeds}", text) for one, text in zip(found.cells, scores, strict=True)]
    data = [
        (found.metric, score, one.label, one.seeds, one.missing, one.interquartile_mean, *ends(one.interval))
        for one in found.cells
    ]
    header = ("model", "without a number", f"interquartile mean {LEVEL}")
    names = ["metric", "score", "model", "runs", "without_number", "interquartile_mean", "low", "high"]
    caption = (
        f"Score: {score}, over {', '.join(found.datasets)}. Interquartile mean of all runs, those without a "
        "number infinite; percentile interval of a stratified bootstrap (arXiv 2108.13264)."
        + " NLLs and bounds are taken as they are: the NLL of a model with a bound may be lower."
        * mixed
    )
    return PageTable("over-datasets", caption, header, 1, rows, csv_rows(names, data))


def estimates_csv(estimates: Sequence[CellEstimate]) -> str:
    """A row a cell and metric, in full precision, with what the number says."""
    header = [
        "dataset", "model", "protocol", "variant", "seeds", "diverged", "rate_low", "rate_high", "metric", "n", "mean",
        "sd", "mean_low", "mean_high", "mean_method", "median", "median_low", "median_high", "level", "kind", "unit",
        "method",
    ]  # fmt: skip
    rows = [
        (one.dataset, one.model, one.protocol, one.variant, one.seeds, one.diverged, *ends(one.rate), metric,
         one.metrics[metric].n, one.metrics[metric].mean, one.metrics[metric].sd, *ends(estimate.mean_interval),
         None if estimate.mean_interval is None else estimate.mean_interval.method, estimate.median,
         *ends(estimate.median_interval), one.level, *_measure(one, one.specs[metric]))
        for one in estimates
        for metric, estimate in one.estimates.items()
    ]  # fmt: skip
    return csv_rows(header, rows)


def _measure(one: CellEstimate, metric: Metric) -> tuple[Scalar, Scalar, Scalar]:
    measure = one.measures.get(metric.name)
    unit = metric.unit if metric.unit is not None else "" if measure is None else measure.unit
    return (None, unit, None) if measure is None else (measure.kind, unit, measure.method)


def _identity(estimates: Sequence[CellEstimate]) -> tuple[str, ...]:
    """Columns that tell cells apart: the model, and a dataset, a protocol or a variant only where it does."""
    names = ["model"]
    names += [name for name in ("dataset", "protocol") if len({getattr(one, name) for one in estimates}) > 1]
    if any(one.variant for one in estimates):
        names.append("variant")
    return tuple(names)


def _names(one: CellEstimate, identity: Sequence[str]) -> tuple[str, ...]:
    return tuple(getattr(one, name) for name in identity)


def _headline(estimates: Sequence[CellEstimate]) -> Metric:
    """The metric of the first table: that on which verdicts rest by default."""
    shown = {metric.name: metric for metric in shown_metrics(estimates) if metric.headline}
    named = [shown[name] for name in (BEST_ESTIMATE, OTHERWISE) if name in shown]
    return (named or list(shown.values()))[0]


def _order(estimates: Sequence[CellEstimate]) -> str:
    """By the loss of the curves, which may be of several kinds: then the cells of each stand together."""
    first = "the lowest median final loss first"
    alone = all(one.measure.comparable(other.measure) for one, other in pairwise(estimates))
    return first if alone else f"{first}; where the losses of two cells do not compare, each kind stands by itself"


def _says(one: CellEstimate, metric: Metric) -> str:
    """`NLL`, `NLL (ODE, 32 steps)`, `bound (IWAE, k = 64)`, `loss`: on one line, in a column of its own."""
    measure = one.measures.get(metric.name)
    if measure is None:
        return NO_NUMBER
    words = measure.words.removeprefix("NLL ") if measure.kind == "bound" else measure.words
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _said(estimates: Sequence[CellEstimate], metrics: Sequence[Metric], told: Metric | None) -> str:
    """What the curves say, and each metric that says something else; what `told` says stands in a column."""
    curves = measures_text(estimates, lambda one: one.measure)
    in_column = told is not None and all(one.measures.get(told.name) in (None, one.measure) for one in estimates)
    units = dict.fromkeys(one.measure.unit for one in estimates if one.measure.unit)
    losses = f"Losses in {listed(list(units))}." if units else ""
    further = [
        f"{metric.title}: {_all_say(estimates, metric)}."
        for metric in metrics
        if any(one.measures.get(metric.name) not in (None, one.measure) for one in estimates)
    ]
    return " ".join(filter(None, [losses if in_column else f"Curves: {curves}.", *further]))


def _all_say(estimates: Sequence[CellEstimate], metric: Metric) -> str:
    return measures_text(estimates, lambda one: one.measures.get(metric.name))


def _numbers(one: CellEstimate, metric: Metric, digits: int) -> tuple[str, ...]:
    rate = f" [{percent_text(one.rate.low)}, {percent_text(one.rate.high)}] %" if one.rate and one.seeds > 1 else ""
    estimate, summary = one.estimates.get(metric.name), one.metrics.get(metric.name)
    more = "".join(f", {count} {state}" for state, count in one.unfinished.items())
    lost = f"{one.diverged} of {one.seeds}{rate}{more}"
    if estimate is None or summary is None:
        return (lost, *(NO_NUMBER,) * 3)
    return (
        lost,
        _between(summary.mean, estimate.mean_interval, digits),
        number(summary.sd, digits),
        _between(estimate.median, estimate.median_interval, digits),
    )


def _between(value: float, interval: Interval | None, digits: int) -> str:
    return number(value, digits) if interval is None else f"{number(value, digits)} {brackets(interval, digits)}"


def _decimals(estimates: Sequence[CellEstimate], metric: Metric) -> int:
    """So many for all cells that the smallest deviation of them is seen, two to four."""
    found = [one.metrics[metric.name].sd for one in estimates if metric.name in one.metrics]
    least = min((sd for sd in found if sd > 0 and math.isfinite(sd)), default=1.0)
    return min(max(-math.floor(math.log10(least)), 2), 4)


def _mean_and_sd(one: CellEstimate, metric: Metric, decimals: int) -> str:
    return mean_and_deviation(one.metrics[metric.name], metric, decimals) if metric.name in one.metrics else NO_NUMBER
