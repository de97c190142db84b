"""What a study would cost on this device, from its compiled programs and a few timed steps of every cell."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import PyTree

from genconv.config.cell import Cell
from genconv.config.study import Study
from genconv.nn.buffer import count_parameters
from genconv.runner.resolve import ResolvedCell, rebuild, resolve, user_files
from genconv.training.compilation import keep_compiled
from genconv.training.epoch import RunState, train_step
from genconv.training.mapping import offer_cores
from genconv.training.operations import operations
from genconv.training.trainer import CellTrainer

_STEPS, _CHECKS, _PATIENCE = 8, 2, 1.0
"""Training and validation batches that are timed, and for how many seconds at least."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a cell; of all its seeds together unless said otherwise."""

    cell: Cell
    seeds: int
    parameters: int
    """Of one seed."""
    operations: float
    """Floating-point operations of the matrix products and convolutions in training."""
    memory: int
    """Bytes of data, states (before and after an epoch) and temporaries."""
    compile_seconds: float
    training_seconds: float
    """Training and validation, all epochs."""
    evaluation_seconds: float
    """The final evaluation: a forward pass for each importance sample."""

    @property
    def seconds(self) -> float:
        """Expected wall time."""
        return self.compile_seconds + self.training_seconds + self.evaluation_seconds


def estimate(study: Study) -> Iterator[Estimate]:
    """One estimate for each cell of the study, as they are measured; `InputError` before the first if it is wrong."""
    offer_cores()
    keep_compiled()
    cells = resolve(study)
    for one in cells:
        one.dataset.load()
    return (_estimate_one(one, study) for one in cells)


def _estimate_one(one: ResolvedCell, study: Study) -> Estimate:
    cell, training, seeds = one.cell, one.cell.training, len(study.seeds)
    full = jax.eval_shape(one.dataset.draw, jr.key(0), one.dataset.load())
    check_size = training.validation_batch_size or training.batch_size
    short = _shortened(one, min(_CHECKS * check_size, full.validation.shape[0]))
    trainer = CellTrainer(short.cell, short.model, short.dataset, study.seeds, study.execution)
    states = trainer.start()
    state = jax.tree.map(lambda leaf: leaf[0], states)
    began = time.perf_counter()
    temporary = trainer.compile_epoch(states)
    jax.block_until_ready(trainer.validate(states, 0))
    compiling = time.perf_counter() - began
    validating = _seconds(lambda: trainer.validate(states, 0))
    stepping = max(_seconds(lambda: trainer.epoch(states, 0)) - validating, 0.0) / _STEPS
    per_row = validating / short.cell.data["validation_size"]
    steps, rows = -(-full.training.shape[0] // training.batch_size), full.validation.shape[0]
    forward = 1 if one.model.exact else 1 + cell.evaluation.importance_samples
    return Estimate(
        cell=cell,
        seeds=seeds,
        parameters=count_parameters(state.model),
        operations=float(seeds * training.epochs * steps * _operations_per_step(one, state)),
        memory=temporary + 2 * _bytes(states) + _bytes(full) * (seeds if cell.streams.data == "seed" else 1),
        compile_seconds=compiling,
        training_seconds=training.epochs * (steps * stepping + rows * per_row),
        evaluation_seconds=forward * per_row * min(cell.evaluation.points, full.test.shape[0]),
    )


def _shortened(one: ResolvedCell, validation_size: int) -> ResolvedCell:
    """The same cell with as little data as the timed steps need."""
    sizes = {"training_size": _STEPS * one.cell.training.batch_size, "validation_size": validation_size}
    return rebuild(one.cell.updated({"data": {**one.cell.data, **sizes}}), user_files(one.cell))


def _operations_per_step(one: ResolvedCell, state: RunState) -> int:
    """Of one seed."""
    training, scalar = one.cell.training, jnp.array(0)
    x = jax.ShapeDtypeStruct((training.batch_size, *one.dataset.shape), jnp.float32)
    step = partial(train_step, config=training, rate=jnp.array(0.0), weight=jnp.array(1.0), number=scalar)
    return operations(lambda state, x: step(state, x, jr.key(0)), state, x)


def _seconds(function: Callable[[], Any]) -> float:
    """Fastest of a few calls, which end after a second."""
    times: list[float] = []
    while not times or sum(times) < _PATIENCE:
        began = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - began)
    return min(times)


def _bytes(tree: PyTree[Any]) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
