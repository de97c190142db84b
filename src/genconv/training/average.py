"""The exponential moving average of a run's weights."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree


class Average(NamedTuple):
    r"""a_t = d a_{t−1} + (1 − d) p_t with a_0 = 0; a_t/(1 − dᵗ) is the mean of p_1 … p_t with weights ∝ d^{t−i}."""

    sum: PyTree[Array]
    """a."""
    steps: Int[Array, ""]
    """t: optimizer steps that were kept."""
    decay: Float[Array, ""]
    """d."""


def start_average(parameters: PyTree[Array], decay: float) -> Average:
    """Before the first step."""
    return Average(jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.int32), jnp.asarray(decay, jnp.float32))


def update_average(average: Average, parameters: PyTree[Array]) -> Average:
    """The average after a step that led to these parameters."""
    moved = jax.tree.map(lambda a, p: average.decay * a + (1 - average.decay) * p, average.sum, parameters)
    return Average(moved, average.steps + 1, average.decay)


def averaged(average: Average, parameters: PyTree[Array]) -> PyTree[Array]:
    """a/(1 − dᵗ); the parameters themselves before the first step."""
    share = 1 - average.decay ** jnp.maximum(average.steps, 1)
    return jax.tree.map(lambda a, p: jnp.where(average.steps > 0, a / share, p), average.sum, parameters)
