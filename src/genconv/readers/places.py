"""The places of losses: which epochs or steps they are, as the source counts them and as the store does, from 0."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genconv.curves import FloatArray
from genconv.readers.run import ExternalRun


class Places(NamedTuple):
    """Where the validation losses of a cell are, shape (E,) each, and a word on it."""

    epochs: FloatArray | None
    """Counted from 0; None for 0, 1, 2, …, and where the source counts steps."""
    steps: FloatArray | None
    """None where the source counts epochs."""
    note: str | None

    def stored(self, keys: FloatArray) -> FloatArray:
        """What `CellCurves.places` will be, for the places `keys` of the source."""
        if self.epochs is not None:
            return self.epochs
        return np.arange(len(keys), dtype=np.float64) if self.steps is None else self.steps


def in_words(keys: FloatArray, word: str) -> str:
    """`epoch 3`, `epochs 3, 5`, `epochs 5 … 7`."""
    if len(keys) == 1:
        return f"{word} {keys[0]:.12g}"
    listed = ", ".join(f"{key:.12g}" for key in keys) if len(keys) == 2 else f"{keys[0]:.12g} … {keys[-1]:.12g}"
    return f"{word}s {listed}"


def evenly_spaced(keys: FloatArray) -> bool:
    """Whether increasing places are equally far from each other; the first and the last interval may be shorter."""
    gaps = np.diff(keys)
    if len(gaps) < 2:
        return True
    usual = gaps[1:-1] if len(gaps) > 2 else gaps[:1]
    return bool((usual == usual[0]).all() and gaps[0] <= usual[0] and gaps[-1] <= usual[0])


def places_of(runs: Sequence[ExternalRun], keys: FloatArray) -> Places:
    """The places `keys`, shape (E,), at which the runs have a validation loss, as the store counts them."""
    if not all(run.by_epoch for run in runs):
        if np.all(keys == np.round(keys)):
            return Places(None, keys, f"places are steps: {in_words(keys, 'step')}")
        return Places(keys - 1, None, f"places are fractions of an epoch: {in_words(keys, 'epoch')} done")
    start = first_epoch(runs, keys)
    epochs = keys - start
    notes = [f"the source counts epochs from {start}"] if start else []
    if len(keys) > 1 and (np.diff(keys) != 1).any():
        notes.append(f"validated at {in_words(epochs, 'epoch')}, counted from 0")
    elif epochs[0] > 0:
        notes.append(f"the losses begin at epoch {epochs[0]:.12g}, counted from 0")
    return Places(None if np.array_equal(epochs, np.arange(len(epochs))) else epochs, None, "; ".join(notes) or None)


def first_epoch(runs: Sequence[ExternalRun], keys: FloatArray) -> int:
    """1 if the source counts epochs from 1, else 0.

    It does if no loss is at epoch 0, and the first ones are at epoch 1, or as far from 0 as they are from each other
    (5, 10, 15, …).
    """
    first = min(float(series.keys[0]) for run in runs for series in (run.training, run.validation) if len(series))
    spacing = float(keys[1] - keys[0]) if len(keys) > 1 else 1.0
    return int(first == 1 or (first > 1 and keys[0] == first == spacing))


def epochs_of(run: ExternalRun) -> float:
    """How many epochs a run has, by its last validation; the number of validations where only steps are known."""
    keys = run.validation.keys
    if not run.by_epoch or not len(keys):
        return len(keys)
    return float(keys[-1]) + 1 - first_epoch([run], keys)
