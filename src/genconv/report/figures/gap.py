"""Gap to the entropy: how far each run ends above the entropy of its data, on a log axis, with the Gaussian."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from genconv.curves import FloatArray
from genconv.report.figures.layout import row_figure
from genconv.report.figures.style import INK, QUIET, Look, PaperFigure, looks, styled
from genconv.report.format import number
from genconv.report.labels import measured_series, series, series_names
from genconv.statistics.entropy_gap import ABOVE, MEANING, EntropyGap, entropy_gap
from genconv.statistics.intervals import Interval, geometric_mean_interval
from genconv.store.results import StoredCell

_WRONG = "#a63c00"


@styled
def gap_figure(cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw `last` − H of every run, a row a cell of one dataset.

    None where no entropy is known, or no loss says something of it.
    """
    colours = colours or looks(series(cell.curves) for cell in cells)
    cells = [cell for cell in cells if cell.curves.measure.says_nll]
    found = [
        (gap, colours[series(cell.curves)].colour)
        for cell, name in zip(cells, _names(cells), strict=True)
        if (gap := entropy_gap(cell, name))
    ]
    if not found:
        return None
    steps = [one for one, _ in found]
    figure, axes = row_figure([one.label for one in steps], [_note(one) for one in steps])
    low = _scale(axes, steps)
    for place, (one, colour) in enumerate(found):
        _row(axes, place, one, colour, low)
    axes.axvline(steps[0].gaussian, color=QUIET, linewidth=0.9, linestyle=(0, (1, 1.5)), zorder=1)
    _legend(figure, steps)
    dataset = cells[0].curves.dataset
    axes.set_xlabel(f"nats above the entropy of {dataset}")
    figure.caption = _caption(steps)
    figure.alt = f"Final loss of every run in nats above the entropy of {dataset}, on a logarithmic axis, by model."
    return figure


def _names(cells: Sequence[StoredCell]) -> list[str]:
    """Each cell's name, with what its loss says where others say something else."""
    curves = [cell.curves for cell in cells]
    return [measured_series(cell, curves, name) for cell, name in zip(curves, series_names(cells), strict=True)]


def interval_of(one: EntropyGap) -> tuple[float, Interval | None]:
    """Geometric mean of the positive excesses and its interval; None unless all survivors' are positive."""
    alive = one.excess[np.isfinite(one.excess)]
    if not alive.size or (alive <= 0).any():
        return float("nan"), None
    return float(np.exp(np.sort(np.log(alive)).mean())), geometric_mean_interval(alive)


def _scale(axes: Axes, steps: Sequence[EntropyGap]) -> float:
    """Set the log axis; returns its lower end, where what lies at or below zero is put."""
    positive: FloatArray = np.concatenate([one.excess[one.excess > 0] for one in steps] + [[steps[0].gaussian]])
    low, high = float(positive.min()) / 2, float(positive.max()) * 2
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 50 else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    return low


def _row(axes: Axes, place: int, one: EntropyGap, colour: str, low: float) -> None:
    y, alive = place + 0.08 + _offsets(one.excess), ~np.isnan(one.excess)
    x = np.where(one.excess > 0, one.excess, low)
    below = alive & ((one.excess <= 0) | np.array([flag == "below the floor" for flag in one.flags]))
    above = alive & ~below & np.array([flag in ABOVE for flag in one.flags])
    usual: dict[str, Any] = {"marker": "o", "markersize": 3.2, "color": colour, "alpha": 0.75}
    styles = (
        (alive & ~below & ~above, usual),
        (above, {**usual, "markerfacecolor": "none", "alpha": 1.0}),
        (below, {"marker": "<", "markersize": 5, "color": _WRONG, "clip_on": False}),
    )
    for which, style in styles:
        if which.any():
            axes.plot(x[which], y[which], linestyle="none", zorder=3, **style)
    mean, interval = interval_of(one)
    if interval is not None:
        axes.plot([interval.low, interval.high], [place + 0.08] * 2, color=INK, linewidth=1.0, zorder=4)
        axes.plot([mean], [place + 0.08], marker="|", color=INK, markersize=8, markeredgewidth=1.3, zorder=5)


def _offsets(values: FloatArray) -> FloatArray:
    """Up and down by turns in order of value, so that runs that end alike are seen side by side."""
    offsets = np.zeros(len(values))
    offsets[np.argsort(values)] = np.resize([-0.09, 0.0, 0.09], len(values))
    return offsets


def _note(one: EntropyGap) -> str:
    mean, interval = interval_of(one)
    left = int(np.isfinite(one.excess).sum())
    counted = f"n = {left} of {len(one.seeds)}" if left < len(one.seeds) else f"n = {left}"
    return counted if interval is None else f"{number(mean, 3)} [{interval.low:.3f}, {interval.high:.3f}], {counted}"


def _legend(figure: PaperFigure, steps: Sequence[EntropyGap]) -> None:
    flags = {flag for one in steps for flag in one.flags}
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3.2, color=INK, label="one run"),
        Line2D([], [], color=QUIET, linewidth=0.9, linestyle=(0, (1, 1.5)), label=f"Gaussian {steps[0].gaussian:.3f}"),
    ]
    if set(ABOVE) & set(flags):
        hollow: dict[str, Any] = {"marker": "o", "markersize": 3.2, "markerfacecolor": "none"}
        handles.append(Line2D([], [], linestyle="none", color=INK, label="above it", **hollow))
    if "below the floor" in flags:
        handles.append(Line2D([], [], linestyle="none", marker="<", color=_WRONG, label="below the floor"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=0.9)


def _caption(steps: Sequence[EntropyGap]) -> str:
    counts = sorted({int(np.isfinite(one.excess).sum()) for one in steps})
    seeds = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
    flagged = [
        f"{one.flags.count(flag)} of {len(one.seeds)} runs of {one.label} are {flag} ({MEANING[flag]})"
        for one in steps
        for flag in MEANING
        if flag in one.flags
    ]
    return (
        f"Final validation loss minus the exact entropy, a dot a run ({seeds} a cell). Upright mark and "
        "line: geometric mean and its 95 % interval (Student t of logarithms). Dotted: the Gaussian with the data's "
        f"mean and covariance. {'; '.join(flagged) + '.' if flagged else 'No run is flagged.'}"
    )
