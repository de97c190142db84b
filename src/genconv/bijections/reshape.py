"""Orders of the last axis, and squares of 2×2 pixels to channels (RealNVP, arXiv 1605.08803, section 3.6)."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, Key

from genconv.bijections.base import Transform


class Reverse(Transform):
    """z_i = x_{d+1−i}, log |det| = 0."""

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """Reverse the features."""
        return x[..., ::-1], jnp.zeros(x.shape[0])

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """Reverse again."""
        return z[..., ::-1]


class Permutation(Transform):
    """z_i = x_{order_i}, log |det| = 0: an order drawn once at random, never trained."""

    order: Int[Array, " dim"]

    def __init__(self, dim: int, key: Key[Array, ""]) -> None:
        self.order = jr.permutation(key, dim)

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """Put the features in that order."""
        return x[..., self.order], jnp.zeros(x.shape[0])

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """Put them back."""
        return z[..., jnp.argsort(self.order)]


class Squeeze(Transform):
    """z[i, j, 4k + 2a + b] = x[2i + a, 2j + b, k] for a, b ∈ {0, 1}, log |det| = 0: half as high and wide, four times
    the channels, those that come from one channel side by side.
    """

    def forward(
        self, x: Float[Array, "batch h w c"]
    ) -> tuple[Float[Array, "batch h//2 w//2 4*c"], Float[Array, " batch"]]:
        """Space to channels; h and w must be even."""
        batch, h, w, c = x.shape
        squares = x.reshape(batch, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4)
        return squares.reshape(batch, h // 2, w // 2, 4 * c), jnp.zeros(batch)

    def inverse(self, z: Float[Array, "batch h w c"]) -> Float[Array, "batch 2*h 2*w c//4"]:
        """Channels to space."""
        batch, h, w, c = z.shape
        squares = z.reshape(batch, h, w, c // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3)
        return squares.reshape(batch, 2 * h, 2 * w, c // 4)
