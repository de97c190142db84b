"""Affine maps of the last axis and the two initialisations of the published study."""

from collections.abc import Callable
from math import sqrt
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.matmul import matmul
from genconv.nn.precision import MatmulLayer

Init = Literal["xavier_normal", "fan_in_uniform"]
Activation = Callable[[Array], Array]


class Linear(MatmulLayer):
    r"""y = x W + b, with W of shape (inputs, outputs).

    `xavier_normal`: W ~ N(0, 2/(inputs + outputs)), b = 0 (Glorot & Bengio 2010). `fan_in_uniform`: both uniform on
    ±1/√inputs.
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, key: Key[Array, ""], init: Init) -> None:
        self.precision = "float32"
        if init == "xavier_normal":
            self.weight = sqrt(2 / (inputs + outputs)) * jr.normal(key, (inputs, outputs))
            self.bias = jnp.zeros(outputs)
        else:
            weight_key, bias_key = jr.split(key)
            bound = 1 / sqrt(inputs)
            self.weight = jr.uniform(weight_key, (inputs, outputs), minval=-bound, maxval=bound)
            self.bias = jr.uniform(bias_key, (outputs,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """Apply to the last axis."""
        return matmul(x, self.weight, self.precision) + self.bias


class MLP(eqx.Module):
    """Linear layers of the given widths, each but the last followed by the activation."""

    layers: tuple[Linear, ...]
    activation: Activation = eqx.field(static=True)
    last_activation: bool = eqx.field(static=True)

    def __init__(
        self,
        widths: tuple[int, ...],
        key: Key[Array, ""],
        *,
        activation: Activation = jax.nn.relu,
        init: Init = "xavier_normal",
        last_activation: bool = False,
    ) -> None:
        """`widths` holds inputs, hidden and outputs; with `last_activation` the last layer is activated too."""
        keys = jr.split(key, len(widths) - 1)
        shapes = zip(widths[:-1], widths[1:], keys, strict=True)
        self.layers = tuple(Linear(i, o, k, init) for i, o, k in shapes)
        self.activation = activation
        self.last_activation = last_activation

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """Apply all layers."""
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index + 1 < len(self.layers) or self.last_activation:
                x = self.activation(x)
        return x
