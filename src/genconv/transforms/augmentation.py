"""A channel of noise beside the image (augmented flows, arXiv 2002.07101; augmentation in arXiv 2007.02731)."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.transforms.surjection import Surjection


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
