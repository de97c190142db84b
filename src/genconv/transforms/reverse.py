"""Reversal of the last axis, so that the next coupling moves the other half."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.transforms.base import Transform


class Reverse(Transform):
    """z_i = x_{d+1−i}, log |det| = 0."""

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """Reverse the features."""
        return x[..., ::-1], jnp.zeros(x.shape[0])

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """Reverse again."""
        return z[..., ::-1]
