"""Uniform dequantization of binary pixels (arXiv 1511.01844, section 3.1)."""

from math import log, prod

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.transforms.surjection import Surjection


class UniformDequantization(Surjection):
    """z = (x + u)/2 with u ~ U[0, 1) for pixels x ∈ {0, 1}, term = −d ln 2 for d pixels; x = ⌊2z⌋.

    P(x) = ∫ p(x̃) du over x̃ = x + u, and p(x̃) = 2⁻ᵈ p(z). Outside the unit cube z is clipped to the nearest pixel
    value: that mass counts for no x, so Σ_x P(x) ≤ 1. Of grey x this is a noisy copy, and the term no likelihood.
    """

    def forward(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""]
    ) -> tuple[Float[Array, "batch ..."], Float[Array, " batch"]]:
        """Add noise and halve."""
        noise = jr.uniform(key, x.shape, x.dtype)
        return (x + noise) / 2, jnp.full(x.shape[0], -prod(x.shape[1:]) * log(2))

    def inverse(self, z: Float[Array, "batch ..."]) -> Float[Array, "batch ..."]:
        """Pixels that are 0 or 1."""
        return jnp.clip(jnp.floor(2 * z), 0, 1)
