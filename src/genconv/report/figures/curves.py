"""The loss curves of every run, with their median and interquartile range; models that coincide once more, enlarged."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from genconv.curves import CellCurves
from genconv.report.curve_geometry import until_divergence
from genconv.report.figures.colours import INK, QUIET, Look, looks
from genconv.report.figures.curve_panel import CROSS, Place, draw_panel, elevation
from genconv.report.figures.curve_sheet import Sheet
from genconv.report.figures.enlarging import Enlarged, enlarged
from genconv.report.figures.style import PaperFigure, asked, styled
from genconv.report.format import listed
from genconv.report.labels import (
    bound_note,
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
from genconv.report.limits import runs_note
from genconv.report.words import short

_FRAME = 0.05
"""Height of the frame around what is enlarged, at least, as a share of the panel: it hides no line."""


@styled
def curves_figure(
    cells: Sequence[CellCurves],
    colours: Mapping[str, Look] | None = None,
    split: str = "validation",
    over: str = "epochs",
) -> PaperFigure:
    """Draw the validation curves, one panel per dataset and protocol, models in colour.

    `cells` have losses that may share an axis (`labels.by_measure`). `split` and `over` say what the curves are of, and
    whether their places are epochs or optimizer steps (`statistics.quantity`). Models whose medians end too close to be
    told apart are drawn a second time, enlarged: beside the panel, or below it in one column.
    """
    colours = colours or looks(series(cell) for cell in cells)
    panels = by_protocol(cells)
    places = {key: Place.of(group, [one for one in cells if one.dataset == key[0]]) for key, group in panels.items()}
    zooms = {key: enlarged(group, places[key]) for key, group in panels.items() if asked().style == "paper"}
    sheet = Sheet.of([len(zooms.get(key, ())) for key in panels])
    figure, grid = sheet.figure(_handles(cells, colours, sheet.name), _key(cells))
    for line, ((dataset, protocol), group) in zip(grid, panels.items(), strict=True):
        draw_panel(line[0], group, colours, places[dataset, protocol])
        line[0].set_title(wrapped(panel_title(dataset, protocol), sheet.title))
        line[0].set_ylabel(f"{split} {elevation(group, places[dataset, protocol])}")
        for axes, zoom in zip(line[1:], zooms.get((dataset, protocol), ()), strict=True):
            _enlarged(axes, line[0], zoom, colours, sheet.title)
        for axes in line:
            axes.set_xlabel(one_counted(group) if over == "epochs" else "optimizer step")
    where = ("below" if sheet.narrow else "at the right") if any(zooms.values()) else ""
    figure.caption = f"{_caption(cells, split, where)} {_cut_words(panels, places)}".strip()
    datasets = ", ".join(sorted({cell.dataset for cell in cells}))
    figure.alt = f"Line chart of {split} {loss_label(cells)} against {over} on {datasets}."
    return figure


def _enlarged(axes: Axes, whole: Axes, zoom: Enlarged, colours: Mapping[str, Look], letters: int) -> None:
    draw_panel(axes, zoom.cells, colours, zoom.place, cased=True)
    named = listed([series(cell) for cell in zoom.cells], 4)
    axes.set_title(wrapped(f"enlarged: {named}", letters), fontweight="normal")
    (left, right), (low, high) = zoom.place.across, zoom.place.limits
    least = _FRAME * (whole.get_ylim()[1] - whole.get_ylim()[0])
    low, high = low - max(least - (high - low), 0) / 2, max(high, low + least)
    frame: dict[str, Any] = {"facecolor": "none", "edgecolor": QUIET, "linewidth": 0.7, "zorder": 8}
    whole.add_patch(Rectangle((left, low), right - left, high - low, **frame))
    for spine in axes.spines.values():
        spine.set(visible=True, color=QUIET, linewidth=0.7)


def _handles(cells: Sequence[CellCurves], colours: Mapping[str, Look], width: int) -> list[Line2D]:
    """A line a model, with how many of its runs diverged; with the protocol where they differ."""
    several = len({(cell.dataset, cell.protocol) for cell in cells}) > 1
    told: dict[str, list[CellCurves]] = {}
    for group in by_protocol(cells).values():
        for cell in group:
            told.setdefault(series(cell), []).append(cell)
    handles = []
    for name, own in told.items():
        notes = [f"{cell.protocol}: {diverged(cell)}" if several else diverged(cell) for cell in own if diverged(cell)]
        told_of = f" ({'; '.join(notes)})" if notes else ""
        label = f"{measured_series(own[0], cells)}{told_of}"
        look = colours[name]
        handles.append(
            Line2D([], [], linewidth=1.6, label=wrapped(label, width), color=look.colour, linestyle=look.dash)
        )
    return handles


def _key(cells: Sequence[CellCurves]) -> list[Line2D | Patch]:
    several = any(len(cell.seeds) - int(cell.diverged.sum()) > 1 for cell in cells)
    handles: list[Line2D | Patch] = [Line2D([], [], color=INK, linewidth=0.5, alpha=0.7, label="one run")]
    if several:
        handles.append(Line2D([], [], color=INK, linewidth=1.3, label="median"))
        handles.append(Patch(facecolor=INK, alpha=0.22, linewidth=0, label="quartiles"))
    if any(cell.diverged.any() for cell in cells):
        handles.append(Line2D([], [], color=INK, label="diverged", **CROSS))
    return handles


def _cut_words(panels: Mapping[tuple[str, str], Sequence[CellCurves]], places: Mapping[tuple[str, str], Place]) -> str:
    """That curves go on above the panels, and up to where; empty where they do not."""
    cut: dict[str, tuple[float, float]] = {}
    for key, group in panels.items():
        place, losses = places[key], np.concatenate([until_divergence(cell).ravel() for cell in group])
        end, most = place.limits[1] + place.floor * place.log_y, float(np.nanmax(losses, initial=-np.inf))
        if most > end:
            cut[key[0]] = (end, max(most, cut.get(key[0], (end, most))[1]))
    found = [
        f"{short(end)}{f' on {dataset}' * (len(cut) > 1)} (up to {short(most)})" for dataset, (end, most) in cut.items()
    ]
    return f"Losses above {listed(found)} are not shown." if found else ""


def _caption(cells: Sequence[CellCurves], split: str, enlarged_at: str) -> str:
    what = f"{split.capitalize()} {loss_label(cells)}"
    sentences = [f"{what}; {runs_phrase(cells)} per model, one thin line per run."]
    if any(len(cell.seeds) > 1 for cell in cells):
        sentences.append("Thick line and band: median and quartiles over the runs that did not diverge.")
    if note := bound_note(cell.measure for cell in cells):
        sentences.append(note)
    if enlarged_at:
        told = f"Models that end close together are enlarged {enlarged_at}; a frame shows which part that is."
        sentences.append(told)
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
