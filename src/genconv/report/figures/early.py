"""Does the early curve tell how a run ends? Rank correlation over runs, by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from genconv.report.figures.style import COLUMN, QUIET, Look, PaperFigure, looks, styled
from genconv.report.labels import counted_in, series, series_names
from genconv.statistics.early import EarlyTell, early_tells
from genconv.store.results import StoredCell

_POINTS = 24
_BANDS = 3


@styled
def early_figure(cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw Spearman's ρ of the loss after each epoch with the final loss; None where no cell has three such runs."""
    colours = colours or looks(series(cell.curves) for cell in cells)
    figure = PaperFigure(COLUMN, 2.3 + 0.145 * len(cells))
    axes = figure.subplots()
    counts = []
    for name, cell in zip(series_names(cells), cells, strict=True):
        known = [(epoch + 1, one) for epoch, one in _by_epoch(cell) if one.correlation is not None]
        if not known:
            continue
        counts.append(known[0][1].survivors)
        look, x = colours[series(cell.curves)], [epoch for epoch, _ in known]
        label = f"{name}, n = {counts[-1]}"
        axes.plot(x, [one.correlation or 0.0 for _, one in known], color=look.colour, linestyle=look.dash, label=label)
        if len(cells) <= _BANDS:
            low, high = np.array([_ends(one) for _, one in known]).T
            axes.fill_between(x, low, high, color=look.colour, alpha=0.13, linewidth=0)
    if not counts:
        return None
    axes.axhline(0, color=QUIET, linewidth=0.7, zorder=1)
    axes.set_ylim(-1.05, 1.05)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel(f"{counted_in(cell.curves for cell in cells)} trained")
    axes.set_ylabel("rank correlation with the final loss")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
    axes.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside lower center", ncols=1 if max(map(len, series_names(cells))) > 14 else 2)
    seeds = f"n = {min(counts)}" if len(set(counts)) == 1 else f"n = {min(counts)} to {max(counts)}"
    bands = (
        "Bands: 95 % intervals (Fisher z, Bonett–Wright)."
        if len(cells) <= _BANDS
        else "Intervals are in the table; at ten seeds they span about ± 0.6 around zero."
    )
    figure.caption = (
        f"Spearman's ρ, over the runs that did not diverge ({seeds} a cell), of the validation loss after an epoch "
        f"with the final one: 1 if the early order of runs is the final order. {bands}"
    )
    figure.alt = f"Line chart of rank correlation with the final loss by epoch on {cells[0].curves.dataset}."
    return figure


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
