"""How soon runs reach a loss, and when they diverge: step curves over epochs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from genconv.curves import CellCurves, FloatArray
from genconv.report.figures.colours import Look, looks
from genconv.report.figures.log_axis import plain_ticks
from genconv.report.figures.style import COLUMN, PaperFigure, asked, styled
from genconv.report.format import number
from genconv.report.labels import counted_in, kinds_note, loss_unit, runs_phrase, series, series_names, wrapped
from genconv.statistics.survival import (
    Incidence,
    SurvivalCurve,
    Times,
    arrival_times,
    incidences,
    kaplan_meier,
    reached_and_diverged,
)
from genconv.statistics.thresholds import Threshold, threshold
from genconv.store.results import StoredCell

_CAUSES = {"non-finite loss": "-", "non-finite parameters": "--", "blow-up": ":"}
_BANDS = 3
"""Cells up to which intervals are drawn as bands; more would hide each other, and the table has them."""


@styled
def survival_figure(
    cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None, value: float | None = None
) -> PaperFigure | None:
    """Draw the share of runs that have reached a loss; None where `threshold` knows none.

    `cells` are of one dataset, with losses that may share an axis. `value` is the loss, in their unit.
    """
    curves = [cell.curves for cell in cells]
    aim = threshold(curves, value)
    if aim is None:
        return None
    colours = colours or looks(map(series, curves))
    names = series_names(cells)
    figure, axes = _axes(len(cells), max(cell.trained for cell in curves), counted_in(curves))
    for name, cell in zip(names, curves, strict=True):
        times = arrival_times(cell, aim.loss, name)
        label = _label(times, reached_and_diverged(cell, aim.loss))
        look, band = colours[series(cell)], len(cells) <= _BANDS
        _arrivals(axes, kaplan_meier(times), cell.trained, look, label, band=band)
    loss = f"{number(aim.loss, 3)} {loss_unit(curves)}".strip()
    axes.set_ylabel(f"share of runs\nat {loss} or below")
    _legend(figure, axes)
    bands = "Bands: 95 % Greenwood intervals, log(−log) scale. " if len(cells) <= _BANDS else ""
    figure.caption = (
        f"Runs whose validation loss has reached {loss}, {aim_words(aim, curves)}, by epochs trained "
        f"(1 − Kaplan–Meier; {runs_phrase(curves)} a cell). {bands}A bar at the end: runs that never reached it are "
        "censored. A run that diverged has not reached it, whatever it had reached before. "
        f"{kinds_note(curves)}".strip()
    )
    figure.alt = f"Step curves of the share of runs that reached {loss} on {curves[0].dataset}, by epoch."
    return figure


@styled
def incidence_figure(cells: Sequence[StoredCell], colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw the share of runs that diverged by epoch, a line a cause; None if no run diverged."""
    curves = [cell.curves for cell in cells]
    colours = colours or looks(map(series, curves))
    found = [
        (incidence, colours[series(cell)])
        for name, cell in zip(series_names(cells), curves, strict=True)
        for incidence in incidences(cell, label=name)
    ]
    if not found:
        return None
    figure, axes = _axes(len(found), max(cell.trained for cell in curves), counted_in(curves))
    for incidence, look in found:
        _incidence(axes, incidence, look, band=len(found) <= _BANDS)
    axes.set_ylabel("share of runs diverged")
    _legend(figure, axes)
    bands = "Bands: exact 95 % intervals (Clopper–Pearson), pointwise. " if len(found) <= _BANDS else ""
    figure.caption = (
        f"Cumulative incidence of divergence by cause, {runs_phrase(curves)} a cell. {bands}Solid: non-finite loss; "
        "dashed: non-finite parameters; dotted: blow-up. No run of a cell without a line diverged."
    )
    figure.alt = f"Step curves of the share of diverged runs on {curves[0].dataset} by epoch and cause."
    return figure


def _axes(lines: int, epochs: float, counted: str) -> tuple[PaperFigure, Axes]:
    figure = PaperFigure(COLUMN, 2.35 + 0.145 * lines)
    axes = figure.subplots()
    axes.set_xlim(0, epochs * 1.02 or 1)
    axes.set_ylim(-0.03, 1.05)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(f"{counted} trained")
    if asked().log_x:
        axes.set_xscale("log")
        axes.set_xlim(0.9, epochs * 1.05 or 1)
        plain_ticks(axes.xaxis)
        return figure, axes
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    return figure, axes


def _legend(figure: PaperFigure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1)


def aim_words(aim: Threshold, cells: Sequence[CellCurves]) -> str:
    """Where the threshold comes from: `10 % of the way from the entropy to the Gaussian`."""
    above = f"{aim.above:.2g} {loss_unit(cells)}".strip()
    match aim.source:
        case "user":
            return "the loss that was asked for"
        case "entropy":
            return f"{100 * aim.share:g} % of the way from the entropy to the Gaussian"
        case "Gaussian":
            return "the NLL of the Gaussian with the data's mean and covariance, as no cell comes nearer to the entropy"
        case "cell":
            best = next(series(cell) for cell in cells if cell.label == aim.label)
            return f"{above} above the median final loss of {best}, the best cell, as no entropy is known"


def _label(times: Times, lost: int) -> str:
    later = f", {lost} more did and diverged" if lost else ""
    return wrapped(f"{times.label}: {int(times.arrived.sum())} of {len(times.epochs)} reached it{later}", 48)


def _arrivals(axes: Axes, found: SurvivalCurve, epochs: float, look: Look, label: str, band: bool) -> None:
    x = np.append(found.epochs, epochs)
    y = 1 - np.append(found.share, found.share[-1])
    axes.step(x, y, where="post", color=look.colour, linestyle=look.dash, linewidth=1.4, label=label, zorder=3)
    if band:
        _band(axes, x, 1 - np.append(found.high, found.high[-1]), 1 - np.append(found.low, found.low[-1]), look.colour)
    if found.arrived < found.n:
        axes.plot([epochs], [y[-1]], marker="|", color=look.colour, markersize=8, markeredgewidth=1.4, zorder=4)


def _incidence(axes: Axes, one: Incidence, look: Look, band: bool) -> None:
    x = one.epochs
    label = wrapped(f"{one.label}, {one.cause}: {round(one.share[-1] * one.final.n)} of {one.final.n}", 48)
    axes.step(x, one.share, where="post", color=look.colour, linestyle=_CAUSES[one.cause], linewidth=1.4, label=label)
    if band:
        _band(axes, x, one.low, one.high, look.colour)


def _band(axes: Axes, x: FloatArray, low: FloatArray, high: FloatArray, colour: str) -> None:
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.15, linewidth=0, zorder=1)
