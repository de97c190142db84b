"""How soon seeds reach a loss, and when they die: step curves over epochs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from genconv.curves import FloatArray
from genconv.report.figures.style import COLUMN, Look, PaperFigure, looks, styled
from genconv.report.format import number
from genconv.report.labels import seeds_phrase, series, wrapped
from genconv.statistics.survival import Incidence, SurvivalCurve, arrival_times, incidences, kaplan_meier, threshold
from genconv.store.results import StoredCell

_CAUSES = {"non-finite loss": "-", "non-finite parameters": "--", "blow-up": ":"}
_BANDS = 3
"""Cells up to which intervals are drawn as bands; more would hide each other, and the table has them."""


@styled
def survival_figure(
    cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None, within: float | None = None
) -> PaperFigure | None:
    """Draw the share of seeds that have come within `within` nats of the best cell's median; None without a median."""
    curves = [cell.curves for cell in cells]
    aim = threshold(curves, within)
    if aim is None:
        return None
    colours = colours or looks(map(series, curves))
    names = step_names(cells)
    figure, axes = _axes(len(cells), max(cell.epochs for cell in curves))
    for name, cell in zip(names, curves, strict=True):
        found = kaplan_meier(arrival_times(cell, aim.loss, name))
        _arrivals(axes, found, cell.epochs, colours[series(cell)], band=len(cells) <= _BANDS)
    axes.set_ylabel("share of seeds that got there")
    _legend(figure, axes)
    bands = "Bands: 95 % Greenwood intervals, log(−log) scale. " if len(cells) <= _BANDS else ""
    figure.caption = (
        f"Seeds whose validation loss has come to {number(aim.loss, 3)} nats or below, {aim.within:g} nats above the "
        f"best cell's median final loss, by epochs trained (1 − Kaplan–Meier; {seeds_phrase(curves)} a cell). {bands}A "
        "bar at the end: seeds that never got there are censored; a diverged seed stays among them."
    )
    dataset = curves[0].dataset
    figure.alt = f"Step curves of the share of seeds that reached {number(aim.loss, 3)} nats on {dataset}, by epoch."
    return figure


@styled
def incidence_figure(cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw the share of seeds that each cause has claimed by epoch; None if no seed diverged."""
    curves = [cell.curves for cell in cells]
    colours = colours or looks(map(series, curves))
    found = [
        (one, colours[series(cell)])
        for name, cell in zip(step_names(cells), curves, strict=True)
        for one in incidences(cell, label=name)
    ]
    if not found:
        return None
    figure, axes = _axes(len(found), max(cell.epochs for cell in curves))
    for one, look in found:
        _deaths(axes, one, look, band=len(found) <= _BANDS)
    axes.set_ylabel("share of seeds diverged")
    _legend(figure, axes)
    bands = "Bands: exact 95 % intervals (Clopper–Pearson), pointwise. " if len(found) <= _BANDS else ""
    figure.caption = (
        f"Cumulative incidence of divergence by cause, {seeds_phrase(curves)} a cell. {bands}Solid: non-finite loss; "
        "dashed: non-finite parameters; dotted: blow-up. Cells without a line lost no seed."
    )
    figure.alt = f"Step curves of the share of diverged seeds on {curves[0].dataset} by epoch and cause."
    return figure


def step_names(cells: Sequence[StoredCell]) -> list[str]:
    """Name cells of one dataset, with the protocol where there are several."""
    several = len({cell.curves.protocol for cell in cells}) > 1
    return [f"{series(cell.curves)} · {cell.curves.protocol}" if several else series(cell.curves) for cell in cells]


def _axes(lines: int, epochs: int) -> tuple[PaperFigure, Axes]:
    figure = PaperFigure(COLUMN, 2.35 + 0.145 * lines)
    axes = figure.subplots()
    axes.set_xlim(0, epochs * 1.02 or 1)
    axes.set_ylim(-0.03, 1.05)
    axes.set_xlabel("epochs trained")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    return figure, axes


def _legend(figure: PaperFigure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1)


def _arrivals(axes: Axes, found: SurvivalCurve, epochs: int, look: Look, band: bool) -> None:
    x = np.append(found.epochs, epochs)
    y = 1 - np.append(found.share, found.share[-1])
    label = wrapped(f"{found.label}: {found.arrived} of {found.n} got there", 48)
    axes.step(x, y, where="post", color=look.colour, linestyle=look.dash, linewidth=1.4, label=label, zorder=3)
    if band:
        _band(axes, x, 1 - np.append(found.high, found.high[-1]), 1 - np.append(found.low, found.low[-1]), look.colour)
    if found.arrived < found.n:
        axes.plot([epochs], [y[-1]], marker="|", color=look.colour, markersize=8, markeredgewidth=1.4, zorder=4)


def _deaths(axes: Axes, one: Incidence, look: Look, band: bool) -> None:
    x = np.arange(len(one.share), dtype=np.float64)
    label = wrapped(f"{one.label}, {one.cause}: {round(one.share[-1] * one.final.n)} of {one.final.n}", 48)
    axes.step(x, one.share, where="post", color=look.colour, linestyle=_CAUSES[one.cause], linewidth=1.4, label=label)
    if band:
        _band(axes, x, one.low, one.high, look.colour)


def _band(axes: Axes, x: FloatArray, low: FloatArray, high: FloatArray, colour: str) -> None:
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.15, linewidth=0, zorder=1)
