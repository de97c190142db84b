"""What one run made of the same noise and the same inputs, epoch after epoch."""

from collections.abc import Sequence

import numpy as np

from genconv.report.choice import Choice, Picked
from genconv.report.figures.colours import QUIET
from genconv.report.figures.image_grid import GAP, Tiles, is_drawing, on_paper, tone_sentence
from genconv.report.figures.layout import LINE, DotFigure
from genconv.report.figures.style import COLUMN, PAGE, RESOLUTION, PaperFigure, in_points, styled
from genconv.report.labels import wrapped
from genconv.report.stored_images import Grey
from genconv.store.arrays import Arrays

_NAMES, _MIDDLE, _AROUND = 124, 26, 10
"""Dots: the epochs at the side, the space between the blocks, the space below."""
_SIDES = {1: 90, 2: 60}
"""Dots to which the width of small images is enlarged, by the number of blocks."""


@styled
def learning_figure(picked: Picked, label: str, choice: Choice) -> PaperFigure | None:
    """Draw a row an epoch: samples at the left, reconstructions at the right under their inputs.

    None if no pictures of the chosen epochs were kept.
    """
    epochs = [int(epoch) for epoch in picked.arrays.get("snapshots.epochs", ())]
    places, blocks = choice.places(epochs), _blocks(picked.arrays, len(epochs))
    if not places or not blocks:
        return None
    drawing = is_drawing([picked.arrays])
    shown = [epochs[place] for place in places]
    figure = _drawn(picked, blocks, places, f"{label}, {picked.note}", drawing)
    figure.caption = _caption(picked, label, blocks, (shown, len(epochs)), drawing)
    what = " and ".join(blocks)
    figure.alt = f"{what.capitalize()} of {label}, {picked.note}, a row an epoch: {_listed(shown)}."
    return figure


@styled
def nothing_left(label: str, count: int) -> PaperFigure:
    """Say that every run of a cell diverged."""
    text = wrapped(label, 52)
    figure = DotFigure(round(COLUMN * RESOLUTION), LINE * (text.count("\n") + 3) + _AROUND)
    figure.write(text, 4, 4, fontweight="bold", fontsize=in_points(8))
    figure.write(f"no run left: {count} of {count} diverged", 4, LINE * (text.count("\n") + 1.6), color=QUIET)
    figure.caption = f"{label}: no run left, {count} of {count} diverged."
    figure.alt = figure.caption
    return figure


def _blocks(arrays: Arrays, epochs: int) -> dict[str, Grey]:
    """Pictures (P, n, h, w) by kind; reconstructions only if they differ from the inputs."""
    blocks = {name: arrays.get(f"snapshots.{name}") for name in ("samples", "reconstructions")}
    found = {name: values for name, values in blocks.items() if values is not None and len(values) == epochs}
    inputs, copies = arrays.get("snapshots.inputs"), found.get("reconstructions")
    if copies is not None and (inputs is None or copies.shape[1:] != inputs.shape or (copies == inputs).all()):
        found.pop("reconstructions")
    return found


def _drawn(picked: Picked, blocks: dict[str, Grey], places: Sequence[int], title: str, drawing: bool) -> DotFigure:
    tiles, columns = _fitted(blocks)
    heading = wrapped(title, 88)
    head = LINE * (heading.count("\n") + 2) + 12
    given = "reconstructions" in blocks
    step = tiles.size(1, 0)[0] - GAP
    above = (step + 8) * given
    high, wide = tiles.size(len(places), columns)
    figure = DotFigure(round(PAGE * RESOLUTION), head + above + high + _AROUND)
    figure.write(heading, 4, 4, fontweight="bold", fontsize=in_points(8))
    for number, (name, pictures) in enumerate(blocks.items()):
        left = _NAMES + number * (wide + _MIDDLE)
        figure.write(name, left + GAP - 1, head - 6 + above * (name == "samples"), va="bottom")
        rows = [list(on_paper(pictures[place, :columns], drawing)) for place in places]
        figure.place(tiles.painted(rows), left, head + above)
        if name == "reconstructions":
            inputs = on_paper(picked.arrays["snapshots.inputs"][:columns], drawing)
            figure.place(tiles.painted([list(inputs)]), left, head)
            figure.write("inputs", left - _MIDDLE / 2, head + step / 2, ha="right", va="center")
    for row, place in enumerate(places):
        epoch = f"epoch {int(picked.arrays['snapshots.epochs'][place])}"
        figure.write(epoch, _NAMES - 10, head + above + (row + 0.5) * step, ha="right", va="center")
    return figure


def _fitted(blocks: dict[str, Grey]) -> tuple[Tiles, int]:
    """How large the images are and how many of each kind fit side by side."""
    height, width = next(iter(blocks.values())).shape[2:4]
    zoom = max(1, _SIDES[len(blocks)] // width)
    paper = round(PAGE * RESOLUTION) - _NAMES - _MIDDLE * (len(blocks) - 1) - 4
    tiles = Tiles(height, width, zoom)
    return tiles, max(1, min(tiles.fitting(paper // len(blocks)), *(len(each[0]) for each in blocks.values())))


def _caption(picked: Picked, label: str, blocks: dict[str, Grey], epochs: tuple[list[int], int], drawing: bool) -> str:
    shown, kept = epochs
    several = "epochs" if len(shown) > 1 else "epoch"
    sentences = [
        f"{label}, {picked.note}, after {several} {_listed(shown)}"
        + (f" ({kept} are kept)." if kept > len(shown) else ".")
    ]
    if "samples" in blocks:
        sentences.append("Samples: every column is the same noise in all epochs.")
    if "reconstructions" in blocks:
        sentences.append("Reconstructions: of the test images on top, with the same noise in all epochs.")
    elif "snapshots.reconstructions" in picked.arrays:
        sentences.append("Reconstructions are left out: this model gives its inputs back exactly.")
    if "reconstructions" in blocks:
        sentences.append("All are expected images E[x | z].")
    return " ".join([*sentences, tone_sentence(drawing)])


def _listed(epochs: Sequence[int]) -> str:
    words = [str(epoch) for epoch in np.asarray(epochs)]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
