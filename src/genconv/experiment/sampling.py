"""Fresh samples from the stored weights of a run."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
import numpy as np
from numpy.typing import NDArray

from genconv.data.base import Standardization
from genconv.errors import InputError
from genconv.experiment.cost import count_flops
from genconv.experiment.observer import Observer
from genconv.experiment.resolve import rebuild
from genconv.models.base import Model
from genconv.nn.buffer import split_arrays
from genconv.randomness import stream_key
from genconv.store.runs import StoredRun
from genconv.training.interruptible import run_interruptibly

M = TypeVar("M", bound=Model)
_SILENT = Observer()


def load_model(run: StoredRun, code: Collection[Path] = ()) -> Model:
    """The trained model of a run folder; `InputError` if its weights do not fit the model of this version."""
    resolved = rebuild(run.run.cell, code)
    config = resolved.model.config_type.checked(run.run.cell.architecture, "model")
    template = eqx.filter_eval_shape(resolved.model.build, config, resolved.dataset.spec, jr.key(0))
    weights = run.weights

    def restore(path: Any, leaf: jax.ShapeDtypeStruct) -> jax.Array:
        name = jtu.keystr(path, simple=True, separator=".")
        if name not in weights or weights[name].shape != leaf.shape:
            raise InputError(f"{run.path}: its weights do not fit model '{run.run.cell.model}' ({name})")
        return jnp.asarray(weights[name])

    shapes, rest = split_arrays(template)
    model: Model = eqx.combine(jtu.tree_map_with_path(restore, shapes), rest)
    return model


_ROWS, _NUMBERS, _OPERATIONS = 1 << 16, 1 << 24, 5 * 10**10
"""The most samples, numbers in them, and operations of matrix products that are drawn at a time: a second or two."""
_BYTES = 1 << 33
"""Of all samples of a run."""


def draw_samples(
    run: StoredRun, count: int, code: Collection[Path] = (), observer: Observer = _SILENT
) -> NDArray[np.float32]:
    """`count` samples of the run's model in the data's own units, shape (count, …); the same for the same
    run and count.

    They are drawn in parts of one size by one program; the observer is told after each, and Ctrl-C is heard at once.
    `InputError` if the weights do not fit the model of this version, or if there would be more than 8 GiB of samples.
    """
    cell = run.run.cell
    key = jr.fold_in(stream_key(cell.study_seed, "sample", run.run.coordinates.noise), count)
    model = load_model(run, code)
    draw = eqx.filter_jit(type(model).sample)
    one = eqx.filter_eval_shape(type(model).sample, model, key, 1)
    if count * one.size * one.dtype.itemsize > _BYTES:
        raise InputError(f"number of samples = {count}: must be at most {_BYTES // (one.size * one.dtype.itemsize)}")
    rows = _rows_at_a_time(model, count, one.size)
    undone = [run.samples.get(f"standardization.{part}") for part in Standardization._fields]
    restored = None if any(part is None for part in undone) else Standardization(*map(jnp.asarray, undone)).restored
    samples = np.empty((count, *one.shape[1:]), one.dtype)
    for place, start in enumerate(range(0, count, rows)):
        if rows < count:
            observer.samples_drawn(run.path.name, start, count)
        some = run_interruptibly(draw, model, key if rows == count else jr.fold_in(key, place), rows)
        samples[start : start + rows] = (some if restored is None else restored(some))[: count - start]
    if rows < count:
        observer.samples_drawn(run.path.name, count, count)
    return samples


def _rows_at_a_time(model: Model, count: int, numbers: int) -> int:
    """Samples of each part, all of one size, so that one program draws them all; a sample has so many `numbers`."""
    arrays, rest = eqx.partition(model, eqx.is_array)
    operations = count_flops(lambda arrays, key: eqx.combine(arrays, rest).sample(key, 1), arrays, jr.key(0))
    most = max(1, min(_ROWS, _NUMBERS // numbers, _OPERATIONS // max(1, operations)))
    return -(-count // -(-count // most))
