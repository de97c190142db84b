"""How every figure looks and how large it is printed: type, lines; and a figure that carries its caption."""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar, cast, get_args

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection as Marks
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from genconv.errors import InputError, unknown_name
from genconv.report.figures.colours import INK, PAPER, QUIET

P = ParamSpec("P")
R = TypeVar("R")

COLUMN, PAGE = 3.25, 6.75
"""Widths in inches of a figure in one column of a paper, and across both."""

RESOLUTION = 200
"""Dots per inch of PNG files, and of what is drawn as an image inside SVG and PDF."""

_SET_BY_THE_USER = {
    name for name in mpl.rcParamsDefault if name.startswith(("backend", "interactive", "toolbar", "webagg"))
}

STYLE: Mapping[str, Any] = {
    **{name: value for name, value in mpl.rcParamsDefault.items() if name not in _SET_BY_THE_USER},
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "text.parse_math": False,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.columnspacing": 1.4,
    "legend.handletextpad": 0.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "figure.dpi": 100,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "genconv",
    "pdf.fonttype": 42,
}
"""Settings of every figure, complete, so that a user's own matplotlibrc changes nothing."""

Style = Literal["paper", "slides"]

SCALES: Mapping[Style, float] = {"paper": 1.0, "slides": 32 / 15}
"""How large type is: 7 to 8 points on paper, 15 to 17 on a slide; heights, which count lines of type, follow."""

_WIDTHS: Mapping[Style, tuple[float, float]] = {"paper": (1.0, 1.0), "slides": (8.0 / COLUMN, 12.8 / PAGE)}
"""The same of what is a column or a page wide: a slide of 13.3 × 7.5 inches holds one figure, or text beside it."""

_LINES, _MARKS = 2.8, 2.4
"""How much thicker lines are on a slide, which are seen from afar, and how much larger marks."""


_SIZES = {
    "font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize",
    "xtick.major.size", "ytick.major.size", "xtick.minor.size", "ytick.minor.size",
    "xtick.major.pad", "ytick.major.pad", "xtick.minor.pad", "ytick.minor.pad", "axes.labelpad", "axes.titlepad",
}  # fmt: skip


_INCH = 25.4
_SMALLEST, _LARGEST = 20.0, 2000.0
_NARROW = 5.0
"""Inches below which several panels beside each other have no room."""


@dataclass(frozen=True)
class Size:
    """A style, and width and height in millimetres; None for what the figure itself needs."""

    style: Style = "paper"
    width: float | None = None
    height: float | None = None
    log_x: bool = False
    """Whether epochs, steps and distances are on a logarithmic axis."""
    log_y: bool = False
    """Whether losses are."""

    def __post_init__(self) -> None:
        if self.style not in get_args(Style):
            raise unknown_name("style", self.style, get_args(Style))
        for name, length in (("width", self.width), ("height", self.height)):
            if length is not None and not _SMALLEST <= length <= _LARGEST:
                raise InputError(f"{name} = {length:g} mm: must be from {_SMALLEST:g} to {_LARGEST:g}")

    def fitted(self, figure: "PaperFigure") -> "PaperFigure":
        """The same figure in this size; pictures of images keep their shape, for their pixels are square."""
        if self.style == "slides":
            _for_the_back_row(figure)
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

_asked: ContextVar[Size] = ContextVar("asked", default=PRINTED)


@contextmanager
def drawn_for(size: Size) -> Iterator[None]:
    """Figures that are made inside are what `size` asks for."""
    token = _asked.set(size)
    try:
        yield
    finally:
        _asked.reset(token)


def asked() -> Size:
    """What the figures at hand are made for."""
    return _asked.get()


def narrow() -> bool:
    """Whether the figures at hand are asked for in a column's width, so that panels stand below each other."""
    width = asked().width
    return width is not None and width < _NARROW * _INCH


def in_points(size: float) -> float:
    """A size in points as it is on paper, for the style at hand."""
    return size * SCALES[asked().style]


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: the function runs under `STYLE`, at the size in force, and the settings are restored after it."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(cast("Any", _settings(SCALES[asked().style]))), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in letters that the font does not have
            return function(*args, **kwargs)

    return run


def _settings(scale: float) -> dict[str, Any]:
    """`STYLE` with all type and ticks `scale` times as large; lines follow in `resized`."""
    scaled = {name: scale * value for name, value in STYLE.items() if name in _SIZES}
    return {**STYLE, **scaled}


class PaperFigure(Figure):
    """A figure with what goes under it in a paper (`caption`) and what stands for it if unseen (`alt`)."""

    def __init__(self, width: float, height: float, *, pictures: bool = False) -> None:
        style = asked().style
        across = _WIDTHS[style][width > COLUMN + 0.5]
        down = across if pictures else SCALES[style]
        super().__init__(figsize=(across * width, down * height), layout="constrained")
        self.rigid = False
        """Whether it keeps its shape whatever size is asked for: pictures, whose pixels are square."""
        self.caption = ""
        self.alt = ""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """As matplotlib's, with type that a PDF embeds whole (Type 42) and text that stays text in SVG."""
        with mpl.rc_context(cast("Any", _settings(1.0))):
            super().savefig(*args, **kwargs)

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=RESOLUTION)
        return file.getvalue()


def strip_axes(axes: Axes) -> None:
    """No ticks and a hairline frame: for pictures."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=QUIET, linewidth=0.4)


def _for_the_back_row(figure: PaperFigure) -> None:
    """Thicker lines, larger marks and dark type, as on a slide."""
    for line in figure.findobj(Line2D):
        line.set_linewidth(_LINES * line.get_linewidth())
        line.set_markersize(_MARKS * line.get_markersize())
        line.set_markeredgewidth(_LINES * line.get_markeredgewidth())
    for mark in figure.findobj(Patch):
        mark.set_linewidth(_LINES * mark.get_linewidth())
    for marks in figure.findobj(Marks):
        marks.set_linewidth((_LINES * np.atleast_1d(marks.get_linewidth())).tolist())
    for text in figure.findobj(Text):
        if text.get_color() in (QUIET, INK):
            text.set_color("#000000")
