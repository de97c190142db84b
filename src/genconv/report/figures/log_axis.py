"""Logarithmic axes whose ticks are plain numbers."""

from typing import Any

from matplotlib.axis import Axis
from matplotlib.ticker import LogFormatter


class PlainLogFormatter(LogFormatter):
    """0.1, 1, 10; within a decade 2, 3, 5 as well. Labels are not parsed as mathematics, so powers would be raw."""

    def __call__(self, x: float, pos: Any = None) -> str:
        """The number, or nothing where Matplotlib would leave the tick without a label."""
        return f"{x:g}" if super().__call__(x, pos) else ""


def plain_ticks(axis: Axis) -> None:
    """Label the ticks of an axis that is logarithmic already."""
    axis.set_major_formatter(PlainLogFormatter())
    axis.set_minor_formatter(PlainLogFormatter())
