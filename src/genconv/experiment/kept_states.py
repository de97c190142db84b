"""The last whole state of a run that diverges, put away when the run does, so that a replay need not train it again."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jax import tree
from numpy.typing import NDArray

from genconv.errors import InputError
from genconv.store.arrays import Arrays, read_arrays, write_arrays
from genconv.store.writing import write_file
from genconv.training.progress import CellProgress
from genconv.training.step import RunState
from genconv.training.trainer import CellTrainer

_EPOCH = "epoch"
_MOST_RUNS = 16
"""Of the runs that are trained together, how many may leave a state behind."""
_MOST_BYTES = 200_000_000
"""Of a state that is kept."""


class KeptStates:
    """The states before the epoch in which runs diverged, one file a run beside what is saved of their set.

    While all runs are well nothing is copied: the states before an epoch are still in memory when it is over.
    """

    def __init__(self, folder: Path, trainer: CellTrainer, progress: CellProgress | None) -> None:
        self._folder, self._trainer = folder, trainer
        self._before = progress
        health = None if progress is None else progress.states.health
        self._seen = set() if health is None else set(np.flatnonzero(np.asarray(health.cause)[: trainer.count]))

    def finished(self, progress: CellProgress, diverged: NDArray[np.bool_]) -> None:
        """Another epoch is done: keep the states from before it of the runs that diverged in it."""
        new = sorted(set(np.flatnonzero(diverged)) - self._seen)
        before, self._before = self._before, progress
        room = max(0, _MOST_RUNS - len(self._seen))
        self._seen |= set(new)
        if before is None or not new[:room] or _bytes(before.states) > _MOST_BYTES:
            return
        leaves = {_name(path): np.asarray(leaf) for path, leaf in jtu.tree_leaves_with_path(before.states)}
        for index in new[:room]:
            arrays = {name: leaf[index] for name, leaf in leaves.items()}
            arrays[_EPOCH] = np.array(before.done, np.int64)
            with suppress(OSError):  # a replay then trains the run again
                write_file(self._path(int(index)), partial(_write, arrays))

    def of(self, index: int) -> Arrays:
        """What was kept of a run, by its place; nothing if nothing was."""
        path = self._path(index)
        with suppress(InputError):
            return read_arrays(path) if path.exists() else {}
        return {}

    def _path(self, index: int) -> Path:
        return self._folder / f"before-divergence-{index}.safetensors"


def kept_epoch(arrays: Arrays) -> int | None:
    """How many epochs a kept state has seen; None if there is none, `InputError` if it does not tell."""
    found = arrays.get(_EPOCH)
    if found is None:
        return None
    if found.size != 1 or found.dtype != np.int64 or found.item() < 0:
        raise InputError("the state that was kept does not tell its epoch")
    return int(found.item())


def restored(arrays: Arrays, shapes: RunState) -> RunState:
    """The states of as many copies of the run as `shapes` has; `InputError` if they do not fit."""

    def restore(path: tuple[Any, ...], leaf: Any) -> Any:
        found, shape = arrays.get(_name(path)), leaf.shape[1:]
        if found is None or found.shape != (shape or (1,)) or found.dtype != leaf.dtype:  # a file has no shape ()
            raise InputError(f"the state that was kept does not fit this model ({_name(path)})")
        return jnp.stack([jnp.asarray(found.reshape(shape))] * leaf.shape[0])

    states: RunState = jtu.tree_map_with_path(restore, shapes)
    return states


def _write(arrays: Arrays, path: Path) -> None:
    write_arrays(path, arrays)


def _bytes(states: RunState) -> int:
    """Of one run."""
    leaves = tree.leaves(states)
    return sum(int(leaf.nbytes) for leaf in leaves) // max(1, int(leaves[0].shape[0]))


def _name(path: tuple[Any, ...]) -> str:
    return f"states.{jtu.keystr(path, simple=True, separator='.')}"
