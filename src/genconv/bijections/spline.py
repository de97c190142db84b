"""Monotone rational-quadratic splines, and the coupling of points by them (arXiv 1906.04032)."""

from math import expm1, log
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform
from genconv.nn.fourier import fourier_features
from genconv.nn.linear import MLP

SMALLEST = 1e-3
"""Of a bin's width and height, as shares of the interval, and of a slope."""


class Spline(NamedTuple):
    """The knots (x_k, y_k) for k = 0, …, K, which increase from (−B, −B) to (B, B), and the slopes there."""

    x: Float[Array, "*batch knots"]
    y: Float[Array, "*batch knots"]
    slope: Float[Array, "*batch knots"]
    bound: float

    def forward(self, x: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """y and log dy/dx, by equations 4 and 5; x itself and 0 beyond ±B."""
        (left, right), (low, high), (first, last) = self._bin(x, self.x)
        width, height = right - left, high - low
        chord = height / width
        t = (jnp.clip(x, -self.bound, self.bound) - left) / width
        product = t * (1 - t)
        denominator = chord + (first + last - 2 * chord) * product
        y = low + height * (chord * t**2 + first * product) / denominator
        slope = last * t**2 + 2 * chord * product + first * (1 - t) ** 2
        log_slope = 2 * jnp.log(chord) + jnp.log(slope) - 2 * jnp.log(denominator)
        within = jnp.abs(x) < self.bound
        return jnp.where(within, y, x), jnp.where(within, log_slope, 0.0)

    def inverse(self, y: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        """x of y: the root in [0, 1] of a bin's quadratic equation, equations 6 to 8; y itself beyond ±B."""
        (left, right), (low, high), (first, last) = self._bin(y, self.y)
        height = high - low
        chord = height / (right - left)
        rise = jnp.clip(y, -self.bound, self.bound) - low
        bent = rise * (first + last - 2 * chord)
        a, b, c = height * (chord - first) + bent, height * first - bent, -chord * rise
        root = 2 * c / (-b - jnp.sqrt(jnp.maximum(b**2 - 4 * a * c, 0.0)))
        return jnp.where(jnp.abs(y) < self.bound, left + (right - left) * root, y)

    def _bin(self, value: Float[Array, "*batch"], knots: Float[Array, "*batch knots"]) -> list[tuple[Array, Array]]:
        """x, y and slope at both ends of the bin that holds the value.

        Sums over a mask take the place of indexing, whose derivative adds number by number.
        """
        place = jnp.sum(value[..., None] >= knots[..., 1:-1], axis=-1)
        here = place[..., None] == jnp.arange(knots.shape[-1] - 1)

        def at(numbers: Array) -> Array:
            return jnp.sum(jnp.where(here, numbers, 0.0), axis=-1)

        return [(at(each[..., :-1]), at(each[..., 1:])) for each in (self.x, self.y, self.slope)]


def spline_of(raw: Float[Array, "*batch numbers"], bound: float) -> Spline:
    """The spline of 3K − 1 real numbers: K widths, K heights, K − 1 inner slopes; zeros are the identity.

    Widths and heights are shares by softmax, slopes softplus, none below 0.001; the outer slopes are 1, so that the
    straight lines beyond ±`bound` go on without a kink.
    """
    bins = (raw.shape[-1] + 1) // 3
    widths, heights, slopes = jnp.split(raw, [bins, 2 * bins], axis=-1)
    inner = SMALLEST + jax.nn.softplus(slopes + log(expm1(1 - SMALLEST)))
    slope = jnp.pad(inner, [(0, 0)] * (raw.ndim - 1) + [(1, 1)], constant_values=1.0)
    return Spline(_knots(widths, bound), _knots(heights, bound), slope, bound)


def _knots(raw: Float[Array, "*batch bins"], bound: float) -> Float[Array, "*batch knots"]:
    """−B, then the running sums of the shares: a product with a triangle, fast where a running sum is not."""
    bins = raw.shape[-1]
    shares = SMALLEST + (1 - SMALLEST * bins) * jax.nn.softmax(raw, axis=-1)
    triangle = jnp.triu(jnp.ones((bins, bins + 1), raw.dtype), 1)
    return 2 * bound * jnp.matmul(shares, triangle, precision="highest") - bound


class SplineCoupling(Transform):
    """z = (x₁, s(x₂)), s a spline for each number of x₂ with knots and slopes that depend on x₁; log |det| = Σ log s′.

    x₁ and x₂ are the halves of the last axis, the second the longer one if they differ; a single number has a spline
    that depends on nothing. The net sees x₁ and so many `octaves` of waves of it. Its last layer starts at 0: at first
    the coupling is the identity.
    """

    net: MLP
    bins: int = eqx.field(static=True)
    bound: float = eqx.field(static=True)
    octaves: int = eqx.field(static=True)

    def __init__(
        self, dim: int, hidden: tuple[int, ...], bins: int, bound: float, key: Key[Array, ""], octaves: int = 0
    ) -> None:
        kept, moved = dim // 2, dim - dim // 2
        widths = ((1 + 2 * octaves) * max(kept, 1), *hidden, moved * (3 * bins - 1))
        net = MLP(widths, key, activation=jax.nn.relu, init="fan_in_uniform")
        self.net = eqx.tree_at(
            lambda net: net.layers[-1], net, replace_fn=lambda last: jax.tree.map(jnp.zeros_like, last)
        )
        self.bins, self.bound, self.octaves = bins, bound, octaves

    def forward(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """Move the second half by splines that the first gives."""
        x1, x2 = self._halves(x)
        z2, log_slope = self._spline(x1).forward(x2)
        return jnp.concatenate([x1, z2], axis=-1), jnp.sum(log_slope, axis=-1)

    def inverse(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """Undo: the first half is unchanged, so the splines are the same."""
        z1, z2 = self._halves(z)
        return jnp.concatenate([z1, self._spline(z1).inverse(z2)], axis=-1)

    def _halves(self, x: Float[Array, "batch dim"]) -> tuple[Float[Array, "batch kept"], Float[Array, "batch moved"]]:
        kept = x.shape[-1] // 2
        return x[..., :kept], x[..., kept:]

    def _spline(self, x1: Float[Array, "batch kept"]) -> Spline:
        seen = x1 if x1.shape[-1] else jnp.zeros((x1.shape[0], 1), x1.dtype)
        raw = self.net(fourier_features(seen, self.octaves, self.bound))
        return spline_of(raw.reshape(x1.shape[0], -1, 3 * self.bins - 1), self.bound)
