"""Scaffolding of figures: a line a cell or a pair, and images that land on whole dots of the printed file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from genconv.curves import FloatArray
from genconv.report.figures.colours import PAPER, QUIET, RULE
from genconv.report.figures.style import COLUMN, RESOLUTION, PaperFigure, in_points
from genconv.report.labels import wrapped
from genconv.report.stored_images import Grey

_ROW, _LINE, _FOOT = 0.36, 0.15, 0.62
"""Inches: a row, a further line of its name, and the axis with its label and the legend below it."""
_NAME = 30
"""Characters of a name on one line."""


def row_figure(names: Sequence[str], notes: Sequence[str], lines: int = 1) -> tuple[PaperFigure, Axes]:
    """A figure of one column with a row a name; `notes` stand at the right of the names, `lines` in the legend."""
    names = [wrapped(name, _NAME) for name in names]
    row = _ROW + _LINE * max(name.count("\n") for name in names)
    figure = PaperFigure(COLUMN, row * len(names) + _FOOT + 0.14 * lines)
    axes = figure.subplots()
    axes.set_ylim(len(names) - 0.6, -0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, (name, note) in enumerate(zip(names, notes, strict=True)):
        _heading(axes, place, name, note)
        if place:
            axes.axhline(place - 0.69, color=RULE, linewidth=0.4, zorder=0)
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


def rule(axes: Axes, value: float, rows: int, **style: Any) -> None:
    """An upright line beside the marks of each row, that leaves the names free."""
    starts = np.arange(rows) - 0.14
    axes.vlines([value] * rows, starts, starts + 0.44, **{"color": QUIET, "linewidth": 0.8, "zorder": 1, **style})


def grid_shape(panels: int, most: int) -> tuple[int, int]:
    """Rows and columns of a grid of at most so many columns in which the fewest places stay empty."""
    if panels <= most:
        return 1, panels
    shapes = [(-(-panels // columns), columns) for columns in range(most, 1, -1)]
    return min(shapes, key=lambda shape: (shape[0] * shape[1] - panels, shape[0]))


def limits_around(values: Sequence[float], share: float = 0.08) -> tuple[float, float]:
    """The range of `values` with a margin on both sides; never empty."""
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    return low - share * span, high + share * span


def staggered(values: FloatArray, reach: float = 0.09) -> FloatArray:
    """Up and down by turns in order of value, so that runs that end alike are seen side by side."""
    offsets = np.zeros(len(values))
    offsets[np.argsort(values)] = np.resize([-reach, 0.0, reach], len(values))
    return offsets


LINE = 27
"""Dots from one line of text of a picture to the next."""


class DotFigure(PaperFigure):
    """Width and height in dots at `RESOLUTION`; places are counted from the top left corner."""

    def __init__(self, width: int, height: int) -> None:
        # A hair more, or rounding would cut the last row off.
        super().__init__((width + 0.01) / RESOLUTION, (height + 0.01) / RESOLUTION, pictures=True)
        self.set_layout_engine("none")
        self.rigid = True
        self.dots = (width, height)

    def place(self, dots: Grey, left: int, top: int) -> Axes:
        """Put an image at a place, each of its values one dot; the axes count in dots from its corner."""
        height, width = dots.shape[:2]
        across, down = self.dots
        axes = self.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
        colours = np.repeat(dots[:, :, None], 3, axis=2) if dots.ndim == 2 else dots
        axes.imshow(colours, interpolation="nearest", aspect="auto", extent=(0, width, height, 0))
        axes.set_axis_off()
        return axes

    def write(self, text: str, left: float, top: float, **style: Any) -> None:
        """Write a text with its upper left corner, or where `style` says, at a place."""
        across, down = self.dots
        self.text(left / across, 1 - top / down, text, **{"va": "top", "fontsize": in_points(7), **style})
