"""Everything that a run recorded while it was trained: arrays by name, in a safetensors file.

`SPLIT.QUANTITY` is one value a place (`training.loss`, `validation.kl`, …), and `SPLIT.epoch` and `SPLIT.step` say
where the places are: the epoch, counted from 0, and the optimizer steps done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genconv.curves import FloatArray, bounded
from genconv.errors import InputError
from genconv.measure import Measure
from genconv.store.arrays import read_arrays, write_arrays

SPLITS = ("training", "validation")
PLACES = ("epoch", "step")
RunCurves = Mapping[str, FloatArray]
"""`SPLIT.QUANTITY` → one value a place, NaN where there is none; `SPLIT.epoch`, and `SPLIT.step` where it is known."""


@dataclass(frozen=True, repr=False)
class Quantity:
    """One recorded quantity of all runs of a cell."""

    name: str
    """Such as `validation.kl`."""
    values: FloatArray
    """Shape (N, E), NaN where there is no number."""
    epochs: FloatArray | None
    """Shape (E,): the epoch of each place, counted from 0; None where only steps are known."""
    steps: FloatArray | None
    """Shape (E,): optimizer steps done at each place; None where they are not known."""
    measure: Measure | None
    """What it says of −log p(x); None for what is no loss."""

    @property
    def places(self) -> FloatArray:
        """The epochs, or the steps where only these are known."""
        found = self.steps if self.epochs is None else self.epochs
        return np.arange(self.values.shape[1], dtype=np.float64) if found is None else found

    def __repr__(self) -> str:
        runs, places = self.values.shape
        return f"Quantity({self.name}: {runs} runs, {places} places{f', {self.measure.label}' if self.measure else ''})"


def write_curves(path: Path, curves: RunCurves) -> None:
    """Write the arrays as float64."""
    write_arrays(path, {name: np.asarray(values, dtype=np.float64) for name, values in curves.items()})


def read_curves(path: Path, epochs: int) -> RunCurves:
    """The arrays in a file; `InputError` unless they are those of a run of so many epochs."""
    arrays = read_arrays(path)
    try:
        return checked_curves(arrays, epochs)
    except ValueError as problem:
        raise InputError(f"{path}: {problem}") from None


def checked_curves(arrays: Mapping[str, FloatArray], epochs: int) -> RunCurves:
    """The arrays themselves, if each split has its loss in every epoch; `ValueError` otherwise."""
    for split in SPLITS:
        if not {f"{split}.epoch", f"{split}.loss"} <= arrays.keys():
            raise ValueError(f"does not hold {split}.epoch and {split}.loss")
        places = arrays[f"{split}.epoch"]
        if places.shape != (epochs,) or not np.array_equal(places, np.arange(epochs)):
            raise ValueError(f"does not hold {epochs} epochs of {split}")
    for name, values in arrays.items():
        split, _, quantity = name.partition(".")
        if split not in SPLITS or not quantity:
            raise ValueError(f"'{name[:100]}' is not training.NAME or validation.NAME")
        if values.dtype != np.float64 or values.shape != (epochs,):
            raise ValueError(f"{name} is not one number an epoch")
    return {name: values if name.rpartition(".")[2] in PLACES else bounded(values) for name, values in arrays.items()}


def quantities(curves: RunCurves) -> tuple[str, ...]:
    """The names of what was recorded, apart from the places."""
    return tuple(name for name in curves if name.partition(".")[2] not in PLACES)
