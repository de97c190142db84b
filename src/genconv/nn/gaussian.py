"""Diagonal Gaussians and the layer that produces them."""

from math import log, pi
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.linear import Linear
from genconv.nn.matmul import matmul

Variance = Literal["softplus", "free"]
LOG_VARIANCE_BOUND = 20.0
"""A free log σ² is clipped to ± this, against overflow only."""


class Gaussian(NamedTuple):
    """N(mean, diag exp(log_variance)) over the last axis; log-densities and KLs in nats, shape (*batch,)."""

    mean: Float[Array, "*batch dim"]
    log_variance: Float[Array, "*batch dim"]

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*batch dim"]:
        """A draw by `reparameterize`."""
        return self.reparameterize(jr.normal(key, self.mean.shape, self.mean.dtype))

    def reparameterize(self, noise: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """μ + σ ε for given ε: differentiable in mean and variance (arXiv 1312.6114)."""
        return self.mean + jnp.exp(0.5 * self.log_variance) * noise

    def log_prob(self, z: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """log N(z) = −½ Σ (log 2π + log σ² + (z − μ)²/σ²)."""
        squared = (z - self.mean) ** 2 * jnp.exp(-self.log_variance)
        return -0.5 * jnp.sum(log(2 * pi) + self.log_variance + squared, axis=-1)

    def kl(self, other: "Gaussian") -> Float[Array, "*batch"]:
        """KL(self ‖ other) = ½ Σ (log σ₂² − log σ₁² + (σ₁² + (μ₁ − μ₂)²)/σ₂² − 1), in closed form."""
        return jnp.sum(self.kl_by_unit(other), axis=-1)

    def kl_by_unit(self, other: "Gaussian") -> Float[Array, "*batch dim"]:
        """The terms of `kl`, one a dimension."""
        difference = self.log_variance - other.log_variance
        squared = (self.mean - other.mean) ** 2 * jnp.exp(-other.log_variance)
        return 0.5 * (jnp.exp(difference) - difference + squared - 1)


def standard(batch: int, dim: int) -> Gaussian:
    """N(0, I) for a whole batch."""
    return Gaussian(jnp.zeros((batch, dim)), jnp.zeros((batch, dim)))


class GaussianHead(eqx.Module):
    """Two linear maps to mean and log-variance.

    `softplus`: log σ² = softplus(linear), so σ ≥ 1 (the published quirk); `free`: log σ² = linear.
    """

    mean: Linear
    log_variance: Linear
    variance: Variance = eqx.field(static=True)

    def __init__(self, inputs: int, dim: int, key: Key[Array, ""], variance: Variance) -> None:
        mean_key, variance_key = jr.split(key)
        self.mean = Linear(inputs, dim, mean_key, "xavier_normal")
        self.log_variance = Linear(inputs, dim, variance_key, "xavier_normal")
        self.variance = variance

    def __call__(self, h: Float[Array, "batch inputs"]) -> Gaussian:
        """The Gaussian that the features describe; both maps are one product."""
        weight = jnp.concatenate([self.mean.weight, self.log_variance.weight], axis=1)
        bias = jnp.concatenate([self.mean.bias, self.log_variance.bias])
        mean, raw = jnp.split(matmul(h, weight, self.mean.precision) + bias, 2, axis=1)
        if self.variance == "softplus":
            return Gaussian(mean, jax.nn.softplus(raw))
        return Gaussian(mean, jnp.clip(raw, -LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND))
