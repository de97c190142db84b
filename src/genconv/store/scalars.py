"""Numbers that a script or a tracker recorded beside the losses, at places of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from genconv.curves import FloatArray
from genconv.store.curves import Quantity

SCALAR = "scalar"
"""The first part of their name as a quantity: `scalar.accuracy`."""
WALL_TIME = "wall_seconds"
"""Seconds since a run was started, pauses left out: what a wall-time axis is made of."""
_AT = "scalar_at"


@dataclass(frozen=True)
class Scalar:
    """One such number of N runs at K places."""

    at: FloatArray
    """Shape (K,), increasing: epochs counted from 0, or steps, as the places of the losses."""
    values: FloatArray
    """Shape (N, K), NaN where a run has none."""

    def until(self, place: float) -> "Scalar":
        """What was recorded up to a place."""
        kept = self.at <= place
        return Scalar(self.at[kept], self.values[:, kept])

    def of_rows(self, rows: Sequence[int]) -> "Scalar":
        """Those of some runs."""
        return replace(self, values=self.values[list(rows)])


Scalars = Mapping[str, Scalar]


def as_arrays(scalars: Scalars) -> dict[str, FloatArray]:
    """Arrays by name for a file."""
    values = {f"{SCALAR}.{name}": one.values for name, one in scalars.items()}
    return values | {f"{_AT}.{name}": one.at for name, one in scalars.items()}


def from_arrays(arrays: Mapping[str, FloatArray], runs: int) -> dict[str, Scalar]:
    """The inverse of `as_arrays`, other arrays left out; `ValueError` unless each has `runs` rows and its places."""
    found: dict[str, Scalar] = {}
    for key, values in arrays.items():
        kind, _, name = key.partition(".")
        if kind != SCALAR:
            continue
        at = arrays.get(f"{_AT}.{name}")
        if at is None or at.ndim != 1 or values.shape != (runs, len(at)) or (np.diff(at) <= 0).any():
            raise ValueError(f"'{key[:100]}' does not have {runs} runs at increasing places")
        found[name] = Scalar(at, values)
    return found


def is_scalar(name: str) -> bool:
    """Whether an array of a file is one of `as_arrays`."""
    return name.partition(".")[0] in {SCALAR, _AT}


def quantity_of(name: str, one: Scalar, *, by_step: bool) -> Quantity:
    """The scalar as a recorded quantity; its places are steps where those of the losses are."""
    epochs, steps = (None, one.at) if by_step else (one.at, None)
    return Quantity(f"{SCALAR}.{name}", one.values, epochs, steps, None)
