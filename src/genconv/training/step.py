"""One optimizer step of one run, guarded against divergence."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Key, PyTree, Shaped

from genconv.config.training import TrainingConfig
from genconv.data.base import Splits
from genconv.models.base import Model, TrainingTime
from genconv.nn.buffer import split_trainable
from genconv.nn.precision import at_precision
from genconv.training.average import Average, averaged, start_average, update_average
from genconv.training.batches import Batch, Record, numbered_keys, over_batches
from genconv.training.divergence import (
    Health,
    all_finite,
    diagnose,
    healthy,
    record_divergence,
    should_update,
    tree_where,
)
from genconv.training.objective import Setup, batch_loss, recorded
from genconv.training.optimizer import decay_of, make_optimizer


class RunState(NamedTuple):
    """All that a run carries from epoch to epoch."""

    model: Model
    optimizer: PyTree[Array]
    average: Average | None
    """Of the trainable arrays, if there is one."""
    health: Health

    @property
    def evaluated(self) -> Model:
        """The model that is validated, evaluated, sampled and stored: that of the averaged weights, if there is one."""
        if self.average is None:
            return self.model
        parameters, rest = split_trainable(self.model)
        model: Model = eqx.combine(averaged(self.average, parameters), rest)
        return model


class Gradient(NamedTuple):
    """The gradient of the mean objective over the examples of a step, and what was seen on the way."""

    objective: Float[Array, ""]
    gradient: PyTree[Array]
    buffers: PyTree[Array]
    """The model without its trainable arrays, its buffers moved."""
    record: Record


def start_state(model: Model, config: TrainingConfig) -> RunState:
    """The state of a model before its first step."""
    parameters = split_trainable(model)[0]
    average = None if config.ema_decay is None else start_average(parameters, config.ema_decay)
    return RunState(model, make_optimizer(config).init(parameters), average, healthy())


def train_step(
    state: RunState,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "batch ..."],
    key: Key[Array, ""],
    rate: Float[Array, ""],
    time: TrainingTime,
) -> tuple[RunState, Record]:
    """p ← p + rate · (u − weight_decay · p), u the optimizer's update for the gradient of the mean objective.

    Returns the state after the step and what is recorded of it.
    """
    config = setup.training
    parameters, rest = split_trainable(state.model)
    seen = step_gradient(state.model, setup, splits, rows, key, time)
    updates, optimizer = make_optimizer(config).update(seen.gradient, state.optimizer, parameters)
    if decay := decay_of(config):
        updates = jax.tree.map(lambda p, u: u - decay * p, parameters, updates)
    updated = jax.tree.map(lambda p, u: p + rate * u, parameters, updates)
    norm = optax.tree.norm(seen.gradient)
    limit = config.blow_up if config.on_divergence == "freeze" else jnp.inf
    cause = diagnose(seen.record["loss"], _parameters_finite(config, seen.gradient, norm, updated), limit)
    health = record_divergence(state.health, cause, time.step)
    keep = should_update(config, health, seen.objective)
    buffers = tree_where(keep, seen.buffers, rest) if config.on_divergence == "freeze" else seen.buffers
    average = None if state.average is None else update_average(state.average, updated)
    parameters, optimizer, average = tree_where(
        keep, (updated, optimizer, average), (parameters, state.optimizer, state.average)
    )
    record = {**seen.record, "gradient_norm": norm, "learning_rate": rate}
    return RunState(eqx.combine(parameters, buffers), optimizer, average, health), record


def step_gradient(
    model: Model,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "n ..."],
    key: Key[Array, ""],
    time: TrainingTime,
) -> Gradient:
    """The gradient of the mean objective over all rows, computed `batch_size` of them at a time."""
    config = setup.training
    if config.accumulate_steps == 1 or rows.shape[0] <= config.batch_size:
        return batch_gradient(model, setup, splits, rows, key, time)
    parameters, rest = split_trainable(model)

    def add(
        carry: tuple[PyTree[Array], PyTree[Array], Float[Array, ""]], rows: Shaped[Array, "batch ..."], batch: Batch
    ) -> tuple[tuple[PyTree[Array], PyTree[Array], Float[Array, ""]], Record]:
        buffers, total, objective = carry
        one = batch_gradient(eqx.combine(parameters, buffers), setup, splits, rows, batch.key, time)
        total = jax.tree.map(lambda t, g: t + rows.shape[0] * g, total, one.gradient)
        return (one.buffers, total, objective + rows.shape[0] * one.objective), one.record

    nothing = (rest, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros(()))
    keys = numbered_keys(key, -(-rows.shape[0] // config.batch_size))
    (buffers, total, objective), record = over_batches(add, nothing, rows, keys, config.batch_size, config.epoch_mean)
    count = rows.shape[0]
    return Gradient(objective / count, jax.tree.map(lambda t: t / count, total), buffers, record)


def batch_gradient(
    model: Model,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "batch ..."],
    key: Key[Array, ""],
    time: TrainingTime,
) -> Gradient:
    """The gradient of the mean objective over one batch, matrix products at the precision of the training."""
    parameters, rest = split_trainable(model)

    def objective(parameters: Model) -> tuple[Float[Array, ""], tuple[PyTree[Array], Record]]:
        precise = at_precision(eqx.combine(parameters, rest), setup.training.precision)
        loss, moved = batch_loss(precise, setup, splits, rows, key, time)
        buffers = split_trainable(at_precision(moved, "float32"))[1]
        return jnp.mean(loss.objective), (buffers, recorded(loss))

    (value, (buffers, record)), gradient = jax.value_and_grad(objective, has_aux=True)(parameters)
    return Gradient(value, gradient, buffers, record)


def _parameters_finite(
    config: TrainingConfig, gradient: PyTree[Array], norm: Float[Array, ""], updated: PyTree[Array]
) -> Bool[Array, ""]:
    """Whether the updated parameters are finite.

    Adam and Adamax with their usual numbers keep parameters finite exactly if the gradient is: its norm, needed anyway,
    tells it at once. Of any other optimizer the parameters are looked at.
    """
    if config.optimizer in ("adam", "adamax") and not config.optimizer_arguments and not config.weight_decay:
        finite: Bool[Array, ""] = jax.lax.cond(jnp.isfinite(norm), lambda _: jnp.array(True), all_finite, gradient)
        return finite
    return all_finite(updated)
