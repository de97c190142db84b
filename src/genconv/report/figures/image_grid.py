"""Images of one size in rows and columns, dot by dot, and many images on one sheet as a PNG file."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genconv.errors import InputError
from genconv.report.stored_images import Grey, grey
from genconv.store.arrays import Arrays

GAP = 4
"""Dots between images: the hairline around one, paper, and the hairline around the next."""
_PAPER, _RULE = 255, 217
_GREY = 3
"""Axes of an array of grey images."""
_STROKE = 64
"""Grey value below which a pixel counts as background of a drawing."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tiles:
    """Where images of `height` × `width` pixels lie, each pixel `zoom` × `zoom` dots."""

    height: int
    width: int
    zoom: int

    def size(self, rows: int, columns: int) -> tuple[int, int]:
        """Height and width in dots."""
        return rows * (self.height * self.zoom + GAP) + GAP, columns * (self.width * self.zoom + GAP) + GAP

    def fitting(self, dots: int) -> int:
        """How many columns fit into a width."""
        return (dots - GAP) // (self.width * self.zoom + GAP)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The dot of an image's first pixel, counted from the top and from the left."""
        top, left = self.size(row, column)
        return top, left

    def painted(self, rows: Sequence[Sequence[Grey]]) -> Grey:
        """The images in their places on white, with colours if they have some; rows may be of different lengths."""
        colours = next((image.shape[2:] for images in rows for image in images), ())
        dots = np.full((*self.size(len(rows), max(map(len, rows), default=0)), *colours), _PAPER, np.uint8)
        for row, images in enumerate(rows):
            for column, image in enumerate(images):
                top, left = self.corner(row, column)
                bottom, right = top + self.height * self.zoom, left + self.width * self.zoom
                dots[top - 1 : bottom + 1, left - 1 : right + 1] = _RULE
                dots[top:bottom, left:right] = image.repeat(self.zoom, axis=0).repeat(self.zoom, axis=1)
        return dots

    def window(self, row: int, column: int, window: NDArray[np.floating]) -> Box | None:
        """Left, top, right and bottom in dots of a window in an image, cut at its edge; None if it is outside.

        A window below one pixel is drawn as one, or it would not be seen.

        `window` is column and row of its centre, where 0 is the middle of the first pixel, and its side, in pixels.
        """
        x, y, side = map(float, window)
        if not np.isfinite([x, y, side]).all():
            return None
        side = max(side, 1.0)
        top, left = self.corner(row, column)
        low = np.clip([x + 0.5 - side / 2, y + 0.5 - side / 2], 0, [self.width, self.height]) * self.zoom
        high = np.clip([x + 0.5 + side / 2, y + 0.5 + side / 2], 0, [self.width, self.height]) * self.zoom
        if (high <= low).any():
            return None
        return left + float(low[0]), top + float(low[1]), left + float(high[0]), top + float(high[1])


def framed(height: int, width: int) -> Grey:
    """An empty sheet of so many dots with the same hairline."""
    dots = np.full((height, width), _PAPER, np.uint8)
    inside = dots[GAP - 1 : height - GAP + 1, GAP - 1 : width - GAP + 1]
    inside[[0, -1]], inside[:, [0, -1]] = _RULE, _RULE
    return dots


def in_rows(images: Grey, columns: int) -> list[list[Grey]]:
    """Images (n, h, w) or (n, h, w, 3) in rows of `columns`, the last as long as it gets."""
    return [list(images[start : start + columns]) for start in range(0, len(images), columns)]


def is_drawing(runs: Iterable[Arrays]) -> bool:
    """Whether images are light strokes on black: more than half of all pixels are nearly 0, of the data if kept.

    Images with colours are none.
    """
    runs = list(runs)
    shown = [one["snapshots.inputs"] for one in runs if "snapshots.inputs" in one] or [
        one["samples"] for one in runs if "samples" in one
    ]
    if any(images.ndim > _GREY for images in shown):
        return False
    return bool(shown) and float(np.mean([np.mean(images < _STROKE) for images in shown])) > 0.5


def on_paper(images: Grey, drawing: bool) -> Grey:
    """Light strokes on black as dark ink on white; anything else as it is."""
    return 255 - images if drawing else images


def tone_sentence(drawing: bool) -> str:
    """How to read the greys."""
    return "Shown as ink on paper: black is 1, white 0." if drawing else "Black is 0, white 1."


MOST = 10_000
"""Images on a sheet."""
_WIDTH = 1400
"""Dots to which small sheets are enlarged, by a whole factor up to four."""


def contact_sheet(images: NDArray[Any]) -> bytes:
    """Images (n, h, w) or (n, h, w, 3) with values from 0 to 1, row by row on an about square sheet; light strokes
    become dark ink.

    `InputError` for points instead of images.
    """
    if images.ndim not in (_GREY, _GREY + 1):
        raise InputError("samples of this run are points, no images: --format npy writes them")
    values = grey(images)
    count, height, width = values.shape[:3]
    columns = math.ceil(math.sqrt(count * height / width))
    zoom = int(np.clip(_WIDTH // (columns * width), 1, 4))
    shown = on_paper(values, is_drawing([{"samples": values}]))
    file = io.BytesIO()
    Image.fromarray(Tiles(height, width, zoom).painted(in_rows(shown, columns))).save(file, format="png", optimize=True)
    return file.getvalue()
