"""The black squares of a board of four by four."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity


class Checkerboard(ToyDensity):
    """p(x) = 1/32 where ⌊x₁/2⌋ + ⌊x₂/2⌋ is even in [-4, 4)², else 0: eight squares of side 2.

    Source: FFJORD (arXiv 1810.01367).
    """

    name = "checkerboard"
    support = (-4.0, 4.0, -4.0, 4.0)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw 2 (u, v - 2 w + ⌊u⌋ mod 2) with u ~ U(-2, 2), v ~ U(0, 1) and a fair coin w."""
        column_key, height_key, coin_key = jr.split(key, 3)
        across = jr.uniform(column_key, (count,), jnp.float32, -2, 2)
        height = jr.uniform(height_key, (count,), jnp.float32)
        coin = jr.bernoulli(coin_key, shape=(count,))
        up = jnp.where(coin, height - 2, height) + jnp.floor(across) % 2
        return 2 * jnp.stack([across, up], axis=1)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Look the square up."""
        cells = np.floor(points / 2)
        on_board = np.all((cells >= -2) & (cells < 2), axis=1)
        matching = cells.sum(axis=1) % 2 == 0
        return np.where(on_board & matching, -np.log(32), -np.inf)
