"""Channels that leave the flow early (RealNVP, arXiv 1605.08803, section 3.6; slicing in arXiv 2007.02731)."""

from math import log, pi

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


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
        return kept, dropped, standard_normal_log_density(dropped)

    def inverse(
        self, kept: Float[Array, "batch h w keep"], dropped: Float[Array, "batch h w rest"]
    ) -> Float[Array, "batch h w c"]:
        """Put the channels together again."""
        return jnp.concatenate([kept, dropped], axis=-1)


def standard_normal_log_density(z: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
    """log N(z; 0, I) = −½ Σ (z² + log 2π), nats."""
    return -0.5 * jnp.sum(z**2 + log(2 * pi), axis=tuple(range(1, z.ndim)))
