"""Twins: how far runs that differ in one bit are apart after each epoch, beside the spread over seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from genconv.curves import FloatArray
from genconv.report.figures.colours import DASHES, INK, QUIET, Look
from genconv.report.figures.layout import grid_shape
from genconv.report.figures.log_axis import plain_ticks
from genconv.report.figures.style import COLUMN, PAGE, PaperFigure, asked, styled
from genconv.report.labels import wrapped
from genconv.statistics.twins import Twins

_HIGH, _NAME = 1.35, 26
"""Inches of a panel, characters of a name on one line."""
_MOST = 8
"""Cells of a figure."""


@styled
def twins_figure(found: Sequence[Twins], colours: Mapping[str, Look]) -> PaperFigure | None:
    """Draw the median distance of twins by epoch on a logarithmic axis, a panel a cell; None without twins.

    Args:
        found: Of one dataset.
        colours: By the names of its cells.

    """
    cells: dict[str, list[Twins]] = {}
    for one in found:
        if one.pairs and one.epochs.size:
            cells.setdefault(one.model, []).append(one)
    shown = dict(list(cells.items())[:_MOST])
    if not shown:
        return None
    rows, columns = grid_shape(len(shown), 2 if asked().style == "slides" else 4)
    figure = PaperFigure(COLUMN if columns <= 2 else PAGE, 0.75 + (_HIGH + 0.3) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (name, several) in zip(grid, shown.items(), strict=False):
        _panel(axes, several, colours[name].colour)
        axes.set_title(wrapped(name, _NAME), fontweight="normal")
    for axes in grid[len(shown) :]:
        axes.remove()
    unit = next(iter(shown.values()))[0].unit
    size = float(figure.axes[0].xaxis.label.get_fontsize())
    figure.supxlabel("epochs trained", fontsize=size)
    figure.supylabel(f"distance of validation losses{f', {unit}' if unit else ''}", fontsize=size)
    figure.legend(handles=_key(shown), loc="outside lower center", ncols=2, columnspacing=0.9)
    dataset = found[0].dataset
    figure.caption = (
        f"How far apart a run and its twin, which differ in the last bit of one weight, are on {dataset} after each "
        "epoch: median |difference| of validation losses over pairs, with the middle half as a band; nothing is drawn "
        "where it is 0. Dashed: standard deviation over runs that differ in their streams. "
        f"{_left_out(cells, shown)}".strip()
    )
    figure.alt = f"Line charts of the distance of twins by epoch on {dataset}, logarithmic; the numbers are tabled."
    return figure


def _panel(axes: Axes, several: Sequence[Twins], colour: str) -> None:
    for place, one in enumerate(several):
        low, median, high = (_positive(np.quantile(one.distances, q, axis=0)) for q in (0.25, 0.5, 0.75))
        dash = DASHES[place % len(DASHES)]
        axes.fill_between(one.epochs, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(one.epochs, median, color=colour, linewidth=1.2, linestyle=dash)
        if one.flip_at:
            axes.axvline(one.flip_at, color=QUIET, linewidth=0.5, zorder=1)
    axes.plot(several[0].epochs, _positive(several[0].spread), color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_yscale("log")
    axes.minorticks_off()
    plain_ticks(axes.yaxis)


def _positive(values: FloatArray) -> FloatArray:
    return np.where(values > 0, values, np.nan)


def _key(shown: Mapping[str, Sequence[Twins]]) -> list[Line2D]:
    flips = sorted({one.flip_at for several in shown.values() for one in several})
    words = ["bit flipped at the start" if at == 0 else f"after epoch {at}" for at in flips]
    lines = [
        Line2D([], [], color=QUIET, linewidth=1.2, linestyle=DASHES[place % len(DASHES)], label=text)
        for place, text in enumerate(words)
    ]
    return [*lines, Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label="seeds")]


def _left_out(cells: Mapping[str, object], shown: Mapping[str, object]) -> str:
    return "" if len(cells) == len(shown) else f"Drawn: the first {len(shown)} of {len(cells)} cells."
