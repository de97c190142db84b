"""The metrics of the study as bars: a panel per metric, a bar per model, an error bar over runs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from genconv.curves import CellCurves
from genconv.metrics.registry import metrics
from genconv.metrics.spec import Metric
from genconv.metrics.summary import Summary, summarise
from genconv.report.figures.style import INK, PAGE, PAPER, QUIET, Look, PaperFigure, in_points, looks, styled
from genconv.report.format import LARGE, listed, mean_and_deviation, number
from genconv.report.labels import (
    by_protocol,
    diverged,
    divergence_sentence,
    loss_label,
    loss_unit,
    measured_series,
    runs_phrase,
    says_nll,
    series,
    wrapped,
)

_ROW, _HEAD, _FOOT, _LINE = 0.36, 0.5, 0.24, 0.13
"""Inches: a bar with its number above, a panel's title and axis, the legend, a further line of a name."""
_NAME = 24
"""Characters of a model's name on one line."""
_DWARFS = 10.0
_ERROR: Mapping[str, Any] = {"elinewidth": 0.8, "capsize": 2, "capthick": 0.8}
_ENTROPY: Mapping[str, Any] = {"color": QUIET, "linewidth": 0.8, "linestyle": (0, (5, 2))}


@dataclass(frozen=True)
class _Bars:
    """What the panels of one figure share."""

    summaries: Mapping[str, Mapping[str, Summary]]
    """By a cell's label, then by metric."""
    colours: Mapping[str, Look]
    names: Mapping[str, str]
    """By a cell's label: its series, and what its loss says where that differs."""
    entropy: float | None
    metrics: tuple[Metric, ...]
    left_out: str
    """Which metrics are not shown, and why; or empty."""

    def values(self, metric: Metric) -> list[Summary]:
        """The summaries of a metric that have a number."""
        return [named[metric.name] for named in self.summaries.values() if named[metric.name].n]


@styled
def bars_figure(cells: Sequence[CellCurves], colours: Mapping[str, Look] | None = None) -> PaperFigure:
    """Draw the mean of each metric of the study over the runs that did not diverge; a row a protocol.

    `cells` are of one dataset, with losses that may share an axis.
    """
    shared = _shared(cells, colours or looks(series(cell) for cell in cells))
    rows = by_protocol(cells)
    figure = _sheet(rows.values(), shared)
    shape = (len(rows), len(shared.metrics))
    heights = [len(group) for group in rows.values()]
    grid = figure.subplots(*shape, squeeze=False, sharex="col", sharey="row", height_ratios=heights)
    for line, ((_, protocol), group) in zip(grid, rows.items(), strict=True):
        for axes, metric in zip(line, shared.metrics, strict=True):
            _panel(axes, metric, group, shared)
            axes.tick_params(axis="y", length=0)
        _name_rows(line[0], group, protocol if len(rows) > 1 else "", shared)
    for top, bottom, metric in zip(grid[0], grid[-1], shared.metrics, strict=True):
        top.set_title(metric.title)
        bottom.set_xlabel(metric.unit or loss_unit(cells) or loss_label(cells))
    _legend(figure, shared)
    figure.caption = _caption(cells, shared)
    names = ", ".join(metric.title for metric in shared.metrics)
    figure.alt = f"Bar charts of {names} by model on {cells[0].dataset}; the numbers are in the table."
    return figure


def _sheet(rows: Iterable[Sequence[CellCurves]], shared: _Bars) -> PaperFigure:
    """Make a figure as high as its bars need."""
    notes = bool(shared.left_out) or shared.entropy is not None
    lines = max(wrapped(name, _NAME).count("\n") for name in shared.names.values())
    row = _ROW + _LINE * lines
    return PaperFigure(PAGE, sum(row * len(group) + _HEAD for group in rows) + _FOOT * notes)


def _shared(cells: Sequence[CellCurves], colours: Mapping[str, Look]) -> _Bars:
    summaries = {cell.label: summarise(cell, "corrected").metrics for cell in cells}
    names = {cell.label: measured_series(cell, cells) for cell in cells}
    entropies = [cell.reference.entropy for cell in cells if cell.reference is not None and says_nll(cells)]
    published = [metric for metric in metrics().values() if metric.published]
    huge = {metric: found for metric in published if (found := _huge(cells, metric, summaries))}
    shown = tuple(metric for metric in published if metric not in huge)
    left_out = f"left out, with means above {number(LARGE)}: {listed(list(huge.values()))}" if huge else ""
    return _Bars(summaries, colours, names, entropies[0] if entropies else None, shown, left_out)


def _huge(cells: Sequence[CellCurves], metric: Metric, summaries: Mapping[str, Mapping[str, Summary]]) -> str:
    """The metric with its largest mean, if that is too long to stand at a bar; else empty."""
    means = [(summaries[cell.label][metric.name].mean, series(cell)) for cell in cells]
    largest, name = max(((mean, name) for mean, name in means if not math.isnan(mean)), default=(0.0, ""))
    unit = metric.unit or loss_unit(cells)
    return f"{metric.title} ({name}: {number(largest)} {unit}".rstrip() + ")" if largest >= LARGE else ""


