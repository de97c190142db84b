"""What a cell needs of memory, from shapes alone: said before anything is allocated or trained."""

from collections.abc import Callable, Iterator
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jax.extend.core import ClosedJaxpr, Jaxpr
from jaxtyping import PyTree

from genconv.data.base import Splits
from genconv.errors import InputError
from genconv.experiment.resolve import ResolvedCell
from genconv.hardware import free_memory, memory
from genconv.nn.buffer import split_arrays

MOST_RUNS = 256
"""Runs of a cell that are trained together at most, so that memory does not grow with their number."""
_COPIES = 12
"""How often the weights of a run are there: with two moments of the optimizer, before and after an epoch, while they
are saved, and with the compiler's copies.
"""
_DRAWN = 2
"""How often examples are there while they are drawn."""
_SHARE = 0.7
"""Of the memory that is free, for what is trained together."""
_KEY_BYTES, _EPOCH_BYTES = 16, 500
"""Of a random key with its number; of what is recorded in an epoch, at least."""


class Need(NamedTuple):
    """A setting, and how many bytes follow from it at least."""

    setting: str
    bytes: int


def check_memory(one: ResolvedCell) -> None:
    """`InputError`, one line, that names the first setting for which the device has not enough memory."""
    room = _room(memory)
    for need in _needs(one, room):
        if need.bytes > room:
            raise InputError(
                f"{one.cell.model} on {one.cell.dataset}: {need.setting}: needs at least {in_words(need.bytes)} of "
                f"memory, and there are {in_words(room)}"
            )


