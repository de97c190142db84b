"""The held-out loss and the study's metrics run by run: a panel a metric, a row a model, a dot a run, means on top."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metrics
from genconv.metrics.spec import Metric
from genconv.metrics.summary import Summary, per_seed, summarise
from genconv.report.figures.colours import INK, PAPER, QUIET, RULE, Look, looks
from genconv.report.figures.layout import limits_around, staggered
from genconv.report.figures.style import COLUMN, PAGE, PaperFigure, asked, in_points, narrow, styled
from genconv.report.format import LARGE, listed, mean_and_deviation, number
from genconv.report.labels import (
    bound_note,
    by_protocol,
    diverged,
    divergence_sentence,
    loss_label,
    loss_unit,
    measured_series,
    runs_phrase,
    said_by,
    says_nll,
    series,
    wrapped,
)
from genconv.statistics.intervals import mean_interval

_ROW, _HEAD, _FOOT, _LINE = 0.36, 0.5, 0.26, 0.13
"""Inches: a row of dots with its number above, a panel's title and axis, the legend, a further line of a name."""
_ON_A_SLIDE = (BEST_ESTIMATE, "min", "last")
"""Of which the first two are shown."""
_BESIDE = 5
"""Panels of a line on a page."""
_NAME = 24
_NAME_IN_A_COLUMN = 14
"""Characters of a model's name on one line."""
_DWARFS = 10.0
"""A row whose numbers lie this many times farther from the best mean than those of the median row sets no limit."""
_NEAR = 1.0
"""Spans of the dots at most by which an axis is lengthened to show the entropy."""
_BELOW = 0.2
"""Where the dots of a row lie, in rows below its name."""
_DOT: Mapping[str, Any] = {"markersize": 3.2, "alpha": 0.65, "markeredgewidth": 0, "linestyle": "none", "zorder": 3}
_MEAN = "mean with its 95 % interval"
_ENTROPY: Mapping[str, Any] = {"color": QUIET, "linewidth": 0.8, "linestyle": (0, (5, 2))}


@dataclass(frozen=True)
class _Rows:
    """What the panels of one figure share."""

    summaries: Mapping[str, Mapping[str, Summary]]
    """By a cell's label, then by metric."""
    runs: Mapping[str, Mapping[str, FloatArray]]
    """The number of each run, the same way; NaN for a run that diverged."""
    colours: Mapping[str, Look]
    names: Mapping[str, str]
    """By a cell's label: its series, and what its loss says where that differs."""
    entropy: float | None
    metrics: tuple[Metric, ...]
    left_out: str
    """Which metrics are not shown, and why; or empty."""

    def numbers(self, metric: Metric) -> list[FloatArray]:
        """The finite numbers of the runs of each cell that has one."""
        found = (named[metric.name] for named in self.runs.values())
        return [kept for numbers in found if (kept := numbers[np.isfinite(numbers)]).size]


@styled
def metrics_figure(cells: Sequence[CellCurves], colours: Mapping[str, Look] | None = None) -> PaperFigure:
    """Draw each metric of the study of every run that did not diverge, and their mean; a row of panels a protocol.

    `cells` are of one dataset, with losses that may share an axis.
    """
    shared = _shared(cells, colours or looks(series(cell) for cell in cells))
    rows = by_protocol(cells)
    parts = _parts(shared.metrics)
    figure = _sheet([*rows.values()] * len(parts), shared)
    heights = [len(group) for group in rows.values()] * len(parts)
    grid = figure.subplots(len(heights), len(parts[0]), squeeze=False, sharey="row", height_ratios=heights)
    for place, part in enumerate(parts):
        lines = grid[place * len(rows) : (place + 1) * len(rows)]
        for below, line, ((_, protocol), group) in zip(reversed(range(len(rows))), lines, rows.items(), strict=True):
            for axes, metric in zip(line, part, strict=False):
                _panel(axes, metric, group, shared)
                axes.tick_params(axis="y", length=0)
                axes.tick_params(axis="x", labelbottom=below == 0)
            for axes in line[len(part) :]:
                axes.set_axis_off()
            _name_rows(line[0], group, protocol if len(rows) > 1 else "", shared)
        for top, bottom, metric in zip(lines[0], lines[-1], part, strict=False):
            top.set_title(metric.title)
            bottom.set_xlabel(metric.unit or loss_unit(cells) or loss_label(cells))
    _legend(figure, shared)
    figure.caption = _caption(cells, shared)
    names = ", ".join(metric.title for metric in shared.metrics)
    figure.alt = f"Dot plots of {names} by model on {cells[0].dataset}, a dot a run; the numbers are in the table."
    return figure


