"""The affine coupling layer of RealNVP (arXiv 1605.08803)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.nn.linear import MLP
from genconv.transforms.base import Transform


class AffineCoupling(Transform):
    """z = (x₁, x₂ · exp(s(x₁)) + t(x₁)), log |det| = Σ s(x₁); x₁ and x₂ are the halves of the last axis, the second
    the longer one if they differ.

    The net has outputs (s, t); its layers start uniform on ±1/√inputs.
    """

    net: MLP

    def __init__(self, dim: int, hidden: tuple[int, ...], key: Key[Array, ""]) -> None:
        kept, moved = dim // 2, dim - dim // 2
        self.net = MLP((kept, *hidden, 2 * moved), key, activation=jax.nn.relu, init="fan_in_uniform")

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """Scale and shift the second half by functions of the first."""
        x1, x2 = _halves(x)
        log_scale, shift = jnp.split(self.net(x1), 2, axis=-1)
        return jnp.concatenate([x1, x2 * jnp.exp(log_scale) + shift], axis=-1), jnp.sum(log_scale, axis=-1)

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """Undo: the first half is unchanged, so the net's outputs are the same."""
        z1, z2 = _halves(z)
        log_scale, shift = jnp.split(self.net(z1), 2, axis=-1)
        return jnp.concatenate([z1, (z2 - shift) * jnp.exp(-log_scale)], axis=-1)


def _halves(x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch kept"], Float[Array, "batch moved"]]:
    return x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
