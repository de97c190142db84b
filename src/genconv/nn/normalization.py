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
        return (x - self.mean.value) * self._scale(self.variance.value) + self.shift

    def train(self, x: Float[Array, "batch features"]) -> tuple[Float[Array, "batch features"], "BatchNorm"]:
        """Normalise with the batch's statistics; also returns the layer with its running statistics moved.

        The mean is subtracted as a constant, and its derivative is that of a term that is 0: the way back then takes
        two sums over the batch, of g and of g (x − m), instead of four.
        """
        mean = jnp.mean(x, axis=0)
        fixed = jax.lax.stop_gradient(mean)
        variance = jnp.mean((x - fixed) ** 2, axis=0)  # whose derivative in the mean is 0
        unbiased = variance * (x.shape[0] / max(x.shape[0] - 1, 1))
        moved = eqx.tree_at(
            lambda layer: (layer.mean.value, layer.variance.value),
            self,
            (self._move(self.mean.value, mean), self._move(self.variance.value, unbiased)),
        )
        scale = self._scale(variance)
        return (x - fixed) * scale + (self.shift - (mean - fixed) * scale), moved

    def _move(self, old: Float[Array, " features"], new: Float[Array, " features"]) -> Float[Array, " features"]:
        return (1 - self.momentum) * old + self.momentum * new

    def _scale(self, variance: Float[Array, " features"]) -> Float[Array, " features"]:
        return self.scale * jax.lax.rsqrt(variance + self.epsilon)
