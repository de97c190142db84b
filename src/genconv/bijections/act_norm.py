"""Activation normalisation (Glow, arXiv 1807.03039)."""

from math import prod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.bijections.base import Transform

EPSILON = 1e-6


class ActNorm(Transform):
    """z = (x − shift) · exp(−log_scale) per feature, log |det| = −(h·w) Σ log_scale.

    The features are the last axis: the dimensions of points (h·w = 1), the channels of images. `data_init` sets shift
    to the mean over the batch (and its pixels) and log_scale to log(sd + 10⁻⁶), sd unbiased; a single value has no sd
    and leaves log_scale at 0.
    """

    shift: Float[Array, " dim"]
    log_scale: Float[Array, " dim"]

    def __init__(self, dim: int) -> None:
        self.shift = jnp.zeros(dim)
        self.log_scale = jnp.zeros(dim)

    def forward(
        self, x: Float[Array, "batch *pixels dim"]
    ) -> tuple[Float[Array, "batch *pixels dim"], Float[Array, " batch"]]:
        """Normalise each feature."""
        log_det = jnp.broadcast_to(-prod(x.shape[1:-1]) * jnp.sum(self.log_scale), x.shape[:1])
        return (x - self.shift) * jnp.exp(-self.log_scale), log_det

    def inverse(self, z: Float[Array, "batch *pixels dim"]) -> Float[Array, "batch *pixels dim"]:
        """Undo the normalisation."""
        return z * jnp.exp(self.log_scale) + self.shift

    def data_init(self, x: Float[Array, "batch *pixels dim"]) -> "ActNorm":
        """Outputs of this batch get mean 0 and standard deviation 1."""
        x = x.reshape(-1, x.shape[-1])
        several = x.shape[0] > 1
        log_scale = jnp.log(jnp.std(x, axis=0, ddof=1) + EPSILON) if several else jnp.zeros_like(self.log_scale)
        values = (jnp.mean(x, axis=0), log_scale)
        ready: "ActNorm" = eqx.tree_at(lambda layer: (layer.shift, layer.log_scale), self, values)
        return ready
