"""Masked autoregressive transforms of points: affine (MAF, arXiv 1705.07057) and by splines (arXiv 1906.04032)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform
from genconv.bijections.spline import Spline, spline_of
from genconv.nn.fourier import fourier_features
from genconv.nn.masked import MaskedMLP


class MaskedAutoregressive(Transform):
    """z_i = (x_i − t_i) exp(−s_i) with (t_i, s_i) from x_1, …, x_{i−1}; log |det| = −Σ s_i.

    s = c tanh(s̃/c) with a bound c, or s̃ itself: exp cannot overflow with one. The net's last layer starts at 0: at
    first z = x. The density takes one pass of the net, the inverse one for each coordinate.
    """

    net: MaskedMLP
    bound: float | None = eqx.field(static=True)

    def __init__(self, dim: int, hidden: tuple[int, ...], key: Key[Array, ""], bound: float | None = None) -> None:
        self.net = _zero_at_first(dim, hidden, 2, key)
        self.bound = bound

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """All coordinates at once."""
        shift, log_scale = self._parameters(x)
        return (x - shift) * jnp.exp(-log_scale), -jnp.sum(log_scale, axis=-1)

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """One coordinate after another: each needs those before it."""

        def next_coordinate(place: Array, x: Array) -> Array:
            shift, log_scale = self._parameters(x)
            return x.at[:, place].set(z[:, place] * jnp.exp(log_scale[:, place]) + shift[:, place])

        x: Float[Array, "batch dim"] = jax.lax.fori_loop(0, self.net.dim, next_coordinate, jnp.zeros_like(z))
        return x

    def _parameters(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, "batch dim"]]:
        shift, log_scale = jnp.moveaxis(self.net(x), -1, 0)
        return shift, log_scale if self.bound is None else self.bound * jnp.tanh(log_scale / self.bound)


class MaskedSpline(Transform):
    """z_i = s_i(x_i), s_i a spline with knots and slopes from x_1, …, x_{i−1}; log |det| = Σ log s_i′.

    The net sees the coordinates and so many `octaves` of waves of each. Its last layer starts at 0: at first z = x. The
    density takes one pass of the net, the inverse one for each coordinate.
    """

    net: MaskedMLP
    bound: float = eqx.field(static=True)
    octaves: int = eqx.field(static=True)

    def __init__(
        self, dim: int, hidden: tuple[int, ...], bins: int, bound: float, key: Key[Array, ""], octaves: int = 0
    ) -> None:
        self.net = _zero_at_first(dim, hidden, 3 * bins - 1, key, copies=1 + 2 * octaves)
        self.bound, self.octaves = bound, octaves

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """All coordinates at once."""
        z, log_slope = self._spline(x).forward(x)
        return z, jnp.sum(log_slope, axis=-1)

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """One coordinate after another: each needs those before it."""

        def next_coordinate(place: Array, x: Array) -> Array:
            return x.at[:, place].set(self._spline(x).inverse(z)[:, place])

        x: Float[Array, "batch dim"] = jax.lax.fori_loop(0, self.net.dim, next_coordinate, jnp.zeros_like(z))
        return x

    def _spline(self, x: Float[Array, "batch dim"]) -> Spline:
        return spline_of(self.net(fourier_features(x, self.octaves, self.bound)), self.bound)


def _zero_at_first(dim: int, hidden: tuple[int, ...], outputs: int, key: Key[Array, ""], copies: int = 1) -> MaskedMLP:
    """A masked net whose outputs are 0: its last layer starts at 0."""
    net = MaskedMLP(dim, hidden, outputs, key, copies=copies)
    zero = jax.tree.map(jnp.zeros_like, net.layers[-1])
    started: MaskedMLP = eqx.tree_at(lambda net: net.layers[-1], net, zero)
    return started
