"""The invertible 1×1 convolution (Glow, arXiv 1807.03039)."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform


class InvertibleConvolution(Transform):
    """z[i, j] = x[i, j] W at each pixel, log |det| = h·w · log |det W|; W starts as a random orthogonal matrix.

    The product is always at full precision: rounded, it would not be the map whose determinant is counted.
    """

    weight: Float[Array, "c c"]

    def __init__(self, channels: int, key: Key[Array, ""]) -> None:
        self.weight = jr.orthogonal(key, channels)

    def forward(self, x: Float[Array, "batch h w c"]) -> tuple[Float[Array, "batch h w c"], Float[Array, " batch"]]:
        """Mix the channels of each pixel."""
        pixels = x.shape[1] * x.shape[2]
        log_det = pixels * jnp.linalg.slogdet(self.weight)[1]
        return jnp.matmul(x, self.weight, precision="highest"), jnp.broadcast_to(log_det, x.shape[:1])

    def inverse(self, z: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c"]:
        """x[i, j] = z[i, j] W⁻¹."""
        return jnp.matmul(z, jnp.linalg.inv(self.weight), precision="highest")