def _parts(shown: Sequence[Metric]) -> list[Sequence[Metric]]:
    """The metrics of each line of panels: up to five beside each other, or two where only a column is wide."""
    lines = max(1, -(-len(shown) // _BESIDE))
    beside = 2 if narrow() else max(-(-len(shown) // lines), 1)
    return [shown[place : place + beside] for place in range(0, len(shown), beside)] or [shown]


def _sheet(rows: Iterable[Sequence[CellCurves]], shared: _Rows) -> PaperFigure:
    """Make a figure as high as its rows need."""
    notes = 1 + bool(shared.left_out)
    lines = max(wrapped(name, _name_width()).count("\n") for name in shared.names.values())
    row = _ROW + _LINE * lines
    height = sum(row * len(group) + _HEAD for group in rows) + _FOOT * notes * (2 if narrow() else 1)
    return PaperFigure(COLUMN if narrow() else PAGE, height)


def _shared(cells: Sequence[CellCurves], colours: Mapping[str, Look]) -> _Rows:
    summaries = {cell.label: summarise(cell, "corrected").metrics for cell in cells}
    runs = {cell.label: per_seed(cell, "corrected") for cell in cells}
    names = {cell.label: measured_series(cell, cells) for cell in cells}
    entropies = [cell.reference.entropy for cell in cells if cell.reference is not None and says_nll(cells)]
    slide = asked().style == "slides"
    known = [metric for metric in metrics().values() if metric.published]
    if all(np.isfinite(named.get(BEST_ESTIMATE, np.nan)).any() for named in runs.values()):
        known.insert(0, metrics()[BEST_ESTIMATE])
    if slide:
        known = [metric for metric in known if metric.name in _ON_A_SLIDE][:2]
    huge = {metric: found for metric in known if (found := _huge(cells, metric, summaries))}
    shown = tuple(metric for metric in known if metric not in huge)
    left_out = f"left out, with means above {number(LARGE)}: {listed(list(huge.values()))}" if huge else ""
    return _Rows(summaries, runs, colours, names, entropies[0] if entropies else None, shown, left_out)


def _huge(cells: Sequence[CellCurves], metric: Metric, summaries: Mapping[str, Mapping[str, Summary]]) -> str:
    """The metric with its largest mean, if that is too long to stand at a row; else empty."""
    means = [(summaries[cell.label][metric.name].mean, series(cell)) for cell in cells]
    largest, name = max(((mean, name) for mean, name in means if not math.isnan(mean)), default=(0.0, ""))
    unit = metric.unit or loss_unit(cells)
    return f"{metric.title} ({name}: {number(largest)} {unit}".rstrip() + ")" if largest >= LARGE else ""


def _panel(axes: Axes, metric: Metric, cells: Sequence[CellCurves], shared: _Rows) -> None:
    limits = _limits(metric, shared)
    for place, cell in enumerate(cells):
        summary = shared.summaries[cell.label][metric.name]
        _dots(axes, place + _BELOW, shared.runs[cell.label][metric.name], shared.colours[series(cell)].colour, limits)
        axes.annotate(
            _text(metric, summary) + _otherwise(metric, cell),
            (0, place - 0.06),
            xycoords=("axes fraction", "data"),
            xytext=(2, 0),
            textcoords="offset points",
            va="bottom",
            fontsize=in_points(7),
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.2},
            zorder=6,
        )
        if place:
            axes.axhline(place - 0.5, color=RULE, linewidth=0.4, zorder=0)
    if shared.entropy is not None and not metric.counts:
        axes.axvline(shared.entropy, **_ENTROPY)
    axes.set_xlim(*limits)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 4, 5, 10], integer=metric.counts))


def _dots(axes: Axes, place: float, numbers: FloatArray, colour: str, limits: tuple[float, float]) -> None:
    """A dot a run, their mean and its interval on top; an arrow at the edge for a run or an end that is beyond."""
    low, high = limits
    numbers = numbers[np.isfinite(numbers)]
    for marker, which in (("o", (numbers >= low) & (numbers <= high)), ("<", numbers < low), (">", numbers > high)):
        kept = np.clip(numbers, low, high)[which]
        if kept.size:
            axes.plot(kept, place + staggered(kept), marker, color=colour, **_DOT)
    if (interval := mean_interval(numbers)) is not None:
        ends = np.clip([interval.low, interval.high], low, high)
        axes.plot(ends, [place, place], color=INK, linewidth=1.0, zorder=4)
        for marker, end, beyond in (("<", low, interval.low < low), (">", high, interval.high > high)):
            if beyond:
                axes.plot([end], [place], marker, color=INK, markersize=3.2, zorder=5)
    mean = float(numbers.mean()) if numbers.size else math.nan
    if low <= mean <= high:
        axes.plot([mean], [place], marker="|", color=INK, markersize=8, markeredgewidth=1.3, zorder=5)


