"""Noticing that a run has left the usable numbers, and deciding what it may still change."""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from genconv.config.training import TrainingConfig
from genconv.curves import Cause

T = TypeVar("T")

CAUSES: tuple[Cause, ...] = ("non-finite loss", "non-finite parameters", "blow-up")
"""A code c ≥ 1 stands for CAUSES[c − 1]; 0 for a run that is well."""


class Health(NamedTuple):
    """The first divergence of a run (or of several, stacked): its step (−1: none) and the code of its cause (0:
    none).
    """

    step: Int[Array, "..."]
    cause: Int[Array, "..."]

    @property
    def diverged(self) -> Bool[Array, "..."]:
        """Whether the run has diverged."""
        return self.cause > 0


def healthy() -> Health:
    """A run before its first step."""
    return Health(jnp.array(-1, jnp.int32), jnp.array(0, jnp.int32))


def diagnose(loss: Float[Array, ""], parameters_finite: Bool[Array, ""] | bool, blow_up: float) -> Int[Array, ""]:
    """Code of the cause that a loss and the updated parameters show, 0 if they are well; the loss comes first."""
    cause = jnp.where(loss > blow_up, 3, 0)
    cause = jnp.where(parameters_finite, cause, 2)
    return jnp.where(jnp.isfinite(loss), cause, 1).astype(jnp.int32)


def record_divergence(health: Health, cause: Int[Array, ""], step: Int[Array, ""]) -> Health:
    """`health` with `cause` at `step` recorded, unless something was recorded before."""
    first = ~health.diverged & (cause > 0)
    return Health(jnp.where(first, step, health.step).astype(jnp.int32), jnp.where(first, cause, health.cause))


def should_update(config: TrainingConfig, health: Health, objective: Float[Array, ""]) -> Bool[Array, ""]:
    """Whether this step's update is kept: never after divergence (`freeze`), unless the loss is NaN (`skip`), or
    always.
    """
    if config.on_divergence == "freeze":
        return ~health.diverged
    if config.on_divergence == "skip":
        return ~jnp.isnan(objective)
    return health.step >= -1  # holds, and the compiler does not know it: so the update stays a branch


def all_finite(tree: PyTree[Array]) -> Bool[Array, ""]:
    """Whether every number of every leaf is finite."""
    return jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]).all()


def tree_where(condition: Bool[Array, ""], new: T, old: T) -> T:
    """`new` where the condition holds, else `old`, leaf by leaf."""
    chosen: T = jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
    return chosen
