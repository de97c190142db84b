"""Gap to the entropy: how far each run ends above the entropy of its data, on a log axis, with the Gaussian."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.report.figures.colours import INK, QUIET, RULE, Look, looks
from genconv.report.figures.layout import row_figure, rule, staggered
from genconv.report.figures.style import PaperFigure, styled
from genconv.report.format import listed, number
from genconv.report.labels import bound_note, measured_series, series, series_names
from genconv.statistics.entropy_gap import ABOVE, MEANING, EntropyGap, Flag, entropy_gap
from genconv.statistics.intervals import Interval, geometric_mean_interval
from genconv.store.results import StoredCell

_WRONG = "#a63c00"
_ACROSS = 3
"""Entries in a line of the legend."""


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
    low, high = _limits(steps)
    handles = _handles(steps, low)
    figure, axes = row_figure([one.label for one in steps], [_note(one) for one in steps], -(-len(handles) // _ACROSS))
    _scale(axes, low, high)
    for place, (one, colour) in enumerate(found):
        _row(axes, place, one, colour, low)
        if _shaded(one, low):
            axes.fill_betweenx([place - 0.1, place + 0.26], low, one.reach or low, color=RULE, linewidth=0, zorder=0)
    rule(axes, steps[0].gaussian, len(found), linestyle=(0, (1, 1.5)))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(handles), _ACROSS),
        columnspacing=0.9,
        handlelength=1.6,
    )
    dataset = cells[0].curves.dataset
    axes.set_xlabel(f"nats above the entropy of {dataset}")
    figure.caption = f"{_caption(steps)} {bound_note(cell.curves.measure for cell in cells)}".strip()
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


def _limits(steps: Sequence[EntropyGap]) -> tuple[float, float]:
    """The ends of the log axis; what lies at or below zero is put at the lower one."""
    positive: FloatArray = np.concatenate([one.excess[one.excess > 0] for one in steps] + [[steps[0].gaussian]])
    return float(positive.min()) / 2, float(positive.max()) * 2


def _scale(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 50 else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _row(axes: Axes, place: int, one: EntropyGap, colour: str, low: float) -> None:
    y, low_flag = place + 0.08 + staggered(one.excess), _flagged(one, ("below the floor",))
    x, high_flag, edge = np.where(one.excess > 0, one.excess, low), _flagged(one, ABOVE), _at_edge(one)
    usual: dict[str, Any] = {"marker": "o", "markersize": 3.2, "color": colour, "alpha": 0.75}
    styles = (
        (np.isfinite(one.excess) & ~low_flag & ~high_flag & ~edge, usual),
        (high_flag, {**usual, "markerfacecolor": "none", "alpha": 1.0}),
        (edge, {**usual, "marker": "<", "clip_on": False}),
        (low_flag, {"marker": "<", "markersize": 5, "color": _WRONG, "clip_on": False}),
    )
    for which, style in styles:
        if which.any():
            axes.plot(x[which], y[which], linestyle="none", zorder=3, **style)
    mean, interval = interval_of(one)
    if interval is not None:
        axes.plot([interval.low, interval.high], [place + 0.08] * 2, color=INK, linewidth=1.0, zorder=4)
        axes.plot([mean], [place + 0.08], marker="|", color=INK, markersize=8, markeredgewidth=1.3, zorder=5)


def _flagged(one: EntropyGap, flags: Sequence[Flag]) -> NDArray[np.bool_]:
    return np.array([flag in flags for flag in one.flags], dtype=bool)


def _at_edge(one: EntropyGap) -> NDArray[np.bool_]:
    """Runs at zero or below it that are not flagged: a log axis has no place for them."""
    return (one.excess <= 0) & ~_flagged(one, ("below the floor",))


def _note(one: EntropyGap) -> str:
    mean, interval = interval_of(one)
    left = int(np.isfinite(one.excess).sum())
    counted = f"n = {left} of {len(one.seeds)}" if left < len(one.seeds) else f"n = {left}"
    return counted if interval is None else f"{number(mean, 3)} [{interval.low:.3f}, {interval.high:.3f}], {counted}"


def _handles(steps: Sequence[EntropyGap], low: float) -> list[Artist]:
    """Of the legend: only what is drawn."""
    mark: dict[str, Any] = {"linestyle": "none", "markersize": 3.2}
    gaussian = f"Gaussian {steps[0].gaussian:.3f}"
    handles: list[Artist] = [
        Line2D([], [], marker="o", color=INK, label="one run", **mark),
        Line2D([], [], color=QUIET, linewidth=0.9, linestyle=(0, (1, 1.5)), label=gaussian),
    ]
    if any(_flagged(one, ABOVE).any() for one in steps):
        handles.append(Line2D([], [], marker="o", markerfacecolor="none", color=INK, label="above it", **mark))
    if any(_at_edge(one).any() for one in steps):
        handles.append(Line2D([], [], marker="<", color=INK, label="0 or less", **mark))
    if any(_flagged(one, ("below the floor",)).any() for one in steps):
        handles.append(Line2D([], [], marker="<", color=_WRONG, label="below the floor", **mark))
    if any(_shaded(one, low) for one in steps):
        handles.append(Patch(facecolor=RULE, label="error of the points"))
    return handles


def _shaded(one: EntropyGap, low: float) -> bool:
    """Whether the excesses that the error of the points may explain begin on the axis."""
    return one.reach is not None and one.reach > low


def _caption(steps: Sequence[EntropyGap]) -> str:
    counts = sorted({int(np.isfinite(one.excess).sum()) for one in steps})
    seeds = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
    return (
        f"Final validation loss minus the exact entropy, a dot a run ({seeds} a cell). Upright mark and "
        "line: geometric mean and its 95 % interval over runs (Student t of logarithms). Dotted: the Gaussian with the "
        f"data's mean and covariance. {_error_words(steps)} {_flag_words(steps)}".strip()
    )


def _error_words(steps: Sequence[EntropyGap]) -> str:
    """What is known of the error that the validation points have in common."""
    known = {(one.points, one.error): one for one in steps if one.error is not None}
    unknown = [one.label for one in steps if one.error is None]
    words = [
        f"On {points:,} validation points an excess near 0 has a standard error of {error:.1g}: runs on the same "
        "points share it, and the interval does not contain it."
        for points, error in sorted(known)
    ]
    if unknown:
        whose = "any cell" if not known else listed(unknown)
        words.append(
            f"On how many points the runs of {whose} were evaluated is not on record: the error is unknown, so none of "
            "them is flagged."
        )
    return " ".join(words)


def _flag_words(steps: Sequence[EntropyGap]) -> str:
    flagged = [
        f"{one.flags.count(flag)} of {len(one.seeds)} runs of {one.label} are {flag} ({MEANING[flag]})"
        for one in steps
        for flag in MEANING
        if flag in one.flags
    ]
    if flagged:
        return f"{'; '.join(flagged)}."
    return "No run is flagged." if all(one.error is not None for one in steps) else ""
