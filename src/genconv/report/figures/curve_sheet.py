"""The sheet of a figure of curves: panels and what is enlarged of them in the width there is, and the legend below."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from genconv.report.figures.layout import grid_shape
from genconv.report.figures.style import COLUMN, PAGE, SCALES, PaperFigure, asked

_HIGH, _LOW, _LINE = 2.35, 1.75, 0.145
"""Inches: a panel, an enlarged one below it, and a line of the legend."""
_TALLEST = 9.0
"""Inches of a page's text: what would be taller in one column takes both."""
_BOTH = 5.0
"""Inches of width from which panels stand beside each other."""
_LETTERS, _TITLE, _AXIS = 14.6, 13.0, 0.5
"""Characters of a legend and of a title in an inch; inches of an axis with its numbers."""
_MARK, _KEY = 7, 16
"""Characters that a legend's mark takes, and the key of lines and bands."""
_WIDEST = 34
"""Characters of a name on one line of the legend of a figure that is wider than a column."""


@dataclass(frozen=True)
class Sheet:
    """How the panels of a figure are laid: each has `zooms` enlarged parts."""

    zooms: tuple[int, ...]
    width: float
    """Inches, of the paper style: a slide has larger type on more inches."""

    @classmethod
    def of(cls, zooms: Sequence[int]) -> "Sheet":
        """In the width that is asked for; else in one column, unless that would be taller than a page."""
        size = asked()
        if size.width is not None:
            return cls(tuple(zooms), size.width / 25.4 / SCALES[size.style])
        narrow = cls(tuple(zooms), COLUMN)
        wide = len(zooms) > 1 if size.style == "slides" else narrow.height > _TALLEST
        return cls(tuple(zooms), PAGE) if wide else narrow

    @property
    def narrow(self) -> bool:
        """Whether everything stands in one column."""
        return self.width < _BOTH

    @property
    def height(self) -> float:
        """Inches of the panels."""
        if self.narrow:
            return _HIGH * len(self.zooms) + _LOW * sum(self.zooms)
        return _HIGH * self._shape[0]

    @property
    def _shape(self) -> tuple[int, int]:
        panels, beside = len(self.zooms), max(self.zooms)
        return (panels, 1 + beside) if beside else grid_shape(panels, 3 if panels % 2 else 2)

    @property
    def title(self) -> int:
        """Characters of a title on one line."""
        columns = 1 if self.narrow else self._shape[1]
        return max(10, int(_TITLE * (self.width / columns - _AXIS)))

    @property
    def letters(self) -> int:
        """Characters of the legend, marks as such, on a line as wide as the figure."""
        return int(_LETTERS * self.width)

    @property
    def name(self) -> int:
        """Characters of a model's name on one line of the legend."""
        return max(10, self.letters - 1 if self.narrow else _WIDEST)

    def axes(self, figure: PaperFigure) -> list[list[Axes]]:
        """Of each panel its own axes, then those of its enlarged parts: below it in one column, else beside it."""
        if self.narrow:
            heights = [high for zooms in self.zooms for high in (_HIGH, *[_LOW] * zooms)]
            found = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights).ravel())
            return [[next(found) for _ in range(1 + zooms)] for zooms in self.zooms]
        rows, columns = self._shape
        ratios = [1.25] + [1.0] * (columns - 1) if max(self.zooms) else None
        grid = figure.subplots(rows, columns, squeeze=False, width_ratios=ratios)
        lines = [list(line) for line in grid] if max(self.zooms) else [[axes] for axes in grid.ravel()]
        kept = [line[: 1 + zooms] for line, zooms in zip(lines, self.zooms, strict=False)]
        for axes in {*grid.ravel()} - {axes for line in kept for axes in line}:
            axes.remove()
        return kept

    def figure(self, names: Sequence[Line2D], key: Sequence[Line2D | Patch]) -> tuple[PaperFigure, list[list[Axes]]]:
        """The figure with its legend, the names at the left and the key at the right, below the names if they are long;
        and its axes.
        """
        longest = max(max(map(len, str(one.get_label()).split("\n"))) for one in names)
        columns = 1 if self.narrow else 2
        free = self.letters - _KEY * columns
        apart = longest + _MARK <= free
        abreast = max(1, min(free // (longest + _MARK), len(names))) if apart else 1
        shown: list[Line2D | Patch] = [*names, *(() if apart else key)]
        lines = ceil(sum(1 + str(one.get_label()).count("\n") for one in shown) / abreast)
        lines = max(lines, ceil(len(key) / columns))
        figure = PaperFigure(COLUMN if self.narrow else PAGE, self.height + _LINE * lines + 0.35)
        axes = self.axes(figure)
        figure.legend(
            handles=shown,
            loc="outside lower left" if apart else "outside lower center",
            ncols=abreast,
            borderaxespad=0.1,
        )
        if apart:
            figure.legend(handles=key, loc="outside lower right", ncols=columns, borderaxespad=0.1)
        return figure, axes
