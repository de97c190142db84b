"""The canvases of a model that draws in steps, as an animated GIF."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from genconv.report.choice import Picked
from genconv.report.figures.drawing import WINDOWS, Strip, strips
from genconv.report.figures.image_grid import Tiles, is_drawing, on_paper, tone_sentence
from genconv.report.stored_images import Grey

LIMIT = 300_000
"""Bytes of a GIF: with more, fewer greys are used, then fewer images, then smaller ones."""
_TRIES = ((64, 84, 8), (32, 84, 8), (16, 84, 8), (16, 84, 4), (16, 56, 4), (16, 28, 4), (8, 28, 4), (4, 28, 2))
"""Greys, dots of an image's width, examples."""
_LINE, _MARGIN, _FONT, _WIDTH = 20, 6, 13, 420
"""Dots: a line of text, the space around, letters, and the width at least."""
_STEP, _LONG, _HOLD = 300, 100, 2000
"""Milliseconds: a step, a step of more than thirty, the last one."""


@dataclass(frozen=True)
class Animation:
    """A GIF with what goes under it and what stands for it if unseen."""

    data: bytes
    caption: str
    alt: str


@dataclass(frozen=True)
class _Row:
    """Images in one row of the frames: (n, T, h, w), and the windows (n, T, 3) drawn on them."""

    name: str
    images: Grey
    kind: str
    windows: NDArray[np.floating] | None


def animation(picked: Picked, label: str) -> Animation | None:
    """A frame a step; the same bytes every time. None for a model that does not draw in steps."""
    kinds = strips(picked.arrays)
    if not kinds:
        return None
    drawing = is_drawing([picked.arrays])
    rows = [row for strip in kinds for row in _rows(strip, drawing)]
    data = b""
    for greys, side, examples in _TRIES:
        data = _encoded(rows, greys, side, examples, f"{label}, {picked.note}")
        if len(data) < LIMIT:
            break
    steps, attends = kinds[0].canvases.shape[1], any(strip.windows for strip in kinds)
    marked = " Rectangles are the windows that the attention reads and writes." if attends else ""
    names = " and ".join(strip.name for strip in kinds)
    caption = f"{label}, {picked.note}: {names} in {steps} steps.{marked} {tone_sentence(drawing)}"
    return Animation(data, caption, f"Animation of {label}, {picked.note}: canvases in {steps} steps.")


def _rows(strip: Strip, drawing: bool) -> list[_Row]:
    """Canvases with what is written; above them the inputs, with what is read."""
    canvases = on_paper(strip.canvases, drawing)
    rows = [_Row(strip.name, canvases, "write", strip.windows.get("write"))]
    if strip.inputs is not None:
        given = np.broadcast_to(on_paper(strip.inputs, drawing)[:, None], canvases.shape)
        rows.insert(0, _Row("input", given, "read", strip.windows.get("read")))
    return rows


def _encoded(rows: Sequence[_Row], greys: int, side: int, examples: int, title: str) -> bytes:
    height, width = rows[0].images.shape[2:]
    tiles = Tiles(height, width, max(1, side // width))
    steps = rows[0].images.shape[1]
    palette = _palette(greys)
    frames = [Image.fromarray(_frame(rows, tiles, (step, steps), greys, examples, title)) for step in range(steps)]
    for frame in frames:
        frame.putpalette(palette)
    pace = _STEP if steps <= 30 else _LONG
    durations = [pace] * (steps - 1) + [_HOLD]
    file = io.BytesIO()
    options = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": 0, "optimize": False}
    frames[0].save(file, format="gif", **options)
    return file.getvalue()


def _frame(rows: Sequence[_Row], tiles: Tiles, at: tuple[int, int], greys: int, examples: int, title: str) -> Grey:
    """One step as places in the palette."""
    step, steps = at
    high, wide = tiles.size(1, min(examples, max(len(row.images) for row in rows)))
    width = max(wide, _WIDTH) + 2 * _MARGIN
    page = Image.new("L", (width, _LINE + len(rows) * (_LINE + high + _MARGIN)), 255)
    # The bar makes every step differ from the one before, or the encoder would merge equal frames.
    pen = ImageDraw.Draw(page)
    pen.text((_MARGIN, 3), f"step {step + 1} of {steps}: {title}", fill=0, font=_font())
    dots = np.array(page)
    dots[0:3, : -(-width * (step + 1) // steps)] = 96
    marks: list[tuple[NDArray[np.bool_], str]] = []
    for number, row in enumerate(rows):
        top = _LINE + number * (_LINE + high + _MARGIN)
        dots[top : top + _LINE] = _heading(row, width)
        painted = tiles.painted([list(row.images[:examples, step])])
        dots[top + _LINE : top + _LINE + high, _MARGIN : _MARGIN + painted.shape[1]] = painted
        if row.windows is not None:
            marks.append((_outlines(row.windows[:examples, step], tiles, dots.shape, top + _LINE), row.kind))
    indices: Grey = np.rint(dots * ((greys - 1) / 255)).astype(np.uint8)
    for mask, kind in marks:
        indices[mask] = greys + list(WINDOWS).index(kind)
    return indices


def _heading(row: _Row, width: int) -> Grey:
    line = Image.new("L", (width, _LINE), 255)
    window = f", {row.kind} window" if row.windows is not None else ""
    ImageDraw.Draw(line).text((_MARGIN, 2), f"{row.name}{window}", fill=0, font=_font())
    return np.array(line)


def _outlines(windows: NDArray[np.floating], tiles: Tiles, shape: tuple[int, ...], top: int) -> NDArray[np.bool_]:
    """Where the windows' outlines lie in a frame: two dots wide, one on small images, on the inside."""
    mask = np.zeros(shape, np.bool_)
    thick = 2 if tiles.zoom >= 3 else 1
    for column, window in enumerate(windows):
        box = tiles.window(0, column, window)
        if box is None:
            continue
        left, above, right, below = (round(edge) for edge in box)
        right, below = max(right, left + 1), max(below, above + 1)
        ring = mask[top + above : top + below, _MARGIN + left : _MARGIN + right]
        ring[:thick], ring[-thick:], ring[:, :thick], ring[:, -thick:] = True, True, True, True
    return mask


def _palette(greys: int) -> list[int]:
    levels = np.rint(np.linspace(0, 255, greys)).astype(int).repeat(3).tolist()
    colours = [part for colour in WINDOWS.values() for part in ImageColor.getrgb(colour)]
    return [*levels, *colours]


@cache
def _font() -> ImageFont.FreeTypeFont:
    """The face of the figures, which matplotlib brings along."""
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), _FONT)
