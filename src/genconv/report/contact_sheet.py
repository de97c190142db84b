"""Many images on one sheet, as a PNG file."""

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genconv.errors import InputError
from genconv.report.stored_images import grey
from genconv.report.tiles import Tiles, in_rows, is_drawing, on_paper

MOST = 10_000
"""Images on a sheet."""
_WIDTH = 1400
"""Dots to which small sheets are enlarged, by a whole factor up to four."""


def contact_sheet(images: NDArray[Any]) -> bytes:
    """Images (n, h, w) with values from 0 to 1, row by row on an about square sheet; light strokes become dark ink.

    `InputError` for points instead of images.
    """
    if images.ndim != 3:
        raise InputError("samples of this run are points, no images: --format npy writes them")
    values = grey(images)
    count, height, width = values.shape
    columns = math.ceil(math.sqrt(count * height / width))
    zoom = int(np.clip(_WIDTH // (columns * width), 1, 4))
    shown = on_paper(values, is_drawing([{"samples": values}]))
    file = io.BytesIO()
    Image.fromarray(Tiles(height, width, zoom).painted(in_rows(shown, columns))).save(file, format="png", optimize=True)
    return file.getvalue()
