"""One epoch of one run: a pass of optimizer steps over the training data, then a pass over the validation data.

Everything here is pure and for a single seed; `mapping` lays many seeds over it.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array, Float, Int, Key, PyTree, Shaped

from genconv.config.training import TrainingConfig
from genconv.data.base import Dataset, Splits
from genconv.models.base import GenerativeModel, Terms
from genconv.nn.buffer import split_trainable
from genconv.randomness import Purpose, Streams
from genconv.training.divergence import (
    Health,
    all_finite,
    diagnose,
    healthy,
    record_divergence,
    should_update,
    tree_where,
)
from genconv.training.optimizer import kl_weight, learning_rate, make_optimizer

Carry = TypeVar("Carry")


class RunState(NamedTuple):
    """All that a run carries from epoch to epoch."""

    model: GenerativeModel
    optimizer: PyTree[Array]
    health: Health


class Record(NamedTuple):
    """What is recorded of a batch or an epoch, nats per example; NaN where a seed is frozen or there is no such
    number.
    """

    loss: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    """Global norm before clipping."""
    learning_rate: Float[Array, ""]


class Batch(NamedTuple):
    """Which batch of an epoch, and its key."""

    number: Int[Array, "..."]
    key: Key[Array, "..."]


class EpochRecord(NamedTuple):
    """One row of both curves."""

    training: Record
    validation: Record


def start(
    model: GenerativeModel, dataset: Dataset, config: TrainingConfig, streams: Streams, splits: Splits
) -> RunState:
    """The state before the first step; data-dependent initialisation sees the first batch of the first epoch."""
    rows = splits.training[epoch_order(streams, jnp.array(0), splits)[: config.batch_size]]
    ready = model.data_init(dataset.prepare(rows, batch_keys(streams, Purpose.TRAINING, jnp.array(0), 1)[0]))
    return RunState(ready, make_optimizer(config).init(split_trainable(ready)[0]), healthy())


def run_epoch(
    state: RunState, dataset: Dataset, config: TrainingConfig, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> tuple[RunState, EpochRecord]:
    """Train on every training example once, in the epoch's order, then evaluate on the validation data."""
    state, training = run_training(state, dataset, config, streams, splits, epoch)
    validation = run_validation(state, dataset, config, streams, splits, epoch)
    cause = diagnose(validation.loss, True, config.blow_up)
    steps = -(-splits.training.shape[0] // config.batch_size)
    state = state._replace(health=record_divergence(state.health, cause, (epoch + 1) * steps - 1))
    record = EpochRecord(training, validation)
    if config.on_divergence == "freeze":
        record = tree_where(state.health.diverged, jax.tree.map(lambda x: jnp.full_like(x, jnp.nan), record), record)
    return state, record


def run_training(
    state: RunState, dataset: Dataset, config: TrainingConfig, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> tuple[RunState, Record]:
    """The training half of an epoch."""
    order = epoch_order(streams, epoch, splits)
    steps = -(-order.shape[0] // config.batch_size)

    def step(carry: RunState, indices: Int[Array, " batch"], batch: Batch) -> tuple[RunState, Record]:
        x = dataset.prepare(splits.training[indices], batch.key)
        rate = learning_rate(config, epoch, batch.number, steps)
        return train_step(carry, x, batch.key, config, rate, kl_weight(config, epoch), epoch * steps + batch.number)

    keys = batch_keys(streams, Purpose.TRAINING, epoch, steps)
    return over_batches(step, state, order, keys, config.batch_size, config.epoch_mean)


def run_validation(
    state: RunState, dataset: Dataset, config: TrainingConfig, streams: Streams, splits: Splits, epoch: Int[Array, ""]
) -> Record:
    """The validation half of an epoch."""
    size = config.validation_batch_size or config.batch_size

    def check(carry: RunState, rows: Shaped[Array, "batch ..."], batch: Batch) -> tuple[RunState, Record]:
        terms, _ = carry.model.terms(dataset.prepare(rows, batch.key), batch.key, training=False)
        return carry, _record(terms, jnp.array(jnp.nan), jnp.array(jnp.nan))

    keys = batch_keys(streams, Purpose.VALIDATION, epoch, -(-splits.validation.shape[0] // size))
    _, record = over_batches(check, state, splits.validation, keys, size, config.epoch_mean)
    return record


def train_step(
    state: RunState,
    x: Float[Array, "batch ..."],
    key: Key[Array, ""],
    config: TrainingConfig,
    rate: Float[Array, ""],
    weight: Float[Array, ""],
    number: Int[Array, ""],
) -> tuple[RunState, Record]:
    """One optimizer step on mean(reconstruction) + weight · mean(kl), guarded against divergence."""
    parameters, rest = split_trainable(state.model)

    def objective(parameters: GenerativeModel) -> tuple[Float[Array, ""], tuple[Terms, GenerativeModel]]:
        terms, model = eqx.combine(parameters, rest).terms(x, key, training=True)
        value = jnp.mean(terms.reconstruction) + weight * jnp.mean(terms.kl)
        return value, (terms, split_trainable(model)[1])

    (value, (terms, buffers)), gradient = jax.value_and_grad(objective, has_aux=True)(parameters)
    updates, optimizer = make_optimizer(config).update(gradient, state.optimizer, parameters)
    updated = jax.tree.map(lambda p, u: p - rate * u, parameters, updates)
    record = _record(terms, optax.tree.norm(gradient), rate)
    # Adam and Adamax keep parameters finite exactly if the gradient is; its norm, needed anyway, tells it at once.
    finite = jax.lax.cond(jnp.isfinite(record.gradient_norm), lambda _: jnp.array(True), all_finite, gradient)
    limit = config.blow_up if config.on_divergence == "freeze" else jnp.inf
    cause = diagnose(record.loss, finite, limit)
    health = record_divergence(state.health, cause, number)
    keep = should_update(config, health, value)
    if config.on_divergence == "freeze":
        buffers = tree_where(keep, buffers, rest)
    parameters, optimizer = tree_where(keep, (updated, optimizer), (parameters, state.optimizer))
    return RunState(eqx.combine(parameters, buffers), optimizer, health), record


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
    root = jr.fold_in(streams.noise, 4 * epoch + purpose)
    return jax.vmap(lambda number: jr.fold_in(root, number))(jnp.arange(count))


def _record(terms: Terms, norm: Float[Array, ""], rate: Float[Array, ""]) -> Record:
    reconstruction, kl = jnp.mean(terms.reconstruction), jnp.mean(terms.kl)
    return Record(reconstruction + kl, reconstruction, kl, norm, rate)
