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
from genconv.training.optimizer import clipped, decay_of, make_optimizer


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


class Trained(NamedTuple):
    """What an optimizer step changes."""

    parameters: PyTree[Array]
    optimizer: PyTree[Array]
    average: Average | None


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
    norm = optax.tree.norm(seen.gradient)
    limit = config.blow_up if config.on_divergence == "freeze" else jnp.inf
    finite = _gradient_finite(norm, seen.gradient) if _gradient_tells(config) else True
    health = record_divergence(state.health, diagnose(seen.record["loss"], finite, limit), time.step)
    keep = should_update(config, health, seen.objective)
    before = Trained(parameters, state.optimizer, state.average)
    after = _updated(config, before, keep, seen.gradient, norm, rate)
    if not _gradient_tells(config):
        cause = diagnose(seen.record["loss"], all_finite(after.parameters), limit)
        health = record_divergence(health, cause, time.step)
        if config.on_divergence == "freeze":
            after = tree_where(~health.diverged, after, before)
    buffers = tree_where(~health.diverged, seen.buffers, rest) if config.on_divergence == "freeze" else seen.buffers
    record = {**seen.record, "gradient_norm": norm, "learning_rate": rate}
    return RunState(eqx.combine(after.parameters, buffers), after.optimizer, after.average, health), record


def _updated(
    config: TrainingConfig,
    before: Trained,
    keep: Bool[Array, ""],
    gradient: PyTree[Array],
    norm: Float[Array, ""],
    rate: Float[Array, ""],
) -> Trained:
    """What the optimizer makes of the gradient, of this norm, where the update is kept; else what was before.

    On a CPU a branch updates the arrays in place, where a choice between old and new ones copies them (a fifth of the
    time of a step of the VAE on images).
    """

    def update(old: Trained, gradient: PyTree[Array]) -> Trained:
        if config.gradient_clip is not None:
            gradient = clipped(gradient, norm, config.gradient_clip)
        updates, optimizer = make_optimizer(config).update(gradient, old.optimizer, old.parameters)
        if decay := decay_of(config):
            updates = jax.tree.map(lambda p, u: u - decay * p, old.parameters, updates)
        parameters = jax.tree.map(lambda p, u: p + rate * u, old.parameters, updates)
        average = None if old.average is None else update_average(old.average, parameters)
        return Trained(parameters, optimizer, average)

    kept: Trained = jax.lax.cond(keep, update, lambda old, _: old, before, gradient)
    return kept


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


def _gradient_tells(config: TrainingConfig) -> bool:
    """Whether the updated parameters are finite exactly if the gradient is: Adam and Adamax with their usual numbers
    keep them so. Of any other optimizer the parameters are looked at.
    """
    return config.optimizer in ("adam", "adamax") and not config.optimizer_arguments and not config.weight_decay


def _gradient_finite(norm: Float[Array, ""], gradient: PyTree[Array]) -> Bool[Array, ""]:
    """Whether every number of the gradient is finite; its norm, needed anyway, mostly tells it at once."""
    finite: Bool[Array, ""] = jax.lax.cond(jnp.isfinite(norm), lambda _: jnp.array(True), all_finite, gradient)
    return finite
