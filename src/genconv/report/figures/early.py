"""Does the early curve tell how a run ends? Rank correlation over runs, by epoch, a panel a model."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from genconv.report.figures.colours import QUIET, Look, looks
from genconv.report.figures.layout import grid_shape
from genconv.report.figures.style import COLUMN, PAGE, PaperFigure, asked, styled
from genconv.report.labels import counted_in, series, series_names, wrapped
from genconv.statistics.early import EarlyTell, early_tells
from genconv.store.results import StoredCell

_POINTS = 24
_HIGH, _NAME = 1.05, 20
"""Inches of a panel, characters of a name on one line."""


@styled
def early_figure(cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw Spearman's ρ of the loss after each epoch with the final loss; None where no cell has three such runs."""
    colours = colours or looks(series(cell.curves) for cell in cells)
    found = {
        name: (cell, known)
        for name, cell in zip(series_names(cells), cells, strict=True)
        if (known := [(epoch + 1, one) for epoch, one in _by_epoch(cell) if one.correlation is not None])
    }
    if not found:
        return None
    rows, columns = grid_shape(len(found), 3 if asked().style == "slides" else 4)
    figure = PaperFigure(COLUMN if columns <= 2 else PAGE, 0.4 + (_HIGH + 0.35) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (name, (cell, known)) in zip(grid, found.items(), strict=False):
        _panel(axes, known, colours[series(cell.curves)])
        title = f"{name}, n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{known[0][1].survivors}"
        axes.set_title(wrapped(title, _NAME), fontweight="normal")
    for place, axes in enumerate(grid[len(found) :], len(found)):
        axes.remove()
        grid[place - columns].xaxis.set_tick_params(labelbottom=True)
    figure.supxlabel(f"{counted_in(cell.curves for cell in cells)} trained", fontsize=_size(figure))
    figure.supylabel("rank correlation ρ", fontsize=_size(figure))
    counts = sorted({known[0][1].survivors for _, known in found.values()})
    seeds = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
    figure.caption = (
        f"Spearman's ρ, over the runs that did not diverge ({seeds} a cell), of the validation loss after an epoch "
        "with the final one: 1 if the early order of runs is the final order. Bands: 95 % intervals (Fisher z, "
        "Bonett–Wright), pointwise; a filled mark: the interval excludes 0."
    )
    figure.alt = f"Line charts of rank correlation with the final loss by epoch on {cells[0].curves.dataset}, by model."
    return figure


def _size(figure: PaperFigure) -> float:
    return float(figure.axes[0].xaxis.label.get_fontsize())


def _panel(axes: Axes, known: Sequence[tuple[float, EarlyTell]], look: Look) -> None:
    x, rho = [epoch for epoch, _ in known], np.array([one.correlation or 0.0 for _, one in known])
    low, high = np.array([_ends(one) for _, one in known]).T
    axes.fill_between(x, low, high, color=look.colour, alpha=0.18, linewidth=0)
    axes.plot(x, rho, color=look.colour, linewidth=1.1)
    sure = (low > 0) | (high < 0)
    if sure.any():
        axes.plot(np.array(x)[sure], rho[sure], "o", color=look.colour, markersize=2.6)
    axes.axhline(0, color=QUIET, linewidth=0.7, zorder=1)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if x[-1] > 100 else (1.0, 2.0, 5.0), numticks=6))
    axes.xaxis.set_minor_formatter(NullFormatter())


def early_places(epochs: int, most: int = _POINTS) -> list[int]:
    """Places of a curve from 0, the last left out, denser at the start where curves change most."""
    if epochs < 2:
        return []
    return sorted({int(epoch) - 1 for epoch in np.geomspace(1, epochs - 1, most).round()})


def _by_epoch(cell: StoredCell) -> list[tuple[float, EarlyTell]]:
    places = early_places(cell.curves.epochs)
    found = early_tells(cell.curves, places)
    return list(zip(cell.curves.places[places].tolist(), found[len(found) - len(places) :], strict=True))


def _ends(one: EarlyTell) -> tuple[float, float]:
    return (np.nan, np.nan) if one.interval is None else (one.interval.low, one.interval.high)
