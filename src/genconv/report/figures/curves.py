"""The loss curves of every run, with their median and interquartile range."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from genconv.curves import CellCurves, Reference
from genconv.report.curve_geometry import divergence_points, loss_limits, quartiles, until_divergence
from genconv.report.figures.style import COLUMN, INK, PAGE, PAPER, QUIET, Look, PaperFigure, in_points, looks, styled
from genconv.report.labels import (
    by_protocol,
    diverged,
    divergence_sentence,
    loss_label,
    measured_series,
    one_counted,
    panel_title,
    runs_phrase,
    says_nll,
    series,
    wrapped,
)
from genconv.report.limits import drawn_runs, runs_note

_THIN: Mapping[str, Any] = {"linewidth": 0.4, "alpha": 0.4}
_WIDEST = 48
"""Characters on one line of a panel's legend."""
_CROSS: Mapping[str, Any] = {"marker": "x", "markersize": 4.5, "markeredgewidth": 1.1, "linestyle": "none"}


@styled
def curves_figure(
    cells: Sequence[CellCurves],
    colours: Mapping[str, Look] | None = None,
    split: str = "validation",
    over: str = "epochs",
) -> PaperFigure:
    """Draw the validation curves, one panel per dataset and protocol, models in colour.

    `cells` have losses that may share an axis (`labels.by_measure`). `split` and `over` say what the curves are of, and
    whether their places are epochs or optimizer steps (`statistics.quantity`).
    """
    colours = colours or looks(series(cell) for cell in cells)
    panels = by_protocol(cells)
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    names = max(_legend_lines(group, cells) for group in panels.values())
    figure = PaperFigure(COLUMN if columns == 1 else PAGE, (2.45 + 0.145 * names) * rows + 0.2 + 0.145 * (columns == 1))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, ((dataset, protocol), group) in zip(grid, panels.items(), strict=False):
        _panel(axes, group, colours, loss_limits([cell for cell in cells if cell.dataset == dataset]))
        axes.set_ylabel(f"{split} {loss_label(group)}")
        axes.set_xlabel(one_counted(group) if over == "epochs" else "optimizer step")
        _legend(axes, group, cells, colours)
        axes.set_title(panel_title(dataset, protocol))
    for axes in grid[len(panels) :]:
        axes.remove()
    _key(figure, cells)
    figure.caption = _caption(cells, split)
    datasets = ", ".join(sorted({cell.dataset for cell in cells}))
    figure.alt = f"Line chart of {split} {loss_label(cells)} against {over} on {datasets}."
    return figure


def _panel(axes: Axes, cells: Sequence[CellCurves], colours: Mapping[str, Look], limits: tuple[float, float]) -> None:
    low, high = limits
    for cell in cells:
        _cell(axes, cell, colours[series(cell)], (low, high), drawn_runs(cell, len(cells)))
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    if reference is not None and says_nll(cells):
        _references(axes, reference, high)
    last = max(float(cell.places.max(initial=0.0)) for cell in cells)
    first = min(0.0, *(float(cell.places.min(initial=0.0)) for cell in cells))
    axes.set_xlim(*((first - 0.02 * last, 1.02 * last) if last > first else (first - 0.5, first + 0.5)))
    axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))


def _cell(axes: Axes, cell: CellCurves, look: Look, limits: tuple[float, float], drawn: Sequence[int]) -> None:
    low, high = limits
    span = high - low
    epochs = cell.places
    marker = "o" if cell.epochs == 1 else None
    curves = np.clip(until_divergence(cell)[drawn], low - 20 * span, high + 20 * span)
    for row in curves:
        axes.plot(epochs, row, color=look.colour, marker=marker, markersize=2.5, zorder=2, **_THIN)
    lower, median, upper = np.clip(quartiles(cell), low - 20 * span, high + 20 * span)
    if np.isfinite(median).any():
        axes.fill_between(epochs, lower, upper, color=look.colour, alpha=0.22, linewidth=0, zorder=3)
        axes.plot(
            epochs,
            median,
            color=look.colour,
            linestyle=look.dash,
            marker=marker,
            markersize=4,
            linewidth=1.3,
            zorder=4,
        )
    shown = {cell.seeds[place] for place in drawn}
    for end in [point for point in divergence_points(cell) if point.seed in shown]:
        loss = high if end.loss is None else min(max(end.loss, low), high)
        axes.plot([end.epoch], [loss], color=look.colour, clip_on=False, zorder=6, **_CROSS)


