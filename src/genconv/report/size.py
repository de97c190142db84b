"""How large figures are printed, and for what: paper or slides."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from matplotlib.collections import Collection as Marks
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from genconv.errors import InputError, unknown_name
from genconv.report.style import SCALES, PaperFigure, Style

_INCH = 25.4
_SMALLEST, _LARGEST = 20.0, 2000.0


@dataclass(frozen=True)
class Size:
    """A style, and width and height in millimetres; None for what the figure itself needs."""

    style: Style = "paper"
    width: float | None = None
    height: float | None = None

    def __post_init__(self) -> None:
        if self.style not in get_args(Style):
            raise unknown_name("style", self.style, get_args(Style))
        for name, length in (("width", self.width), ("height", self.height)):
            if length is not None and not _SMALLEST <= length <= _LARGEST:
                raise InputError(f"{name} = {length:g} mm: must be from {_SMALLEST:g} to {_LARGEST:g}")

    def fitted(self, figure: PaperFigure) -> PaperFigure:
        """The same figure in this size; pictures of images keep their shape, for their pixels are square."""
        _thicken(figure, SCALES[self.style])
        if self.width is None and self.height is None:
            return figure
        width, height = figure.get_size_inches().tolist()
        if figure.rigid:
            ratios = [new / _INCH / old for new, old in ((self.width, width), (self.height, height)) if new]
            figure.set_size_inches(width * min(ratios), height * min(ratios))
            for text in figure.findobj(Text):
                text.set_fontsize(min(ratios) * text.get_fontsize())
        else:
            figure.set_size_inches((self.width or width * _INCH) / _INCH, (self.height or height * _INCH) / _INCH)
        return figure


PRINTED = Size()
"""For paper, as large as each figure needs."""


def _thicken(figure: PaperFigure, scale: float) -> None:
    """Lines and marks follow the type, which is larger already."""
    if scale == 1:
        return
    for line in figure.findobj(Line2D):
        line.set_linewidth(scale * line.get_linewidth())
        line.set_markersize(scale * line.get_markersize())
        line.set_markeredgewidth(scale * line.get_markeredgewidth())
    for mark in figure.findobj(Patch):
        mark.set_linewidth(scale * mark.get_linewidth())
    for marks in figure.findobj(Marks):
        marks.set_linewidth((scale * np.atleast_1d(marks.get_linewidth())).tolist())
