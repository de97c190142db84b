"""Densely connected convolutions (arXiv 1608.06993) in a residual block, and the coupling net built of it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.convolution import Convolution
from genconv.nn.linear import Linear


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
