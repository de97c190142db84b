"""The masked autoregressive transform of points (MAF, arXiv 1705.07057)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform
from genconv.nn.masked import MaskedMLP


class MaskedAutoregressive(Transform):
    """z_i = (x_i − t_i) exp(−s_i) with (t_i, s_i) from x_1, …, x_{i−1}; log |det| = −Σ s_i.

    s = c tanh(s̃/c) with a bound c, or s̃ itself: exp cannot overflow with one. The net's last layer starts at 0: at
    first z = x. The density takes one pass of the net, the inverse one for each coordinate.
    """

    net: MaskedMLP
    bound: float | None = eqx.field(static=True)

    def __init__(self, dim: int, hidden: tuple[int, ...], key: Key[Array, ""], bound: float | None = None) -> None:
        net = MaskedMLP(dim, hidden, 2, key)
        zero = jax.tree.map(jnp.zeros_like, net.layers[-1])
        self.net = eqx.tree_at(lambda net: net.layers[-1], net, zero)
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
