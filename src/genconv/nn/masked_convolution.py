"""Convolutions that see some of the neighbouring pixels alone, and the gated block of PixelCNN (arXiv 1606.05328)."""

from functools import reduce
from math import sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.linear import Linear
from genconv.nn.matmul import matmul
from genconv.nn.precision import MatmulLayer

Taps = tuple[tuple[int, int], ...]
"""Offsets (a, b) of the pixels that are seen, rows first: (−1, 0) is the pixel above."""


def rows_above(rows: int, radius: int, *, current: bool) -> Taps:
    """Pixels of the rows above, and of the row itself with `current`, up to `radius` columns away."""
    last = 0 if current else -1
    return tuple((a, b) for a in range(-rows, last + 1) for b in range(-radius, radius + 1))


def pixels_before(count: int, *, current: bool) -> Taps:
    """Pixels of the same row before it, and the pixel itself with `current`."""
    return tuple((0, b) for b in range(-count, 1 if current else 0))


class MaskedConvolution(MatmulLayer):
    """y[i, j] = Σ_t x[i + a_t, j + b_t] W_t + bias, x zero outside the image: as one product with all W_t side by side.

    Weights and biases start uniform on ±1/√(taps · inputs).
    """

    weight: Float[Array, "taps inputs outputs"]
    bias: Float[Array, " outputs"]
    taps: Taps = eqx.field(static=True)

    def __init__(self, inputs: int, outputs: int, taps: Taps, key: Key[Array, ""]) -> None:
        self.precision = "float32"
        self.taps = taps
        weight_key, bias_key = jr.split(key)
        bound = 1 / sqrt(len(taps) * inputs)
        self.weight = jr.uniform(weight_key, (len(taps), inputs, outputs), minval=-bound, maxval=bound)
        self.bias = jr.uniform(bias_key, (outputs,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, "batch h w inputs"]) -> Float[Array, "batch h w outputs"]:
        """Convolve; the image keeps its size."""
        taps, inputs, outputs = self.weight.shape
        side_by_side = self.weight.transpose(1, 0, 2).reshape(inputs, taps * outputs)
        parts = jnp.split(matmul(x, side_by_side, self.precision), taps, axis=-1)
        shifted = [_moved(part, -a, -b) for part, (a, b) in zip(parts, self.taps, strict=True)]
        return reduce(jnp.add, shifted) + self.bias


class GatedLayer(eqx.Module):
    """One layer of the gated PixelCNN: a stack of what is above, and one of what is before in the row, which sees it.

    v′ = gate(conv(v)), h′ = h + mix(gate(conv(h) + join(conv(v)))), gate(a, b) = tanh a · sigmoid b. At a pixel v knows
    the rows above alone; so h, which starts without the pixel itself, knows the pixels before it.
    """

    above: MaskedConvolution
    before: MaskedConvolution
    join: Linear
    mix: Linear

    def __init__(self, channels: int, key: Key[Array, ""]) -> None:
        above_key, before_key, join_key, mix_key = jr.split(key, 4)
        self.above = MaskedConvolution(channels, 2 * channels, rows_above(1, 1, current=True), above_key)
        self.before = MaskedConvolution(channels, 2 * channels, pixels_before(1, current=True), before_key)
        self.join = Linear(2 * channels, 2 * channels, join_key, "fan_in_uniform")
        self.mix = Linear(channels, channels, mix_key, "fan_in_uniform")

    def __call__(
        self, v: Float[Array, "batch h w c"], h: Float[Array, "batch h w c"]
    ) -> tuple[Float[Array, "batch h w c"], Float[Array, "batch h w c"]]:
        """Both stacks after the layer."""
        seen = self.above(v)
        return gate(seen), h + self.mix(gate(self.before(h) + self.join(seen)))

    def next_pixel(
        self, seen: Float[Array, "batch both"], before: Float[Array, "batch c"], h: Float[Array, "batch c"]
    ) -> Float[Array, "batch c"]:
        """h′ at one pixel, from conv(v) there, h at the pixel before it, and h."""
        weight, precision = self.before.weight, self.before.precision
        row = matmul(before, weight[0], precision) + matmul(h, weight[1], precision) + self.before.bias
        return h + self.mix(gate(row + self.join(seen)))


def gate(x: Float[Array, "*batch both"]) -> Float[Array, "*batch half"]:
    """tanh of the first half of the channels, times the sigmoid of the second."""
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.tanh(a) * jax.nn.sigmoid(b)


def _moved(x: Float[Array, "batch h w c"], down: int, right: int) -> Float[Array, "batch h w c"]:
    """x[i − down, j − right], zero where that lies outside."""
    edges = [(0, 0, 0), (down, -down, 0), (right, -right, 0), (0, 0, 0)]
    return jax.lax.pad(x, jnp.zeros((), x.dtype), edges)
