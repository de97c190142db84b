"""A wave and a diagonal line: laws without a density."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from genconv.data.toy.density import ToyDensity


class Cosine(ToyDensity):
    """x₂ = 2.5 sin x₁ with x₁ ~ U(-2.5, 2.5): all mass on a curve, entropy -∞.

    It is a sine; the name "cos" is that of FFJORD (arXiv 1810.01367).
    """

    name = "cos"
    support = (-2.5, 2.5, -2.5, 2.5)
    has_density = False

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw the place; the height follows."""
        x = jr.uniform(key, (count,), jnp.float32, -2.5, 2.5)
        return jnp.stack([x, 2.5 * jnp.sin(x)], axis=1)


class Line(ToyDensity):
    """x₂ = x₁ with x₁ ~ U(-2.5, 2.5): all mass on a curve, entropy -∞ (FFJORD, arXiv 1810.01367)."""

    name = "line"
    support = (-2.5, 2.5, -2.5, 2.5)
    has_density = False

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw one number for both coordinates."""
        x = jr.uniform(key, (count,), jnp.float32, -2.5, 2.5)
        return jnp.stack([x, x], axis=1)
