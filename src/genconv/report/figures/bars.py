"""The metrics of the study as bars: a panel per metric, a bar per model, an error bar over seeds."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from genconv.curves import CellCurves
from genconv.metrics.summary import STUDY_METRICS, Summary, summarise
from genconv.report.figures.style import INK, PAGE, PAPER, QUIET, Look, PaperFigure, in_points, looks, styled
from genconv.report.format import mean_and_deviation, number
from genconv.report.labels import by_protocol, diverged, divergence_sentence, seeds_phrase, series, wrapped

_ROW, _HEAD, _FOOT, _LINE = 0.36, 0.5, 0.24, 0.13
"""Inches: a bar with its number above, a panel's title and axis, the legend, a further line of a name."""
_NAME = 24
"""Characters of a model's name on one line."""
_DWARFS = 10.0
_ERROR: Mapping[str, Any] = {"elinewidth": 0.8, "capsize": 2, "capthick": 0.8}


@dataclass(frozen=True)
class _Bars:
    """What the panels of one figure share."""

    summaries: Mapping[str, Mapping[str, Summary]]
    """By a cell's label, then by metric."""
    colours: Mapping[str, Look]
    entropy: float | None
    metrics: tuple[str, ...]
    left_out: str
    """Why `max` is not shown, or empty."""


@styled
def bars_figure(cells: Sequence[CellCurves], colours: Mapping[str, Look] | None = None) -> PaperFigure:
    """Draw the mean of each metric over surviving seeds; `cells` are of one dataset, a row a protocol."""
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
        _name_rows(line[0], group, protocol if len(rows) > 1 else "")
    for top, bottom, metric in zip(grid[0], grid[-1], shared.metrics, strict=True):
        top.set_title(metric)
        bottom.set_xlabel("epochs" if metric == "exceeds" else "nats")
    _legend(figure, shared)
    figure.caption = _caption(cells, shared)
    names = ", ".join(shared.metrics)
    figure.alt = f"Bar charts of {names} by model on {cells[0].dataset}; the numbers are in the table."
    return figure


def _sheet(rows: Iterable[Sequence[CellCurves]], shared: _Bars) -> PaperFigure:
    """Make a figure as high as its bars need."""
    notes = bool(shared.left_out) or shared.entropy is not None
    lines = max(wrapped(name, _NAME).count("\n") for name in shared.colours)
    row = _ROW + _LINE * lines
    return PaperFigure(PAGE, sum(row * len(group) + _HEAD for group in rows) + _FOOT * notes)


def _shared(cells: Sequence[CellCurves], colours: Mapping[str, Look]) -> _Bars:
    summaries = {cell.label: summarise(cell, "corrected").metrics for cell in cells}
    entropies = [cell.reference.entropy for cell in cells if cell.reference is not None]
    left_out = _why_no_max(cells, summaries)
    metrics = tuple(name for name in STUDY_METRICS if not (name == "max" and left_out))
    return _Bars(summaries, colours, entropies[0] if entropies else None, metrics, left_out)


def _why_no_max(cells: Sequence[CellCurves], summaries: Mapping[str, Mapping[str, Summary]]) -> str:
    """In words, if some `max` is far beyond every other loss."""
    usual = [abs(metrics[name].mean) for metrics in summaries.values() for name in ("min", "last")]
    usual.append(_typical([metrics["first"].mean for metrics in summaries.values()]))
    top = [(summaries[cell.label]["max"].mean, series(cell)) for cell in cells]
    largest, name = max(((mean, name) for mean, name in top if not math.isnan(mean)), default=(0.0, ""))
    if largest <= _DWARFS * max((value for value in usual if math.isfinite(value)), default=math.inf):
        return ""
    return f"max left out: it would dwarf the rest ({name}: {number(largest)} nats)"


def _typical(means: Iterable[float]) -> float:
    """Size of the median mean, the lower of two; NaN without any."""
    finite = [abs(mean) for mean in means if math.isfinite(mean)]
    return float(np.quantile(finite, 0.5, method="lower")) if finite else math.nan