def _references(axes: Axes, reference: Reference, high: float) -> None:
    lines = [
        (reference.entropy, "entropy", "top", (0, (5, 2))),
        (reference.gaussian, "Gaussian", "bottom", (0, (1, 1.5))),
    ]
    for value, name, side, dash in lines:
        if value > high:
            continue
        axes.axhline(value, color=QUIET, linewidth=0.8, linestyle=dash, zorder=5)
        axes.annotate(
            f"{name} {value:.3f}",
            (1.0, value),
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


def _legend(axes: Axes, group: Sequence[CellCurves], cells: Sequence[CellCurves], colours: Mapping[str, Look]) -> None:
    handles = [
        Line2D([], [], linewidth=1.8, label=name, color=look.colour, linestyle=look.dash)
        for name, look in zip(_names(group, cells), (colours[series(cell)] for cell in group), strict=True)
    ]
    columns = _legend_columns(_names(group, cells))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.19), ncols=columns)


def _names(group: Sequence[CellCurves], cells: Sequence[CellCurves]) -> list[str]:
    """Each cell's series, what its loss says where that differs, and how many runs diverged."""
    several = {cell.label: measured_series(cell, cells) for cell in group}
    notes = [f" ({diverged(cell)})" if diverged(cell) else "" for cell in group]
    return [wrapped(f"{several[cell.label]}{note}", _WIDEST) for cell, note in zip(group, notes, strict=True)]


def _legend_columns(names: Sequence[str]) -> int:
    return 2 if len(names) > 1 and all(len(name) <= _WIDEST // 2 for name in names) else 1


def _legend_lines(group: Sequence[CellCurves], cells: Sequence[CellCurves]) -> int:
    names = _names(group, cells)
    return -(-sum(1 + name.count("\n") for name in names) // _legend_columns(names))


def _key(figure: PaperFigure, cells: Sequence[CellCurves]) -> None:
    several = any(len(cell.seeds) - int(cell.diverged.sum()) > 1 for cell in cells)
    handles: list[Line2D | Patch] = [Line2D([], [], color=INK, linewidth=0.5, alpha=0.7, label="one run")]
    if several:
        handles.append(Line2D([], [], color=INK, linewidth=1.3, label="median"))
        handles.append(Patch(facecolor=INK, alpha=0.22, linewidth=0, label="interquartile range"))
    if any(cell.diverged.any() for cell in cells):
        handles.append(Line2D([], [], color=INK, label="diverged", **_CROSS))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2 if figure.get_figwidth() < PAGE else 4,
        borderaxespad=0.2,
    )


def _caption(cells: Sequence[CellCurves], split: str) -> str:
    what = f"{split.capitalize()} {loss_label(cells)}"
    sentences = [f"{what}; {runs_phrase(cells)} per model, one thin line per run."]
    if any(len(cell.seeds) > 1 for cell in cells):
        sentences.append("Thick line and band: median and interquartile range over the runs that did not diverge.")
    if any(cell.diverged.any() for cell in cells):
        sentences.append(
            "A diverged run ends in a cross, at the upper edge if it never had a number or left the panel."
        )
    sentences += [divergence_sentence(cells), *filter(None, map(runs_note, by_protocol(cells).values()))]
    if any(cell.reference is not None for cell in cells) and says_nll(cells):
        sentences.append(
            "Entropy: that of the data, the floor of every NLL; "
            "Gaussian: cross-entropy of the Gaussian with the data's mean and covariance."
        )
    return " ".join(sentences)