def _text(metric: Metric, summary: Summary) -> str:
    if not summary.n:
        return "no run left"
    return number(summary.mean, metric.digits) if metric.counts else mean_and_deviation(summary, metric)


def _otherwise(metric: Metric, cell: CellCurves) -> str:
    """How the metric was computed, where that is other than what the row says of the curves: ` (IWAE, k = 64)`."""
    measure = metric.measure(cell)
    if measure is None or not measure.method or measure.words == cell.measure.words:
        return ""
    return f" ({measure.method.partition(',')[0] if narrow() else measure.method})"


def _limits(metric: Metric, shared: _Rows) -> tuple[float, float]:
    """Around the dots: from 0 for counts, to the entropy if it is near; what dwarfs the others is left outside."""
    found = shared.numbers(metric)
    if not found:
        return 0.0, 1.0
    if metric.counts:
        most = max(1.0, *(float(numbers.max()) for numbers in found))
        return -0.05 * most, 1.06 * most
    best = min(float(numbers.mean()) for numbers in found)
    reaches = [float(np.abs(numbers - best).max()) for numbers in found]
    usual = float(np.quantile(reaches, 0.5, method="lower" if len(reaches) > 2 else "higher"))
    rows = [one for one, far in zip(found, reaches, strict=True) if far <= _DWARFS * usual or not usual]
    kept = np.concatenate(rows)
    low, high = float(kept.min()), float(kept.max())
    ends = [end for one in rows if (known := mean_interval(one)) for end in (known.low, known.high)]
    span = _NEAR * (high - low)
    low, high = max(low - span, min([low, *ends])), min(high + span, max([high, *ends]))
    floor = shared.entropy
    if floor is not None and low - _NEAR * (high - low) <= floor <= high:
        low = min(low, floor)
    return limits_around([low, high])


def _name_width() -> int:
    return _NAME_IN_A_COLUMN if narrow() else _NAME


def _name_rows(axes: Axes, cells: Sequence[CellCurves], heading: str, shared: _Rows) -> None:
    names = [
        f"{wrapped(shared.names[cell.label], _name_width())}\n{diverged(cell) or runs_phrase([cell])}" for cell in cells
    ]
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.5, -0.55)
    axes.set_ylabel(heading, fontweight="bold")


def _legend(figure: PaperFigure, shared: _Rows) -> None:
    handles: list[Line2D] = [
        Line2D([], [], marker="o", color=QUIET, label="one run", **_DOT),
        Line2D([], [], color=INK, linewidth=1.0, marker="|", markersize=8, markeredgewidth=1.3, label=_MEAN),
    ]
    if shared.entropy is not None:
        handles.append(Line2D([], [], label=f"entropy {shared.entropy:.3f}", **_ENTROPY))
    if shared.left_out:
        handles.append(Line2D([], [], linestyle="none", label=shared.left_out))
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=1 if narrow() else 2 if shared.left_out else 3,
        borderaxespad=0.2,
    )


def _losses(cells: Sequence[CellCurves]) -> str:
    """What the losses say; of a loss that says nothing of p its name, if it has one."""
    label = loss_label(cells)
    if any(cell.measure.kind != "loss" for cell in cells):
        return f"Losses are {label}."
    return f"The losses{f' ({label})' if label != 'loss' else ''} say nothing of the likelihood."


def _held_out(cells: Sequence[CellCurves], shared: _Rows) -> str:
    """What the held-out loss of each model says."""
    estimate = metrics()[BEST_ESTIMATE]
    said = said_by((series(cell), estimate.measure(cell)) for cell in cells)
    return f"{estimate.title[0].upper()}{estimate.title[1:]}: {said}." if estimate in shared.metrics else ""


def _caption(cells: Sequence[CellCurves], shared: _Rows) -> str:
    words = "; ".join(f"{metric.title}: {metric.words}" for metric in shared.metrics)
    sentences = [
        f"{cells[0].dataset}: a dot a run that did not diverge, of {runs_phrase(cells)} per model.",
        _losses(cells),
        _held_out(cells, shared),
        bound_note(cell.measure for cell in cells),
        "Upright mark and line: mean over those runs and its 95 % interval (Student t); in figures: mean ± sample "
        "standard deviation. The axes do not begin at zero, but for counts; an arrow is a run, or an interval's end, "
        "beyond them.",
        f"{words[0].upper()}{words[1:]}." if words else "",
        divergence_sentence(cells),
        f"{shared.left_out[0].upper()}{shared.left_out[1:]}." if shared.left_out else "",
    ]
    return " ".join(filter(None, sentences))