def _panel(axes: Axes, metric: str, cells: Sequence[CellCurves], shared: _Bars) -> None:
    low, high = _limits(metric, shared)
    for place, cell in enumerate(cells):
        summary = shared.summaries[cell.label][metric]
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
    if shared.entropy is not None and metric != "exceeds":
        axes.axvline(shared.entropy, color=QUIET, linewidth=0.8, linestyle=(0, (5, 2)))
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=metric == "exceeds"))


def _bar(axes: Axes, place: int, metric: str, summary: Summary, colour: str, limits: tuple[float, float]) -> None:
    low, high = limits
    reach = 10 * (high - low)
    error = None if metric == "exceeds" or math.isnan(summary.sd) else min(summary.sd, reach)
    length = min(max(summary.mean, low - reach), high + reach)
    axes.barh(place + 0.16, length, 0.3, xerr=error, color=colour, ecolor=INK, error_kw=_ERROR)
    if summary.mean > high:
        axes.plot([high], [place + 0.16], ">", color=colour, markersize=5, clip_on=False)


def _text(metric: str, summary: Summary) -> str:
    if not summary.n:
        return "no seed left"
    return number(summary.mean, 1) if metric == "exceeds" else mean_and_deviation(metric, summary)


def _limits(metric: str, shared: _Bars) -> tuple[float, float]:
    """From 0 to beyond the longest error bar; a bar that dwarfs the median one runs off the edge instead."""
    found = [metrics[metric] for metrics in shared.summaries.values() if metrics[metric].n]
    means = [summary.mean for summary in found if math.isfinite(summary.mean)]
    if not means:
        return 0.0, 1.0
    usual = (max(means) if metric == "exceeds" else _typical(means)) or 1.0
    ends = [(one.mean, 0.0 if metric == "exceeds" or math.isnan(one.sd) else one.sd) for one in found]
    kept = [(mean, sd) for mean, sd in ends if abs(mean) + sd <= _DWARFS * usual] or [(usual, 0.0)]
    low = min(0.0, *(mean - sd for mean, sd in kept)) if any(mean < 0 for mean, _ in kept) else 0.0
    floor = 0.0 if metric == "exceeds" else shared.entropy or 0.0
    high = max(0.0, floor, *(mean + sd for mean, sd in kept))
    span = max(high - low, 1.0 if metric == "exceeds" else 0.0) or 1.0
    high = low + span
    return low - 0.06 * span * (low < 0), high + 0.06 * span


def _name_rows(axes: Axes, cells: Sequence[CellCurves], heading: str) -> None:
    names = [f"{wrapped(series(cell), _NAME)}\n{diverged(cell) or seeds_phrase([cell])}" for cell in cells]
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.5, -0.55)
    axes.set_ylabel(heading, fontweight="bold")


def _legend(figure: PaperFigure, shared: _Bars) -> None:
    handles = []
    if shared.entropy is not None:
        handles.append(
            Line2D(
                [],
                [],
                color=QUIET,
                linewidth=0.8,
                linestyle=(0, (5, 2)),
                label=f"entropy {shared.entropy:.3f}",
            )
        )
    if shared.left_out:
        handles.append(Line2D([], [], linestyle="none", label=shared.left_out))
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=2, borderaxespad=0.2)


def _caption(cells: Sequence[CellCurves], shared: _Bars) -> str:
    sentences = [
        f"{cells[0].dataset}: mean over the seeds that did not diverge, of {seeds_phrase(cells)} per model.",
        "Error bars: sample standard deviation over those seeds; none for exceeds.",
        "first: mean of the first five epochs; exceeds: later epochs whose loss is greater than that.",
        divergence_sentence(cells),
    ]
    if shared.left_out:
        sentences.append(f"{shared.left_out[0].upper()}{shared.left_out[1:]}.")
    return " ".join(sentences)
