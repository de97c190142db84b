"""Masked autoregressive nets: outputs of a coordinate see the coordinates before it alone (MADE, arXiv 1502.03509)."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, Key

from genconv.nn.linear import Activation, Linear
from genconv.nn.matmul import matmul


def unit_degrees(dim: int, width: int) -> Int[Array, " width"]:
    """Degrees of the units of a hidden layer, spread evenly over 1, …, dim − 1: a unit of degree m sees the first m
    coordinates.
    """
    return 1 + jnp.arange(width) * (dim - 1) // width


class MaskedMLP(eqx.Module):
    """y_i = f(x_1, …, x_{i−1}), `outputs` numbers for each of `dim` coordinates: an MLP of masked weights.

    The inputs are the coordinates or, with `copies` above 1, so many numbers of each, `dim` of one sort after another.
    A weight stands between a unit of degree m and one of degree m′ in the next layer if m ≤ m′, and to the outputs of
    coordinate i if m < i. All layers start as `Linear` does, uniform on ±1/√inputs, counting the masked inputs too.

    With `direct`, W x is added to the outputs, W masked alike: then an output sees all coordinates before it also where
    a hidden layer has fewer units than there are coordinates.
    """

    layers: tuple[Linear, ...]
    direct: Linear | None
    dim: int = eqx.field(static=True)
    outputs: int = eqx.field(static=True)
    activation: Activation = eqx.field(static=True)
    copies: int = eqx.field(static=True)

    def __init__(
        self,
        dim: int,
        hidden: tuple[int, ...],
        outputs: int,
        key: Key[Array, ""],
        activation: Callable[[Array], Array] = jax.nn.relu,
        copies: int = 1,
        direct: bool = False,
    ) -> None:
        widths = (copies * dim, *hidden, outputs * dim)
        keys = jr.split(key, len(widths) - 1)
        self.layers = tuple(
            Linear(i, o, k, "fan_in_uniform") for i, o, k in zip(widths[:-1], widths[1:], keys, strict=True)
        )
        ends = widths[0], widths[-1], jr.fold_in(key, len(widths))
        self.direct = Linear(*ends, "fan_in_uniform") if direct else None
        self.dim, self.outputs, self.activation, self.copies = dim, outputs, activation, copies

    def __call__(self, x: Float[Array, "batch inputs"]) -> Float[Array, "batch dim outputs"]:
        """The outputs of all coordinates at once."""
        h = x
        for index, layer in enumerate(self.layers):
            h = matmul(h, self.weight(index), layer.precision) + layer.bias
            h = self.activation(h) if index + 1 < len(self.layers) else h
        if self.direct is not None:
            h = h + matmul(x, self.direct_weight(self.direct), self.direct.precision) + self.direct.bias
        return h.reshape(-1, self.dim, self.outputs)

    def weight(self, index: int) -> Float[Array, "inputs outputs"]:
        """The masked weight of a layer."""
        return jnp.where(self._mask(index), self.layers[index].weight, 0.0)

    def direct_weight(self, direct: Linear) -> Float[Array, "inputs outputs"]:
        """The masked weight from the inputs straight to the outputs."""
        seen = self._degrees(0)[:, None] < self._degrees(len(self.layers))[None]
        return jnp.where(seen, direct.weight, 0.0)

    def _mask(self, index: int) -> Bool[Array, "inputs outputs"]:
        before, after = self._degrees(index), self._degrees(index + 1)
        if index + 1 == len(self.layers):
            return before[:, None] < after[None]
        return before[:, None] <= after[None]

    def _degrees(self, index: int) -> Int[Array, " width"]:
        """Of the inputs of a layer; those of the outputs come last, coordinate by coordinate."""
        if index == 0:
            return jnp.tile(1 + jnp.arange(self.dim), self.copies)
        if index == len(self.layers):
            return jnp.repeat(1 + jnp.arange(self.dim), self.outputs)
        return unit_degrees(self.dim, self.layers[index].weight.shape[0])
