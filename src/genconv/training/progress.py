"""A cell on its way: everything that an epoch changes, as arrays that can be put away and taken up again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np
from numpy.typing import NDArray

from genconv.errors import InputError
from genconv.training.epoch import EpochRecord
from genconv.training.snapshots import Snapshot
from genconv.training.step import RunState

Arrays = dict[str, NDArray[Any]]
_SECONDS = "seconds"


@dataclass
class CellProgress:
    """States and records after `done` epochs; random keys are functions of the epoch and need no keeping."""

    states: RunState
    """Stacked over seeds, padded to the devices."""
    epochs: list[EpochRecord] = field(default_factory=list)
    """One a finished epoch; each leaf of shape (N,)."""
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    """By epoch, with a leading axis over seeds."""
    seconds: list[float] = field(default_factory=list)
    """Of training at the end of each epoch, pauses left out; NaN where that is not known. No part of the numbers."""

    @property
    def done(self) -> int:
        """Epochs that are finished."""
        return len(self.epochs)


def to_arrays(progress: CellProgress, count: int) -> Arrays:
    """Everything by name, of the first `count` seeds: `states.…`, `epochs.…` of shape (E, N), `snapshots.7.…`, and
    `seconds` of shape (E,).
    """
    tree = {
        "states": jax.tree.map(lambda leaf: np.asarray(leaf)[:count], progress.states),
        "epochs": jax.tree.map(lambda *leaves: np.stack(leaves), *progress.epochs) if progress.epochs else (),
        "snapshots": {str(epoch): snapshots for epoch, snapshots in progress.snapshots.items()},
        _SECONDS: np.array(progress.seconds),
    }
    return {_name(path): np.asarray(leaf) for path, leaf in jtu.tree_leaves_with_path(tree)}


def of_some(arrays: Mapping[str, NDArray[Any]], first: int, last: int) -> Arrays:
    """Of what `to_arrays` gave, the part of the seeds from place `first` up to, not including, `last`."""

    def part(name: str, array: NDArray[Any]) -> NDArray[Any]:
        if name == _SECONDS:  # all seeds have it in common
            return array
        return np.ascontiguousarray(array[:, first:last] if name.startswith("epochs.") else array[first:last])

    return {name: part(name, array) for name, array in arrays.items()}


def from_arrays(arrays: Mapping[str, NDArray[Any]], shapes: RunState) -> CellProgress:
    """The inverse of `to_arrays`; `shapes` are those of the states, padded as this time's devices need it.

    `InputError` if the arrays are not those of such states.
    """

    def record(split: str) -> Any:
        prefix = f"epochs.{split}."
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    def shown_at(epoch: int) -> Snapshot:
        values: list[Any] = [arrays[f"snapshots.{epoch}.{name}"] for name in Snapshot._fields]
        return Snapshot(*values)

    epochs = EpochRecord(*map(record, EpochRecord._fields))
    shapes_of = {np.shape(leaf) for leaf in jax.tree.leaves(epochs)}
    if len(shapes_of) != 1 or len(found := shapes_of.pop()) != 2:
        raise InputError("its records of epochs have several shapes")
    done = found[0]
    numbers = {name.split(".")[1] for name in arrays if name.startswith("snapshots.")}
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        raise InputError("its snapshots have no epochs")
    shown = sorted(map(int, numbers))
    return CellProgress(
        states=_restored(arrays, shapes),
        epochs=[jax.tree.map(lambda leaf, epoch=epoch: leaf[epoch], epochs) for epoch in range(done)],
        snapshots={epoch: shown_at(epoch) for epoch in shown},
        seconds=_seconds(arrays, done),
    )


def _seconds(arrays: Mapping[str, NDArray[Any]], done: int) -> list[float]:
    found = arrays.get(_SECONDS)
    return [nan] * done if found is None or found.shape != (done,) else [float(one) for one in found]


def _restored(arrays: Mapping[str, NDArray[Any]], shapes: RunState) -> RunState:
    def restore(path: tuple[Any, ...], leaf: jax.ShapeDtypeStruct) -> NDArray[Any]:
        name = f"states.{_name(path)}"
        found = arrays.get(name)
        if found is None or found.shape[1:] != leaf.shape[1:] or found.ndim == 0 or found.dtype != leaf.dtype:
            raise InputError(f"its states do not fit this model ({name})")
        missing = leaf.shape[0] - found.shape[0]
        if missing < 0 or not len(found):
            raise InputError(f"its states are of {found.shape[0]} seeds ({name})")
        return np.concatenate([found, np.repeat(found[-1:], missing, axis=0)]) if missing else found

    states: RunState = jtu.tree_map_with_path(restore, shapes)
    return states


def _name(path: tuple[Any, ...]) -> str:
    return str(jtu.keystr(path, simple=True, separator="."))
