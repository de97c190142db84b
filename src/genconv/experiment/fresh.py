"""Losses of stored runs on fresh points of a toy density, as many as are wanted."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
import numpy as np
from jaxtyping import Array, Float, Key

from genconv.curves import FloatArray
from genconv.data.base import Splits
from genconv.data.toy.dataset import ToyDataset
from genconv.errors import InputError
from genconv.experiment.resolve import ResolvedCell, rebuild
from genconv.models.base import Model
from genconv.nn.buffer import split_arrays
from genconv.randomness import Purpose, stream_key, streams_of
from genconv.store.results import StoredCell
from genconv.training.evaluation import tightest_losses
from genconv.training.objective import Setup

MOST = 10_000_000
"""Fresh points at most."""
_NUMBERS = 1 << 26
"""Losses of a cell at most."""


def fresh_losses(points: int, code: Collection[Path] = ()) -> Callable[[StoredCell], FloatArray]:
    """A function that gives the losses of the runs of a cell on `points` fresh points, shape (N, points).

    All runs of a cell, and of all cells of one density and study seed, see the same points, which no training saw.

    Args:
        points: How many, from 4.
        code: Files that may be executed.

    Raises:
        InputError: For a number that is not allowed; the function itself, for a cell whose data are no toy density.

    """
    if not 4 <= points <= MOST:
        raise InputError(f"fresh = {points}: must be from 4 to {MOST:,}")
    return lambda cell: _losses(cell, points, code)


def _losses(cell: StoredCell, points: int, code: Collection[Path]) -> FloatArray:
    config = cell.runs[0].run.cell
    resolved = rebuild(config, code)
    if not isinstance(resolved.dataset, ToyDataset):
        raise InputError(f"--fresh: {config.dataset} has no fresh points, only toy densities have")
    if points * len(cell.runs) > _NUMBERS:
        raise InputError(f"fresh = {points}: must be at most {_NUMBERS // len(cell.runs)} for {len(cell.runs)} runs")
    rows = resolved.dataset.density.sample(stream_key(config.study_seed, "fresh", 0), points)
    splits = Splits(rows[:0], rows[:0], rows)
    setup = Setup.of(config, resolved.model, resolved.dataset)
    keys = streams_of(config.study_seed, [run.run.coordinates for run in cell.runs]).noise

    def of_one(mapped: tuple[Model, Key[Array, ""]]) -> Float[Array, " n"]:
        model, key = mapped
        return tightest_losses(setup.whole(model), setup, splits, jr.fold_in(key, Purpose.FRESH))

    losses = jax.jit(lambda mapped: jax.lax.map(of_one, mapped))((_stacked(cell, resolved), keys))
    return np.asarray(losses, dtype=np.float64)


def _stacked(cell: StoredCell, resolved: ResolvedCell) -> Model:
    """The arrays of the models of all runs, with a leading axis."""
    config = resolved.model.config_type.checked(resolved.cell.architecture, "model")
    shapes, _ = split_arrays(eqx.filter_eval_shape(resolved.model.build, config, resolved.dataset.spec, jr.key(0)))
    weights = [run.weights for run in cell.runs]

    def stack(path: Any, leaf: jax.ShapeDtypeStruct) -> jax.Array:
        name = jtu.keystr(path, simple=True, separator=".")
        for run, one in zip(cell.runs, weights, strict=True):
            if name not in one or one[name].shape != leaf.shape:
                raise InputError(f"{run.path}: its weights do not fit model '{resolved.cell.model}' ({name})")
        return jnp.asarray(np.stack([one[name] for one in weights]))

    stacked: Model = jtu.tree_map_with_path(stack, shapes)
    return stacked
