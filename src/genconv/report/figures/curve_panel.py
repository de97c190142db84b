"""One panel of loss curves: thin lines of runs, median and interquartile range, where runs diverged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from genconv.curves import CellCurves, FloatArray, Reference
from genconv.report.curve_geometry import divergence_points, loss_limits, quartiles, until_divergence
from genconv.report.figures.colours import INK, PAPER, QUIET, Look
from genconv.report.figures.log_axis import plain_ticks
from genconv.report.figures.style import asked, in_points
from genconv.report.labels import loss_label, loss_unit, says_nll, series
from genconv.report.limits import drawn_runs

CROSS: Mapping[str, Any] = {"marker": "x", "markersize": 4.5, "markeredgewidth": 1.1, "linestyle": "none"}


@dataclass(frozen=True)
class Place:
    """The part of the plane that a panel shows, and how its axes count."""

    across: tuple[float, float]
    limits: tuple[float, float]
    """As drawn: above `floor` where that is known."""
    floor: float = 0.0
    """What is taken off every loss: the entropy, on a logarithmic axis."""
    log_x: bool = False
    log_y: bool = False

    @classmethod
    def of(cls, group: Sequence[CellCurves], dataset: Sequence[CellCurves]) -> "Place":
        """All of the panel's `group`, on the loss axis of all cells of its `dataset`."""
        last = max(float(cell.places.max(initial=0.0)) for cell in group)
        first = min(0.0, *(float(cell.places.min(initial=0.0)) for cell in group))
        across = (first - 0.02 * last, 1.02 * last) if last > first else (first - 0.5, first + 0.5)
        log_x = asked().log_x and first >= 0 and last > 0
        across = (0.9, (last + 1) * 1.05) if log_x else across
        low, high = loss_limits(dataset)
        if not asked().log_y:
            return cls(across, (low, high), log_x=log_x)
        floor = _floor(dataset)
        losses = np.concatenate([until_divergence(cell).ravel() for cell in dataset]) - floor
        positive = losses[np.isfinite(losses) & (losses > 0)]
        if not positive.size or (not floor and positive.size < np.isfinite(losses).sum()):
            return cls(across, (low, high), log_x=log_x)
        ends = float(np.quantile(positive, 0.001)) / 1.3, float(np.quantile(positive, 0.995)) * 1.3
        return cls(across, ends, floor, log_x, log_y=True)

    def x(self, places: FloatArray) -> FloatArray:
        """Epochs from 1 on a logarithmic axis, which has no 0."""
        return places + 1 if self.log_x else places

    def y(self, losses: FloatArray) -> FloatArray:
        """Losses as drawn; far outside they are cut off, for vector files hold every number."""
        low, high = self.limits
        if self.log_y:
            return np.clip(losses - self.floor, low / 1e3, high * 1e3)
        span = high - low
        return np.clip(losses, low - 20 * span, high + 20 * span)


def _floor(cells: Sequence[CellCurves]) -> float:
    """The entropy, if all losses say something of it."""
    entropies = [cell.reference.entropy for cell in cells if cell.reference is not None]
    return entropies[0] if entropies and says_nll(cells) else 0.0


def elevation(cells: Sequence[CellCurves], place: Place) -> str:
    """What the vertical axis says."""
    if not (place.log_y and place.floor):
        return loss_label(cells)
    words, _, _ = loss_label(cells).partition(",")
    unit = loss_unit(cells)
    return f"{words} − entropy, {unit}" if unit else f"{words} − entropy"


def draw_panel(
    axes: Axes, cells: Sequence[CellCurves], colours: Mapping[str, Look], place: Place, *, cased: bool = False
) -> None:
    """Draw `cells` in their colours; `cased`: medians with a white edge, to be seen among lines of the same colour."""
    for cell in cells:
        _cell(axes, cell, colours[series(cell)], place, drawn_runs(cell, len(cells)), cased=cased)
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    if reference is not None and says_nll(cells):
        _references(axes, reference, place)
    if place.log_x:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    if place.log_y:
        axes.set_yscale("log")
        plain_ticks(axes.yaxis)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.set_xlim(*place.across)
    axes.set_ylim(*place.limits)


def _cell(axes: Axes, cell: CellCurves, look: Look, place: Place, runs: Sequence[int], *, cased: bool) -> None:
    x = place.x(cell.places)
    marker = "o" if cell.epochs == 1 else None
    for row in place.y(until_divergence(cell)[runs]):
        thin: dict[str, Any] = {"linewidth": 0.4, "alpha": 0.4, "marker": marker, "markersize": 2.5}
        axes.plot(x, row, color=look.colour, zorder=2, **thin)
    lower, median, upper = place.y(quartiles(cell))
    if np.isfinite(median).any():
        axes.fill_between(x, lower, upper, color=look.colour, alpha=0.22, linewidth=0, zorder=3)
        thick: dict[str, Any] = {"linestyle": look.dash, "marker": marker, "markersize": 4, "linewidth": 1.3}
        if cased:
            thick["path_effects"] = [Stroke(linewidth=2.6, foreground=PAPER), Normal()]
        axes.plot(x, median, color=look.colour, zorder=4, **thick)
    shown = {cell.seeds[one] for one in runs}
    (left, right), (low, high) = place.across, place.limits
    for end in [point for point in divergence_points(cell) if point.seed in shown]:
        epoch = float(place.x(np.array([end.epoch]))[0])
        loss = high if end.loss is None else float(np.clip(end.loss - place.floor * place.log_y, low, high))
        if left <= epoch <= right:
            axes.plot([epoch], [loss], color=look.colour, clip_on=False, zorder=6, **CROSS)


def _references(axes: Axes, reference: Reference, place: Place) -> None:
    lines = [
        (reference.entropy, "entropy", "top", (0, (5, 2))),
        (reference.gaussian, "Gaussian", "bottom", (0, (1, 1.5))),
    ]
    low, high = place.limits
    for value, name, side, dash in lines:
        at = value - place.floor * place.log_y
        if not low <= at <= high:
            continue
        axes.axhline(at, color=QUIET, linewidth=0.8, linestyle=dash, zorder=5)
        axes.annotate(
            f"{name} {value:.3f}",
            (1.0, at),
            xycoords=("axes fraction", "data"),
            xytext=(-1, -1.5 if side == "top" else 1.5),
            textcoords="offset points",
            ha="right",
            va=side,
            fontsize=in_points(7),
            color=INK,
            zorder=7,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.4},
        )
