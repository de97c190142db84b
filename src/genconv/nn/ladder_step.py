"""One step of a ladder, up or down, and the merging of two Gaussians by precision (arXiv 1602.02282)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.batch_norm import BatchNorm
from genconv.nn.gaussian import Gaussian, GaussianHead, Variance
from genconv.nn.linear import Linear


class LadderStep(eqx.Module):
    """linear → batch norm → leaky ReLU (0.1) → Gaussian head."""

    linear: Linear
    norm: BatchNorm
    head: GaussianHead

    def __init__(self, inputs: int, hidden: int, latent: int, variance: Variance, key: Key[Array, ""]) -> None:
        linear_key, head_key = jr.split(key)
        self.linear = Linear(inputs, hidden, linear_key, "xavier_normal")
        self.norm = BatchNorm(hidden)
        self.head = GaussianHead(hidden, latent, head_key, variance)

    def __call__(
        self, x: Float[Array, "batch inputs"], training: bool
    ) -> tuple[Float[Array, "batch hidden"], Gaussian, "LadderStep"]:
        """Features, their Gaussian, and the step with its running statistics moved (itself in evaluation)."""
        raw = self.linear(x)
        moved = self
        if training:
            normed, norm = self.norm.train(raw)
            moved = eqx.tree_at(lambda step: step.norm, self, norm)
        else:
            normed = self.norm.evaluate(raw)
        h = jax.nn.leaky_relu(normed, 0.1)
        return h, self.head(h), moved


def merge(a: Gaussian, b: Gaussian) -> Gaussian:
    """Product of two Gaussians: μ = (μ_a/σ_a² + μ_b/σ_b²)/(1/σ_a² + 1/σ_b²), log σ² = log(1/(1/σ_a² + 1/σ_b²) +
    10⁻⁸).
    """
    precision_a, precision_b = jnp.exp(-a.log_variance), jnp.exp(-b.log_variance)
    total = precision_a + precision_b
    mean = (a.mean * precision_a + b.mean * precision_b) / total
    return Gaussian(mean, jnp.log(1 / total + 1e-8))
