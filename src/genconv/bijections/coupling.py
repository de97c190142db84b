"""Affine couplings of points and of image channels (RealNVP, arXiv 1605.08803; Glow, arXiv 1807.03039)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform
from genconv.nn.convolution import DenseNet
from genconv.nn.linear import MLP


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


class ConvolutionalCoupling(Transform):
    """z = (x₁, x₂ · exp(s(x₁)) + t(x₁)), log |det| = Σ s(x₁) over channels and pixels; x₁ and x₂ are the halves of the
    channels.

    (s̃, t) are the halves of a `DenseNet`'s outputs, which start at 0; s = s̃, or c · tanh(s̃/c) with a bound c: then one
    coupling stretches no number by more than eᶜ, and exp cannot overflow.
    """

    net: DenseNet
    bound: float | None = eqx.field(static=True)

    def __init__(
        self, channels: int, hidden: int, depth: int, growth: int, key: Key[Array, ""], bound: float | None = None
    ) -> None:
        """`channels` must be even; the other numbers are the net's."""
        self.net = DenseNet(channels // 2, channels, hidden, depth, growth, key)
        self.bound = bound

    def forward(self, x: Float[Array, "batch h w c"]) -> tuple[Float[Array, "batch h w c"], Float[Array, " batch"]]:
        """Scale and shift the second half by functions of the first."""
        x1, x2 = jnp.split(x, 2, axis=-1)
        log_scale, shift = self._parameters(x1)
        return jnp.concatenate([x1, x2 * jnp.exp(log_scale) + shift], axis=-1), jnp.sum(log_scale, axis=(1, 2, 3))

    def inverse(self, z: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c"]:
        """Undo: the first half is unchanged, so the net's outputs are the same."""
        z1, z2 = jnp.split(z, 2, axis=-1)
        log_scale, shift = self._parameters(z1)
        return jnp.concatenate([z1, (z2 - shift) * jnp.exp(-log_scale)], axis=-1)

    def _parameters(
        self, x1: Float[Array, "batch h w half"]
    ) -> tuple[Float[Array, "batch h w half"], Float[Array, "batch h w half"]]:
        log_scale, shift = jnp.split(self.net(x1), 2, axis=-1)
        return log_scale if self.bound is None else self.bound * jnp.tanh(log_scale / self.bound), shift
