"""The 3×3 convolution of images (batch, h, w, channels), and densely connected blocks of it (arXiv 1608.06993)."""

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

SIDE = 3


class Convolution(MatmulLayer):
    r"""y[i, j] = Σ_{a, b ∈ {−1, 0, 1}} x[i + a, j + b] W[a, b] + bias, x zero outside the image.

    W[a, b] is of shape (inputs, outputs), stored at [a + 1, b + 1]; weights and biases start uniform on ±1/√(9 inputs).
    """

    weight: Float[Array, "3 3 inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, key: Key[Array, ""]) -> None:
        self.precision = "float32"
        weight_key, bias_key = jr.split(key)
        bound = 1 / sqrt(SIDE * SIDE * inputs)
        self.weight = jr.uniform(weight_key, (SIDE, SIDE, inputs, outputs), minval=-bound, maxval=bound)
        self.bias = jr.uniform(bias_key, (outputs,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, "batch h w inputs"]) -> Float[Array, "batch h w outputs"]:
        """Convolve, the image keeps its size: one matmul with all nine W[a, b] side by side, then sums of its parts,
        shifted by −a and −b.

        XLA's own convolution is no faster on a CPU and, differentiated inside a loop (where all training is), fifteen
        times slower; vectorised over seeds it is a grouped one, slow everywhere. A matmul stays a matmul.
        """
        inputs, outputs = self.weight.shape[2:]
        side_by_side = self.weight.transpose(2, 0, 1, 3).reshape(inputs, -1)
        parts = matmul(x, side_by_side, self.precision).reshape(*x.shape[:3], SIDE, SIDE, outputs)
        columns = reduce(jnp.add, [_shifted(parts[:, :, :, a], 1 - a, axis=1) for a in range(SIDE)])
        return reduce(jnp.add, [_shifted(columns[:, :, :, b], 1 - b, axis=2) for b in range(SIDE)]) + self.bias


def _shifted(x: Float[Array, "..."], by: int, axis: int) -> Float[Array, "..."]:
    """x[i − by] along the axis, zero where that lies outside."""
    edges = [(by, -by, 0) if index == axis else (0, 0, 0) for index in range(x.ndim)]
    return jax.lax.pad(x, jnp.zeros((), x.dtype), edges)


class DenseLayer(eqx.Module):
    """y = [x, ReLU(conv₃ₓ₃(ReLU(conv₁ₓ₁(x))))] along the channels: `growth` channels are added.

    A 1×1 convolution is a linear map of the last axis, at the rate of a matrix product.
    """

    mix: Linear
    grow: Convolution

    def __init__(self, channels: int, growth: int, key: Key[Array, ""]) -> None:
        mix_key, grow_key = jr.split(key)
        self.mix = Linear(channels, channels, mix_key, "fan_in_uniform")
        self.grow = Convolution(channels, growth, grow_key)

    def __call__(self, x: Float[Array, "batch h w channels"]) -> Float[Array, "batch h w more"]:
        """Append new channels."""
        return jnp.concatenate([x, jax.nn.relu(self.grow(jax.nn.relu(self.mix(x))))], axis=-1)


class ResidualDenseBlock(eqx.Module):
    """y = x + a + b · sigmoid(c), where (a, b, c) is a 1×1 convolution of what `depth` dense layers make of x."""

    layers: tuple[DenseLayer, ...]
    gate: Linear

    def __init__(self, channels: int, depth: int, growth: int, key: Key[Array, ""]) -> None:
        *layer_keys, gate_key = jr.split(key, depth + 1)
        self.layers = tuple(DenseLayer(channels + i * growth, growth, k) for i, k in enumerate(layer_keys))
        self.gate = Linear(channels + depth * growth, 3 * channels, gate_key, "fan_in_uniform")

    def __call__(self, x: Float[Array, "batch h w channels"]) -> Float[Array, "batch h w channels"]:
        """Apply the block; shapes stay."""
        h = x
        for layer in self.layers:
            h = layer(h)
        a, b, c = jnp.split(self.gate(h), 3, axis=-1)
        return x + a + b * jax.nn.sigmoid(c)


class DenseNet(eqx.Module):
    """1×1 convolution to `hidden` channels, a residual dense block, 1×1 convolution to `outputs`: y = 0 at first."""

    enter: Linear
    block: ResidualDenseBlock
    leave: Linear

    def __init__(self, inputs: int, outputs: int, hidden: int, depth: int, growth: int, key: Key[Array, ""]) -> None:
        enter_key, block_key, leave_key = jr.split(key, 3)
        self.enter = Linear(inputs, hidden, enter_key, "fan_in_uniform")
        self.block = ResidualDenseBlock(hidden, depth, growth, block_key)
        random = Linear(hidden, outputs, leave_key, "fan_in_uniform")
        self.leave = jax.tree.map(jnp.zeros_like, random)

    def __call__(self, x: Float[Array, "batch h w inputs"]) -> Float[Array, "batch h w outputs"]:
        """Apply all layers."""
        return self.leave(self.block(self.enter(x)))