def runs_together(one: ResolvedCell) -> int:
    """How many runs of the cell there is room for at once, from 1 to 256."""
    return max(1, min(MOST_RUNS, int(_SHARE * _room(free_memory)) // bytes_of_a_run(one)))


def bytes_of_a_run(one: ResolvedCell) -> int:
    """About what each run adds while it is trained, evaluated and stored with others."""
    evaluation, shape = one.cell.evaluation, one.dataset.spec.shape
    tested = min(evaluation.points, _splits(one).test.shape[0])
    kept = evaluation.samples * bytes_of(jax.ShapeDtypeStruct(shape, jnp.float32))
    return _COPIES * bytes_of(_built(one)) + 3 * kept + 8 * 4 * tested + _EPOCH_BYTES


def peak_memory(one: ResolvedCell, together: int, temporary: int, process: int) -> int:
    """About how many bytes it takes to train so many runs of the cell together.

    `temporary`: what the program of an epoch needs beside the states; `process`: what is there before anything of the
    cell, which counts where the processor is the device.
    """
    splits = _splits(one)
    data = bytes_of(splits) * (len({run.data for run in one.runs[:together]}) or 1)
    on_cpu = jax.devices()[0].platform == "cpu"
    copies = _DRAWN + min(together, len(jax.devices())) if on_cpu else _DRAWN
    return copies * data + together * bytes_of_a_run(one) + temporary + (process if on_cpu else 0)


def in_words(number: int) -> str:
    """`1.2 TB`, `12 GB`, `340 MB`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9)):
        if number >= size:
            return f"{number / size:,.3g} {unit}"
    return f"{number / 1e6:,.0f} MB"


def _needs(one: ResolvedCell, room: int) -> Iterator[Need]:
    """From what is known most cheaply to what has to be traced."""
    cell, training, evaluation = one.cell, one.cell.training, one.cell.evaluation
    splits = _splits(one)
    draws = len({run.data for run in one.runs}) or 1
    yield Need(_largest_size(cell.data), _DRAWN * draws * bytes_of(splits))
    yield Need(f"training.epochs = {training.epochs}", training.epochs * _EPOCH_BYTES)
    count = evaluation.importance_samples
    yield Need(f"evaluation.importance_samples = {count}", count * _KEY_BYTES)
    built = _built(one)
    yield Need("model: its weights, their gradient and their update", 3 * bytes_of(built))
    for setting, rows, method in _batches(one, splits):
        if rows * _widest(one, built) > room:
            yield Need(setting, _largest_product(one, built, rows, method))


def _batches(one: ResolvedCell, splits: Splits) -> Iterator[tuple[str, int, str]]:
    """Settings that say how many examples are worked on at once, how many these are, and by which method."""
    training, evaluation = one.cell.training, one.cell.evaluation
    held_out, tested = splits.validation.shape[0], min(splits.test.shape[0], evaluation.points)
    checked = training.validation_batch_size or training.batch_size
    batch = min(training.batch_size, splits.training.shape[0])
    yield f"training.batch_size = {training.batch_size}", batch, "loss"
    yield f"training.validation_batch_size = {checked}", min(checked, held_out), "loss"
    yield f"evaluation.chunk = {evaluation.chunk}", min(evaluation.chunk, tested), "loss"
    yield f"evaluation.samples = {evaluation.samples}", evaluation.samples, "sample"
    if one.dataset.spec.modality == "images":
        yield f"evaluation.snapshots = {evaluation.snapshots}", evaluation.snapshots, "sample"


def _widest(one: ResolvedCell, built: PyTree[Any]) -> int:
    """Bytes that no layer of the usual kinds exceeds for an example: as many channels as an array has entries along an
    axis, at every pixel.
    """
    shape = one.dataset.spec.shape
    sides = [side for leaf in jax.tree.leaves(split_arrays(built)[0]) for side in leaf.shape]
    pixels = prod(shape[:2]) if one.dataset.spec.modality == "images" else 1
    return 4 * pixels * int(max(*sides, *shape, 1))


def _largest_product(one: ResolvedCell, built: PyTree[Any], rows: int, method: str) -> int:
    """Bytes of the examples and of the largest result of a matrix product or a convolution among them."""
    shapes, rest = split_arrays(built)

    def loss(shapes: PyTree[Any], x: Any, key: Any) -> Any:
        return eqx.combine(shapes, rest).loss(x, key, None)[0]

    def sample(shapes: PyTree[Any], x: Any, key: Any) -> Any:
        del x
        return eqx.combine(shapes, rest).sample(key, rows)

    x = jax.ShapeDtypeStruct((rows, *one.dataset.spec.shape), jnp.float32)
    function: Callable[..., Any] = loss if method == "loss" else sample
    return max(bytes_of(x), _largest(jax.make_jaxpr(function)(shapes, x, jr.key(0)).jaxpr))


def _largest(jaxpr: Jaxpr) -> int:
    sizes = [0]
    for equation in jaxpr.eqns:
        if equation.primitive.name in {"dot_general", "conv_general_dilated"}:
            sizes.append(bytes_of(equation.outvars[0].aval))
        inside = (value if isinstance(value, (tuple, list)) else (value,) for value in equation.params.values())
        for one in chain.from_iterable(inside):
            if isinstance(one, ClosedJaxpr | Jaxpr):
                sizes.append(_largest(one.jaxpr if isinstance(one, ClosedJaxpr) else one))  # noqa: PERF401
    return max(sizes)


def _splits(one: ResolvedCell) -> Splits:
    """The data as shapes."""
    shapes: Splits = jax.eval_shape(one.dataset.draw, jr.key(0), one.dataset.load())
    return shapes


def _built(one: ResolvedCell) -> PyTree[Any]:
    """The model as shapes."""
    config = one.model.config_type.checked(one.cell.architecture, "model")
    built: PyTree[Any] = eqx.filter_eval_shape(one.model.build, config, one.dataset.spec, jr.key(0))
    return built


def _largest_size(data: dict[str, Any]) -> str:
    """The setting of the dataset that asks for most examples."""
    sizes = {key: value for key, value in data.items() if key.endswith("_size") and isinstance(value, int)}
    if not sizes:
        return "data: its examples"
    key = max(sizes, key=lambda name: sizes[name])
    return f"data.{key} = {sizes[key]}"


def _room(of_the_machine: Callable[[], int]) -> int:
    """Bytes of the first device's own memory, or of the machine's where the processor is the device."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return of_the_machine()
    stats = device.memory_stats() or {}
    used = stats.get("bytes_in_use", 0) if of_the_machine is free_memory else 0
    return int(stats.get("bytes_limit", memory())) - int(used)


def bytes_of(tree: PyTree[Any]) -> int:
    """Bytes of the arrays, or of their shapes."""
    leaves = jax.tree.leaves(tree)
    return sum(int(leaf.size) * int(leaf.dtype.itemsize) for leaf in leaves if hasattr(leaf, "dtype"))
