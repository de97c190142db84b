"""One epoch of one run: a pass of optimizer steps over the training data, then a pass over the validation data.

Everything here is pure and for a single run; `training.seeds` lays many over it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Int, Shaped

from genconv.data.base import Splits
from genconv.models.base import Model, TrainingTime
from genconv.nn.buffer import split_arrays
from genconv.nn.precision import at_precision
from genconv.randomness import Purpose, Streams
from genconv.training.batches import (
    Batch,
    Record,
    batch_keys,
    epoch_order,
    over_batches,
    step_size,
    steps_per_epoch,
)
from genconv.training.divergence import diagnose, record_divergence, tree_where
from genconv.training.objective import Setup, batch_loss, recorded
from genconv.training.optimizer import learning_rate
from genconv.training.step import RunState, start_state, train_step


class EpochRecord(NamedTuple):
    """One row of both curves."""

    training: Record
    validation: Record


def start(model: Model, setup: Setup, streams: Streams, splits: Splits) -> RunState:
    """The state before the first step; data-dependent initialisation sees the first batch of the first epoch."""
    rows = splits.training[epoch_order(streams, jnp.array(0), splits)[: setup.training.batch_size]]
    data_key, model_key = jr.split(jr.fold_in(streams.noise, Purpose.INITIALIZATION))
    ready = model.data_init(setup.dataset.prepare(rows, data_key), model_key)
    return start_state(split_arrays(ready)[0], setup.training)


def run_epoch(
    state: RunState, setup: Setup, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> tuple[RunState, EpochRecord]:
    """Train on every training example once, in the epoch's order, then evaluate on the validation data."""
    config = setup.training
    state, training = run_training(state, setup, streams, splits, epoch)
    validation = run_validation(state, setup, streams, splits, epoch)
    cause = diagnose(validation["loss"], True, config.blow_up)
    steps = steps_per_epoch(config, splits.training.shape[0])
    state = state._replace(health=record_divergence(state.health, cause, (epoch + 1) * steps - 1))
    record = EpochRecord(training, validation)
    if config.on_divergence == "freeze":
        record = tree_where(state.health.diverged, jax.tree.map(lambda x: jnp.full_like(x, jnp.nan), record), record)
    return state, record


def run_training(
    state: RunState, setup: Setup, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> tuple[RunState, Record]:
    """The training half of an epoch."""
    config = setup.training
    order = epoch_order(streams, epoch, splits)
    steps = steps_per_epoch(config, order.shape[0])

    def step(carry: RunState, indices: Int[Array, " batch"], batch: Batch) -> tuple[RunState, Record]:
        rate = learning_rate(config, epoch, batch.number, steps)
        time = TrainingTime(epoch, epoch * steps + batch.number)
        return train_step(carry, setup, splits, splits.training[indices], batch.key, rate, time)

    keys = batch_keys(streams, Purpose.TRAINING, epoch, steps)
    return over_batches(step, state, order, keys, step_size(config), config.epoch_mean)


def run_validation(state: RunState, setup: Setup, streams: Streams, splits: Splits, epoch: Int[Array, ""]) -> Record:
    """The validation half of an epoch."""
    config = setup.training
    size = config.validation_batch_size or config.batch_size

    def check(model: Model, rows: Shaped[Array, "batch ..."], batch: Batch) -> tuple[Model, Record]:
        loss, _ = batch_loss(model, setup, splits, rows, batch.key, None)
        return model, recorded(loss)

    keys = batch_keys(streams, Purpose.VALIDATION, epoch, -(-splits.validation.shape[0] // size))
    model = at_precision(state.evaluated, config.precision)
    _, record = over_batches(check, model, splits.validation, keys, size, config.epoch_mean)
    return record
