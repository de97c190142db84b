"""How a model that draws in steps comes to its images: a strip of canvases, with the windows it attends to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from genconv.report.choice import Picked, evenly
from genconv.report.figures.colours import PALETTE
from genconv.report.figures.image_grid import GAP, Tiles, is_drawing, on_paper, tone_sentence
from genconv.report.figures.layout import LINE, DotFigure
from genconv.report.figures.style import PAGE, RESOLUTION, PaperFigure, in_points, styled
from genconv.report.labels import wrapped
from genconv.report.stored_images import Grey
from genconv.store.arrays import Arrays

WINDOWS: Mapping[str, str] = {"read": PALETTE[0], "write": PALETTE[1]}
"""Colours of the windows."""
_ROWS, _COLUMNS = 4, 12
"""Examples of each kind, and steps, at most."""
_SIDE = 118
"""Dots of an image's width at most."""
_MARGIN, _AROUND = 4, 12


@dataclass(frozen=True)
class Strip:
    """The steps of some images, and what they are of."""

    name: str
    canvases: Grey
    """Shape (n, T, h, w)."""
    windows: Mapping[str, NDArray[np.floating]]
    """`read` and `write`, each (n, T, 3), where there are any."""
    inputs: Grey | None


def strips(arrays: Arrays) -> list[Strip]:
    """What a run keeps of its steps: generation, then reconstruction."""
    found = []
    for name in ("generation", "reconstruction"):
        canvases, inputs = arrays.get(f"{name}.canvases"), arrays.get(f"{name}.inputs")
        if canvases is None:
            continue
        windows = {kind: arrays[f"{name}.{kind}"] for kind in WINDOWS if f"{name}.{kind}" in arrays}
        fitting = {kind: values for kind, values in windows.items() if values.shape[:2] == canvases.shape[:2]}
        given = inputs if inputs is not None and len(inputs) == len(canvases) else None
        found.append(Strip(name, canvases, fitting, given))
    return found


@styled
def drawing_figure(picked: Picked, label: str) -> PaperFigure | None:
    """Draw a row an example, a column a step; None for a model that does not draw in steps."""
    kinds = strips(picked.arrays)
    if not kinds:
        return None
    drawing = is_drawing([picked.arrays])
    steps = evenly(kinds[0].canvases.shape[1], _COLUMNS)
    figure = _drawn(kinds, steps, f"{label}, {picked.note}", drawing)
    attends = any(strip.windows for strip in kinds)
    figure.caption = _caption(f"{label}, {picked.note}", kinds, drawing)
    marked = ", with the windows that it reads and writes" if attends else ""
    figure.alt = f"Canvases of {label}, {picked.note}, step by step{marked}."
    return figure


def _drawn(kinds: Sequence[Strip], steps: Sequence[int], title: str, drawing: bool) -> DotFigure:
    given = any(strip.inputs is not None for strip in kinds)
    tiles = _fitted(kinds[0].canvases, len(steps) + given)
    step = tiles.size(0, 1)[1] - GAP
    heading = wrapped(title, 88)
    top = LINE * (heading.count("\n") + 1) + 14
    heights = [tiles.size(min(_ROWS, len(strip.canvases)), 1)[0] + 2 * LINE + _AROUND for strip in kinds]
    figure = DotFigure(round(PAGE * RESOLUTION), top + sum(heights))
    figure.write(heading, _MARGIN, 4, fontweight="bold", fontsize=in_points(8))
    _key(figure, [kind for kind in WINDOWS if any(kind in strip.windows for strip in kinds)])
    for strip, high in zip(kinds, heights, strict=True):
        left = _MARGIN + given * (step + GAP + _AROUND)
        figure.write(strip.name, _MARGIN, top, fontweight="bold")
        for column, number in enumerate(steps):
            text = f"step {number + 1}" if column == 0 else str(number + 1)
            figure.write(text, left + (column + 0.5) * step, top + 2 * LINE - 6, ha="center", va="bottom")
        _strip(figure, strip, tiles, steps, (left, top + 2 * LINE), drawing)
        if strip.inputs is not None:
            inputs = on_paper(strip.inputs[:_ROWS], drawing)
            figure.write("input", _MARGIN + step / 2, top + 2 * LINE - 6, ha="center", va="bottom")
            figure.place(tiles.painted([[image] for image in inputs]), _MARGIN, top + 2 * LINE)
        top += high
    return figure


def _fitted(canvases: Grey, columns: int) -> Tiles:
    """How large the images are if so many fit side by side."""
    height, width = canvases.shape[2:]
    room = (round(PAGE * RESOLUTION) - 2 * _MARGIN - 2 * GAP - _AROUND) // columns - GAP
    return Tiles(height, width, max(1, min(_SIDE, room) // width))


def _strip(
    figure: DotFigure, strip: Strip, tiles: Tiles, steps: Sequence[int], corner: tuple[int, int], drawing: bool
) -> None:
    canvases = on_paper(strip.canvases[:_ROWS, list(steps)], drawing)
    axes = figure.place(tiles.painted([list(row) for row in canvases]), *corner)
    for kind, windows in strip.windows.items():
        for row in range(len(canvases)):
            for column, step in enumerate(steps):
                _window(axes, tiles.window(row, column, windows[row, step]), WINDOWS[kind])


def _window(axes: Axes, box: tuple[float, float, float, float] | None, colour: str) -> None:
    if box is not None:
        left, top, right, bottom = box
        size = (right - left, bottom - top)
        axes.add_patch(Rectangle((left, top), *size, fill=False, edgecolor=colour, linewidth=0.9, snap=False))


def _key(figure: DotFigure, kinds: Sequence[str]) -> None:
    handles = [Line2D([], [], color=WINDOWS[kind], linewidth=1.4, label=f"{kind} window") for kind in kinds]
    if handles:
        figure.legend(handles=handles, loc="upper right", ncols=len(handles), borderaxespad=0.0, borderpad=0.2)


def _caption(which: str, kinds: Sequence[Strip], drawing: bool) -> str:
    names = " and ".join(strip.name for strip in kinds)
    sentences = [f"{which}, after training: {names} step by step, the expected image of the canvas after each step."]
    if any(strip.windows for strip in kinds):
        sentences.append(
            "Rectangles are the windows that the attention reads and writes in that step, cut at the edge."
        )
    return " ".join([*sentences, tone_sentence(drawing)])
