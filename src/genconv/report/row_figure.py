"""Scaffolding of figures with a line a cell or a pair, its name above what is drawn: legible in one narrow column."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from genconv.report.groups import wrapped
from genconv.report.style import COLUMN, PAPER, QUIET, RULE, PaperFigure, in_points

_ROW, _FOOT = 0.36, 0.62
"""Inches: a row, and the axis with its label and the legend below it."""
_NAME = 30
"""Characters of a name on one line."""


def row_figure(names: Sequence[str], notes: Sequence[str], lines: int = 1) -> tuple[PaperFigure, Axes]:
    """A figure of one column with a row a name; `notes` stand at the right of the names, `lines` in the legend."""
    names = [wrapped(name, _NAME) for name in names]
    extra = sum(name.count("\n") for name in names)
    figure = PaperFigure(COLUMN, _ROW * len(names) + 0.13 * extra + _FOOT + 0.14 * lines)
    axes = figure.subplots()
    axes.set_ylim(len(names) - 0.6, -0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, (name, note) in enumerate(zip(names, notes, strict=True)):
        _heading(axes, place, name, note)
        if place:
            axes.axhline(place - 0.68, color=RULE, linewidth=0.4, zorder=0)
    return figure, axes


def _heading(axes: Axes, place: int, name: str, note: str) -> None:
    where: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "va": "bottom",
        "annotation_clip": False,
        "zorder": 8,
    }
    where["bbox"] = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
    axes.annotate(name, (0, place - 0.2), ha="left", fontsize=in_points(7), fontweight="bold", **where)
    axes.annotate(note, (1, place - 0.2), ha="right", fontsize=in_points(7), color=QUIET, **where)


def limits_around(values: Sequence[float], share: float = 0.08) -> tuple[float, float]:
    """The range of `values` with a margin on both sides; never empty."""
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    return low - share * span, high + share * span
