"""Batch normalisation with running statistics (arXiv 1502.03167)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.nn.buffer import Buffer


class BatchNorm(eqx.Module):
    """y = scale · (x − m)/√(v + ε) + shift, per feature.

    In training m and v are the batch's mean and (biased) variance and the running statistics move towards the batch's
    mean and unbiased variance by `momentum`; in evaluation m and v are the running statistics.
    """

    scale: Float[Array, " features"]
    shift: Float[Array, " features"]
    mean: Buffer
    variance: Buffer
    momentum: float = eqx.field(static=True, default=0.1)
    epsilon: float = eqx.field(static=True, default=1e-5)

    def __init__(self, features: int) -> None:
        self.scale = jnp.ones(features)
        self.shift = jnp.zeros(features)
        self.mean = Buffer(jnp.zeros(features))
        self.variance = Buffer(jnp.ones(features))

    def evaluate(self, x: Float[Array, "batch features"]) -> Float[Array, "batch features"]:
        """Normalise with the running statistics."""
        return self._normalise(x, self.mean.value, self.variance.value)

    def train(self, x: Float[Array, "batch features"]) -> tuple[Float[Array, "batch features"], "BatchNorm"]:
        """Normalise with the batch's statistics; also returns the layer with its running statistics moved."""
        mean, variance = jnp.mean(x, axis=0), jnp.var(x, axis=0)
        unbiased = variance * (x.shape[0] / max(x.shape[0] - 1, 1))
        moved = eqx.tree_at(
            lambda layer: (layer.mean.value, layer.variance.value),
            self,
            (self._move(self.mean.value, mean), self._move(self.variance.value, unbiased)),
        )
        return self._normalise(x, mean, variance), moved

    def _move(self, old: Float[Array, " features"], new: Float[Array, " features"]) -> Float[Array, " features"]:
        return (1 - self.momentum) * old + self.momentum * new

    def _normalise(
        self,
        x: Float[Array, "batch features"],
        mean: Float[Array, " features"],
        variance: Float[Array, " features"],
    ) -> Float[Array, "batch features"]:
        return (x - mean) * (self.scale * jax.lax.rsqrt(variance + self.epsilon)) + self.shift
