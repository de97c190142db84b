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
from genconv.training.divergence import Health, all_finite, diagnose, record_divergence, should_update, tree_where
from genconv.training.objective import Record, Setup, batch_loss, recorded
from genconv.training.optimizer import make_optimizer


class RunState(NamedTuple):
    """All that a run carries from epoch to epoch."""

    model: Model
    optimizer: PyTree[Array]
    health: Health


class Gradient(NamedTuple):
    """The gradient of the mean objective of a batch, and what was seen on the way."""

    objective: Float[Array, ""]
    gradient: PyTree[Array]
    buffers: PyTree[Array]
    """The model without its trainable arrays, its buffers moved."""
    record: Record


def train_step(
    state: RunState,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "batch ..."],
    key: Key[Array, ""],
    rate: Float[Array, ""],
    time: TrainingTime,
) -> tuple[RunState, Record]:
    """p ← p − rate · u with u the optimizer's update for the gradient of the mean objective.

    Returns the state after the step and what is recorded of it.
    """
    config = setup.training
    parameters, rest = split_trainable(state.model)
    batch = batch_gradient(state.model, setup, splits, rows, key, time)
    updates, optimizer = make_optimizer(config).update(batch.gradient, state.optimizer, parameters)
    updated = jax.tree.map(lambda p, u: p - rate * u, parameters, updates)
    norm = optax.tree.norm(batch.gradient)
    cause = _cause(config, batch, norm)
    health = record_divergence(state.health, cause, time.step)
    keep = should_update(config, health, batch.objective)
    buffers = tree_where(keep, batch.buffers, rest) if config.on_divergence == "freeze" else batch.buffers
    parameters, optimizer = tree_where(keep, (updated, optimizer), (parameters, state.optimizer))
    record = {**batch.record, "gradient_norm": norm, "learning_rate": rate}
    return RunState(eqx.combine(parameters, buffers), optimizer, health), record


def batch_gradient(
    model: Model,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "batch ..."],
    key: Key[Array, ""],
    time: TrainingTime,
) -> Gradient:
    """The gradient of the mean objective over a batch."""
    parameters, rest = split_trainable(model)

    def objective(parameters: Model) -> tuple[Float[Array, ""], tuple[PyTree[Array], Record]]:
        loss, moved = batch_loss(eqx.combine(parameters, rest), setup, splits, rows, key, time)
        return jnp.mean(loss.objective), (split_trainable(moved)[1], recorded(loss))

    (value, (buffers, record)), gradient = jax.value_and_grad(objective, has_aux=True)(parameters)
    return Gradient(value, gradient, buffers, record)


def _cause(config: TrainingConfig, batch: Gradient, norm: Float[Array, ""]) -> Array:
    """The code of what is wrong after this step; 0 if nothing is."""
    # Adam and Adamax keep parameters finite exactly if the gradient is; its norm, needed anyway, tells it at once.
    finite: Bool[Array, ""] = jax.lax.cond(jnp.isfinite(norm), lambda _: jnp.array(True), all_finite, batch.gradient)
    limit = config.blow_up if config.on_divergence == "freeze" else jnp.inf
    return diagnose(batch.record["loss"], finite, limit)
