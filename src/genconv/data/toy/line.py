"""A diagonal line: a law without a density."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from genconv.data.toy.density import ToyDensity


class Line(ToyDensity):
    """x₂ = x₁ with x₁ ~ U(-2.5, 2.5): all mass on a curve, entropy -∞ (FFJORD, arXiv 1810.01367)."""

    name = "line"
    support = (-2.5, 2.5, -2.5, 2.5)
    has_density = False

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw one number for both coordinates."""
        x = jr.uniform(key, (count,), jnp.float32, -2.5, 2.5)
        return jnp.stack([x, x], axis=1)
