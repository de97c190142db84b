"""The last layer of a decoder for points in the plane: a Normal with its own scale for each coordinate."""

from math import log, pi
from typing import Literal

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

Head = Literal["sigmoid", "linear"]
DEVIATION_FLOOR = 1e-3
"""Smallest standard deviation of the `linear` head."""


def normal_parameters(
    raw: Float[Array, "batch twice"], head: Head
) -> tuple[Float[Array, "batch dim"], Float[Array, "batch dim"]]:
    """Means and standard deviations, the first and second half of a decoder's outputs.

    `sigmoid`: both through the sigmoid, so both lie in (0, 1), whatever the range of the data (the published quirk);
    `linear`: means as they are, σ = softplus(raw) + 0.001.
    """
    if head == "sigmoid":
        mean, deviation = jnp.split(jax.nn.sigmoid(raw), 2, axis=-1)
        return mean, deviation
    mean, deviation = jnp.split(raw, 2, axis=-1)
    return mean, jax.nn.softplus(deviation) + DEVIATION_FLOOR


def normal_log_density(
    x: Float[Array, "batch dim"], raw: Float[Array, "batch twice"], head: Head
) -> Float[Array, " batch"]:
    """log p(x|z) = −Σ (½ log 2π + log σ + (x − μ)²/2σ²), nats, shape (batch,)."""
    mean, deviation = normal_parameters(raw, head)
    return -jnp.sum(0.5 * log(2 * pi) + jnp.log(deviation) + 0.5 * ((x - mean) / deviation) ** 2, axis=-1)


def normal_sample(key: Key[Array, ""], raw: Float[Array, "batch twice"], head: Head) -> Float[Array, "batch dim"]:
    """x ~ p(x|z)."""
    mean, deviation = normal_parameters(raw, head)
    return mean + deviation * jr.normal(key, mean.shape, mean.dtype)
