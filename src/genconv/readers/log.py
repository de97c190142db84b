"""The scalars of one run while a reader collects them, in any order."""

import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from genconv.errors import InputError
from genconv.readers.align import series_of
from genconv.readers.run import SIZE, Series
from genconv.readers.scalar_run import ScalarRun

_NOT_FINITE = {
    **dict.fromkeys(("nan",), math.nan),
    **dict.fromkeys(("infinity", "inf", "+infinity", "+inf"), math.inf),
    **dict.fromkeys(("-infinity", "-inf"), -math.inf),
}
"""How JSON of several tools writes what is no number in JSON."""


def number_of(value: object, *, text: bool = False) -> float | None:
    """The number that a tracker wrote, `NaN` and infinities as text too; None for anything else.

    With `text` a number may be text as well.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _float(value)
    if isinstance(value, str):
        word = value.strip().lower()
        return _NOT_FINITE[word] if word in _NOT_FINITE else _float(word) if text else None
    return None


def _float(value: float | str) -> float | None:
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


class Log:
    """What one run recorded: values by scalar and step, and where a scalar was written as null.

    A step that was written twice has its later value, and `ScalarRun.rewritten` counts it.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self._points: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._blanks: dict[str, list[float]] = defaultdict(list)
        self._size = 0

    def add(self, name: str, at: object, value: object, *, text: bool = False) -> None:
        """Note one value; None is an empty one, and what is no number is passed over.

        `InputError` for a step that is no number.
        """
        step = number_of(at, text=True)
        if step is None:
            raise InputError(f"{self.where}: '{name[:40]}' is at the step {str(at)[:40]!r}, which is no number")
        self._size += 1
        if self._size > SIZE:
            raise InputError(f"{self.where} holds more than {SIZE} values")
        if value is None:
            self._blanks[name].append(step)
        elif (number := number_of(value, text=text)) is not None:
            self._points[name].append((step, number))

    @property
    def names(self) -> frozenset[str]:
        """The scalars that have a value."""
        return frozenset(self._points)

    def run(
        self,
        label: str,
        parameters: Mapping[str, str] | None = None,
        origin: Path = Path(),
        name: str | None = None,
        *,
        by_epoch: bool = False,
    ) -> ScalarRun:
        """The run with all that was added."""
        scalars: dict[str, Series] = {}
        rewritten: dict[str, int] = {}
        for scalar, points in self._points.items():
            steps, values = np.array(points, dtype=np.float64).T
            scalars[scalar] = series_of(steps, values, f"{self.where}, '{scalar[:40]}'", "last")
            rewritten[scalar] = len(points) - len(scalars[scalar])
        blanks = {scalar: tuple(steps) for scalar, steps in self._blanks.items()}
        return ScalarRun(label, scalars, parameters or {}, origin, name, blanks, by_epoch, rewritten)


def flat_texts(value: Mapping[str, Any], separator: str = ".", prefix: str = "") -> dict[str, str]:
    """Nested hyper-parameters as one dictionary of text, by names such as `optimizer.lr`; null is `None`."""
    flat: dict[str, str] = {}
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            flat |= flat_texts(item, separator, f"{name}{separator}")
        else:
            flat[name] = str(item)
    return flat
