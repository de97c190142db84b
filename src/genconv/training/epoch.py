"""One epoch of one run: a pass of optimizer steps over the training data, then a pass over the validation data.

Everything here is pure and for a single run; `training.seeds` lays many over it.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Int, Key, Shaped

from genconv.data.base import Splits
from genconv.models.base import Model, TrainingTime
from genconv.nn.buffer import split_trainable
from genconv.randomness import Purpose, Streams
from genconv.training.divergence import diagnose, healthy, record_divergence, tree_where
from genconv.training.objective import Record, Setup, batch_loss, recorded
from genconv.training.optimizer import learning_rate, make_optimizer
from genconv.training.step import RunState, train_step

Carry = TypeVar("Carry")


class Batch(NamedTuple):
    """Which batch of an epoch, and its key."""

    number: Int[Array, "..."]
    key: Key[Array, "..."]


class EpochRecord(NamedTuple):
    """One row of both curves."""

    training: Record
    validation: Record


def start(model: Model, setup: Setup, streams: Streams, splits: Splits) -> RunState:
    """The state before the first step; data-dependent initialisation sees the first batch of the first epoch."""
    rows = splits.training[epoch_order(streams, jnp.array(0), splits)[: setup.training.batch_size]]
    data_key, model_key = jr.split(jr.fold_in(streams.noise, Purpose.INITIALISATION))
    ready = model.data_init(setup.dataset.prepare(rows, data_key), model_key)
    return RunState(ready, make_optimizer(setup.training).init(split_trainable(ready)[0]), healthy())


def run_epoch(
    state: RunState, setup: Setup, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> tuple[RunState, EpochRecord]:
    """Train on every training example once, in the epoch's order, then evaluate on the validation data."""
    config = setup.training
    state, training = run_training(state, setup, streams, splits, epoch)
    validation = run_validation(state, setup, streams, splits, epoch)
    cause = diagnose(validation["loss"], True, config.blow_up)
    steps = -(-splits.training.shape[0] // config.batch_size)
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
    steps = -(-order.shape[0] // config.batch_size)

    def step(carry: RunState, indices: Int[Array, " batch"], batch: Batch) -> tuple[RunState, Record]:
        rate = learning_rate(config, epoch, batch.number, steps)
        time = TrainingTime(epoch, epoch * steps + batch.number)
        return train_step(carry, setup, splits, splits.training[indices], batch.key, rate, time)

    keys = batch_keys(streams, Purpose.TRAINING, epoch, steps)
    return over_batches(step, state, order, keys, config.batch_size, config.epoch_mean)


def run_validation(state: RunState, setup: Setup, streams: Streams, splits: Splits, epoch: Int[Array, ""]) -> Record:
    """The validation half of an epoch."""
    config = setup.training
    size = config.validation_batch_size or config.batch_size

    def check(model: Model, rows: Shaped[Array, "batch ..."], batch: Batch) -> tuple[Model, Record]:
        loss, _ = batch_loss(model, setup, splits, rows, batch.key, None)
        return model, recorded(loss)

    keys = batch_keys(streams, Purpose.VALIDATION, epoch, -(-splits.validation.shape[0] // size))
    _, record = over_batches(check, state.model, splits.validation, keys, size, config.epoch_mean)
    return record


def over_batches(
    function: Callable[[Carry, Shaped[Array, "batch ..."], Batch], tuple[Carry, Record]],
    carry: Carry,
    rows: Shaped[Array, "n ..."],
    keys: Key[Array, " batches"],
    size: int,
    mean: str,
) -> tuple[Carry, Record]:
    """Scan `function` over consecutive batches of `rows`, a smaller last one included, and average its records.

    `mean` is `examples` (each batch weighs by its size) or `batches` (all batches weigh the same).
    """
    size = min(size, rows.shape[0])
    full, left = divmod(rows.shape[0], size)
    numbered = Batch(jnp.arange(keys.shape[0]), keys)
    whole = (rows[: full * size].reshape(full, size, *rows.shape[1:]), jax.tree.map(lambda leaf: leaf[:full], numbered))

    def body(carry: Carry, item: tuple[Array, Batch]) -> tuple[Carry, Record]:
        return function(carry, *item)

    carry, records = jax.lax.scan(body, carry, whole)
    total: Record = jax.tree.map(jnp.sum, records)
    if left == 0:
        return carry, jax.tree.map(lambda t: t / full, total)
    carry, last = function(carry, rows[full * size :], jax.tree.map(lambda leaf: leaf[full], numbered))
    share = left / size if mean == "examples" else 1.0
    return carry, jax.tree.map(lambda t, x: (t + share * x) / (full + share), total, last)


def epoch_order(streams: Streams, epoch: Int[Array, ""], splits: Splits) -> Int[Array, " n"]:
    """The order of the training examples in `epoch`: a fresh permutation."""
    return jr.permutation(jr.fold_in(streams.order, epoch), splits.training.shape[0])


def batch_keys(streams: Streams, purpose: Purpose, epoch: Int[Array, ""], count: int) -> Key[Array, " batches"]:
    """A key for each of the first `count` batches of an epoch, the same whatever `count` is."""
    root = jr.fold_in(jr.fold_in(streams.noise, purpose), epoch)
    return jax.vmap(lambda number: jr.fold_in(root, number))(jnp.arange(count))