def _typical(means: Iterable[float]) -> float:
    """Size of the median mean, the lower of two; NaN without any."""
    finite = [abs(mean) for mean in means if math.isfinite(mean)]
    return float(np.quantile(finite, 0.5, method="lower")) if finite else math.nan


def _panel(axes: Axes, metric: Metric, cells: Sequence[CellCurves], shared: _Bars) -> None:
    low, high = _limits(metric, shared)
    for place, cell in enumerate(cells):
        summary = shared.summaries[cell.label][metric.name]
        if summary.n:
            _bar(axes, place, metric, summary, shared.colours[series(cell)].colour, (low, high))
        axes.annotate(
            _text(metric, summary),
            (0, place - 0.06),
            xycoords=("axes fraction", "data"),
            xytext=(2, 0),
            textcoords="offset points",
            va="bottom",
            fontsize=in_points(7),
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.2},
        )
    if shared.entropy is not None and not metric.counts:
        axes.axvline(shared.entropy, **_ENTROPY)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=metric.counts))


def _bar(axes: Axes, place: int, metric: Metric, summary: Summary, colour: str, limits: tuple[float, float]) -> None:
    low, high = limits
    reach = 10 * (high - low)
    error = min(_error(metric, summary), reach) or None
    length = min(max(summary.mean, low - reach), high + reach)
    axes.barh(place + 0.16, length, 0.3, xerr=error, color=colour, ecolor=INK, error_kw=_ERROR)
    if summary.mean > high:
        axes.plot([high], [place + 0.16], ">", color=colour, markersize=5, clip_on=False)


def _error(metric: Metric, summary: Summary) -> float:
    """Length of the error bar; 0 for none."""
    return 0.0 if metric.counts or math.isnan(summary.sd) else summary.sd


def _text(metric: Metric, summary: Summary) -> str:
    if not summary.n:
        return "no run left"
    return number(summary.mean, metric.digits) if metric.counts else mean_and_deviation(summary, metric)


def _limits(metric: Metric, shared: _Bars) -> tuple[float, float]:
    """From 0 to beyond the longest error bar; a bar that dwarfs the median one runs off the edge instead."""
    found = shared.values(metric)
    means = [summary.mean for summary in found if math.isfinite(summary.mean)]
    if not means:
        return 0.0, 1.0
    usual = (max(means) if metric.counts else _typical(means)) or 1.0
    ends = [(summary.mean, _error(metric, summary)) for summary in found]
    kept = [(mean, sd) for mean, sd in ends if abs(mean) + sd <= _DWARFS * usual] or [(usual, 0.0)]
    low = min(0.0, *(mean - sd for mean, sd in kept)) if any(mean < 0 for mean, _ in kept) else 0.0
    floor = 0.0 if metric.counts else shared.entropy or 0.0
    high = max(0.0, floor, *(mean + sd for mean, sd in kept))
    span = max(high - low, 1.0 if metric.counts else 0.0) or 1.0
    high = low + span
    return low - 0.06 * span * (low < 0), high + 0.06 * span


def _name_rows(axes: Axes, cells: Sequence[CellCurves], heading: str, shared: _Bars) -> None:
    names = [f"{wrapped(shared.names[cell.label], _NAME)}\n{diverged(cell) or runs_phrase([cell])}" for cell in cells]
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.5, -0.55)
    axes.set_ylabel(heading, fontweight="bold")


def _legend(figure: PaperFigure, shared: _Bars) -> None:
    handles = []
    if shared.entropy is not None:
        handles.append(Line2D([], [], label=f"entropy {shared.entropy:.3f}", **_ENTROPY))
    if shared.left_out:
        handles.append(Line2D([], [], linestyle="none", label=shared.left_out))
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=2, borderaxespad=0.2)


def _losses(cells: Sequence[CellCurves]) -> str:
    """What the losses say; of a loss that says nothing of p its name, if it has one."""
    label = loss_label(cells)
    if any(cell.measure.kind != "loss" for cell in cells):
        return f"Losses are {label}."
    return f"The losses{f' ({label})' if label != 'loss' else ''} say nothing of the likelihood."


def _caption(cells: Sequence[CellCurves], shared: _Bars) -> str:
    words = "; ".join(f"{metric.title}: {metric.words}" for metric in shared.metrics)
    sentences = [
        f"{cells[0].dataset}: mean over the runs that did not diverge, of {runs_phrase(cells)} per model.",
        _losses(cells),
        "Error bars: sample standard deviation over those runs; none for counts.",
        f"{words[0].upper()}{words[1:]}." if words else "",
        divergence_sentence(cells),
        f"{shared.left_out[0].upper()}{shared.left_out[1:]}." if shared.left_out else "",
    ]
    return " ".join(filter(None, sentences))
