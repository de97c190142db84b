"""A figure whose images land on whole dots of the printed file, so that no pixel is blurred or unequal."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from genconv.report.stored_images import Grey
from genconv.report.style import RESOLUTION, PaperFigure, in_points

LINE = 27
"""Dots from one line of text of a picture to the next."""


class DotFigure(PaperFigure):
    """Width and height in dots at `RESOLUTION`; places are counted from the top left corner."""

    def __init__(self, width: int, height: int) -> None:
        # A hair more, or rounding would cut the last row off.
        super().__init__((width + 0.01) / RESOLUTION, (height + 0.01) / RESOLUTION)
        self.set_layout_engine("none")
        self.rigid = True
        self.dots = (width, height)

    def place(self, dots: Grey, left: int, top: int) -> Axes:
        """Put an image at a place, each of its values one dot; the axes count in dots from its corner."""
        height, width = dots.shape
        across, down = self.dots
        axes = self.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
        colours = np.repeat(dots[:, :, None], 3, axis=2)
        axes.imshow(colours, interpolation="nearest", aspect="auto", extent=(0, width, height, 0))
        axes.set_axis_off()
        return axes

    def write(self, text: str, left: float, top: float, **style: Any) -> None:
        """Write a text with its upper left corner, or where `style` says, at a place."""
        across, down = self.dots
        self.text(left / across, 1 - top / down, text, **{"va": "top", "fontsize": in_points(7), **style})
