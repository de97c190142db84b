"""What the models of a toy density learned, beside the truth: heat maps on one scale."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from genconv.data.toy.density import ToyDensity
from genconv.report.figures.colours import Look, looks
from genconv.report.figures.density_panels import NAME, Canvas, Panel, cell_panels, title_of, truth_panel
from genconv.report.figures.style import COLUMN, PAGE, PaperFigure, asked, narrow, styled
from genconv.report.labels import series, wrapped
from genconv.store.results import StoredCell

_COLUMNS = {"paper": 5, "slides": 3}
_BAR, _TITLE, _GAP = 0.55, 0.31, 0.06
"""Inches: the colour bar's width, a panel's title, the space around a panel."""


@styled
def densities_figure(
    cells: Sequence[StoredCell], truth: ToyDensity, colours: Mapping[str, Look] | None = None
) -> PaperFigure | None:
    """Draw the truth first, then each model: its density where stored, else its samples smoothed.

    A block of panels a protocol; all panels share one colour scale.

    None if no samples are stored.
    """
    canvas = Canvas(truth, colours or looks(series(cell.curves) for cell in cells))
    blocks = _blocks(cells, canvas)
    if not blocks:
        return None
    figure, grid = _sheet([len(panels) for panels in blocks.values()], canvas)
    line = 0
    for heading, panels in blocks.items():
        lines = -(-len(panels) // grid.shape[1])
        _draw(list(grid[line : line + lines].ravel()), panels, heading if len(blocks) > 1 else "")
        line += lines
    _colour_bar(figure, canvas, list(grid.ravel()), len(grid))
    figure.caption = _caption(cells, canvas)
    names = ", ".join(sorted({series(cell.curves) for cell in cells}))
    figure.alt = f"Heat maps of the true {truth.name} and of {names}."
    return figure


def _blocks(cells: Sequence[StoredCell], canvas: Canvas) -> dict[str, list[Panel]]:
    """Panels by protocol, the truth first in each."""
    blocks: dict[str, list[Panel]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.curves.protocol, series(cell.curves))):
        if panels := cell_panels(cell, canvas):
            blocks.setdefault(cell.curves.protocol, [truth_panel(canvas)]).extend(panels)
    return blocks


def _sheet(counts: Sequence[int], canvas: Canvas) -> tuple[PaperFigure, NDArray[np.object_]]:
    """Make a figure as high as its panels need at the full width, and its axes, a new row a count."""
    most = 2 if narrow() else _COLUMNS[asked().style]
    columns = -(-max(counts) // -(-max(counts) // most))
    rows = sum(-(-count // columns) for count in counts)
    xmin, xmax, ymin, ymax = canvas.box
    width = COLUMN if columns <= 2 else PAGE
    side = (width - _BAR) / columns - _GAP
    titles = (title_of(wrapped(name, NAME), "samples smoothed") for name in canvas.colours)
    title = _TITLE + 0.12 * max(one.count("\n") for one in titles)
    figure = PaperFigure(width, rows * (side * (ymax - ymin) / (xmax - xmin) + title) + _GAP, pictures=True)
    figure.rigid = True
    return figure, figure.subplots(rows, columns, squeeze=False)


def _draw(places: Sequence[Axes], panels: Sequence[Panel], heading: str) -> None:
    for axes, draw in zip(places, panels, strict=False):
        draw(axes)
    for axes in places[len(panels) :]:
        axes.set_axis_off()
    places[0].set_ylabel(heading, fontweight="bold")


def _colour_bar(figure: PaperFigure, canvas: Canvas, places: list[Axes], rows: int) -> None:
    if not canvas.images:
        return
    extend = "max" if canvas.beyond else "neither"
    bar = figure.colorbar(
        canvas.images[0],
        ax=places,
        shrink=0.78 / rows,
        anchor=(0.0, 1.0 - 0.1 / rows),
        aspect=14,
        pad=0.015,
        extend=extend,
    )
    bar.set_label("density")
    bar.locator = MaxNLocator(nbins=4, steps=[1, 2, 5, 10])
    bar.update_ticks()
    bar.ax.tick_params(length=2)


def _caption(cells: Sequence[StoredCell], canvas: Canvas) -> str:
    seeds = max(len(cell.runs) for cell in cells)
    shown = "Shown is the run with the median final validation loss among those that did not diverge."
    sentences = [
        f"{canvas.truth.name}: the truth and what each model learned, on the same extent.",
        shown if seeds > 1 else "One run per model.",
    ]
    exceeds = "; a model exceeds it" if canvas.beyond else ""
    sentences.append(f"All panels share one colour scale, which ends at the truth's highest{exceeds}.")
    if canvas.smoothed or not canvas.truth.has_density:
        sentences.append(
            "Samples are smoothed by a Gaussian kernel (a third of Scott's width), which widens what is narrower."
        )
    return " ".join(sentences)
