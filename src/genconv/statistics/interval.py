"""An interval that names itself, so that no error bar goes unlabelled."""

from dataclasses import dataclass, replace

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError

LEVEL = 0.95
"""Confidence of every interval unless told otherwise."""


@dataclass(frozen=True)
class Interval:
    """`low` to `high`, in the unit of what it is for."""

    low: float
    high: float
    level: float
    """Nominal confidence, 0.95 for 95 %."""
    method: str
    """How it was computed, in words: `Student t`."""
    n: int
    """Over how many seeds."""
    warning: str = ""
    """Why not to trust it, if there is a reason."""

    def clipped(self, low: float, high: float) -> "Interval":
        """The part of it that lies from `low` to `high`: for a probability, which cannot lie elsewhere."""
        return replace(self, low=min(max(self.low, low), high), high=min(max(self.high, low), high))

    def __str__(self) -> str:
        return f"[{self.low:.4g}, {self.high:.4g}] ({100 * self.level:g} % {self.method}, n = {self.n})"


def checked_level(level: float) -> float:
    """The level itself, if it is one; `InputError` otherwise."""
    if not 0.5 <= level < 1:
        raise InputError(f"level = {level:g}: must be at least 0.5 and below 1")
    return level


def finite(values: FloatArray) -> FloatArray:
    """The values in ascending order, so that the order of seeds changes no digit; `ValueError` for NaN and infinity.

    A lost seed is counted where it is lost, never dropped here.
    """
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(f"{bad} of {values.size} values are not finite: count lost seeds, do not average over them")
    return np.sort(np.ravel(values)).astype(np.float64)
