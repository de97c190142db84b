"""Layers that change the dimension (arXiv 2007.02731): augmentation, dequantization, slicing."""

from math import log, pi, prod

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Surjection


class UniformAugmentation(Surjection):
    """z = (x, e) with one more channel e ~ U[0, 1), term = −log q(e) = 0; the inverse drops the last channel.

    What the flow puts on e outside of (0, 1) is mass that the bound does not see.
    """

    def forward(
        self, x: Float[Array, "batch h w c"], key: Key[Array, ""]
    ) -> tuple[Float[Array, "batch h w c+1"], Float[Array, " batch"]]:
        """Append a channel of noise."""
        noise = jr.uniform(key, (*x.shape[:-1], 1), x.dtype)
        return jnp.concatenate([x, noise], axis=-1), jnp.zeros(x.shape[0])

    def inverse(self, z: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c-1"]:
        """Drop it."""
        return z[..., :-1]


class UniformDequantization(Surjection):
    """z = (k + u)/L with u ~ U[0, 1) for levels k = (L − 1) x = 0, …, L − 1, term = −d ln L for d numbers; k = ⌊L z⌋.

    P(k) = ∫ p(x̃) du over x̃ = k + u, and p(x̃) = L⁻ᵈ p(z). Outside the unit cube z is clipped to the nearest level:
    that mass counts for no k, so Σ_k P(k) ≤ 1. Of an x between two levels this is a noisy copy, and the term no
    likelihood.
    """

    levels: int = eqx.field(static=True, default=2)
    """L: 2 for binary pixels, 256 for bytes."""

    def forward(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""]
    ) -> tuple[Float[Array, "batch ..."], Float[Array, " batch"]]:
        """Add noise of one level, and divide by their number."""
        noise = jr.uniform(key, x.shape, x.dtype)
        term = jnp.full(x.shape[0], -prod(x.shape[1:]) * log(self.levels))
        return ((self.levels - 1) * x + noise) / self.levels, term

    def inverse(self, z: Float[Array, "batch ..."]) -> Float[Array, "batch ..."]:
        """Levels k as x = k/(L − 1)."""
        last = self.levels - 1
        return jnp.clip(jnp.floor(self.levels * z), 0, last) / last


class Slice(eqx.Module):
    """x = (kept, dropped), with log p(x) = log p(kept) + log N(dropped; 0, I): the first `keep` channels go on.

    Whoever inverts the flow draws the dropped channels from N(0, I), or hands back those that were there.
    """

    keep: int = eqx.field(static=True)

    def forward(
        self, x: Float[Array, "batch h w c"]
    ) -> tuple[Float[Array, "batch h w keep"], Float[Array, "batch h w rest"], Float[Array, " batch"]]:
        """Kept channels, dropped channels, and log N(dropped; 0, I) in nats."""
        kept, dropped = x[..., : self.keep], x[..., self.keep :]
        return kept, dropped, standard_normal_log_prob(dropped)

    def inverse(
        self, kept: Float[Array, "batch h w keep"], dropped: Float[Array, "batch h w rest"]
    ) -> Float[Array, "batch h w c"]:
        """Put the channels together again."""
        return jnp.concatenate([kept, dropped], axis=-1)


def standard_normal_log_prob(z: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
    """log N(z; 0, I) = −½ Σ (z² + log 2π), nats."""
    return -0.5 * jnp.sum(z**2 + log(2 * pi), axis=tuple(range(1, z.ndim)))
