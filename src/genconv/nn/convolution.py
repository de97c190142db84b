"""The 3×3 convolution of images (batch, h, w, channels)."""

from functools import reduce
from math import sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.precision import product

SIDE = 3


class Convolution(eqx.Module):
    r"""y[i, j] = Σ_{a, b ∈ {−1, 0, 1}} x[i + a, j + b] W[a, b] + bias, x zero outside the image.

    W[a, b] is of shape (inputs, outputs), stored at [a + 1, b + 1]; weights and biases start uniform on ±1/√(9 inputs).
    """

    weight: Float[Array, "3 3 inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, key: Key[Array, ""]) -> None:
        weight_key, bias_key = jr.split(key)
        bound = 1 / sqrt(SIDE * SIDE * inputs)
        self.weight = jr.uniform(weight_key, (SIDE, SIDE, inputs, outputs), minval=-bound, maxval=bound)
        self.bias = jr.uniform(bias_key, (outputs,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, "batch h w inputs"]) -> Float[Array, "batch h w outputs"]:
        """Convolve, the image keeps its size: one product with all nine W[a, b] side by side, then sums of its parts,
        shifted by −a and −b.

        XLA's own convolution is no faster on a CPU and, differentiated inside a loop (where all training is), fifteen
        times slower; vectorised over seeds it is a grouped one, slow everywhere. A product stays a product.
        """
        inputs, outputs = self.weight.shape[2:]
        side_by_side = self.weight.transpose(2, 0, 1, 3).reshape(inputs, -1)
        parts = product(x, side_by_side).reshape(*x.shape[:3], SIDE, SIDE, outputs)
        columns = reduce(jnp.add, [_shifted(parts[:, :, :, a], 1 - a, axis=1) for a in range(SIDE)])
        return reduce(jnp.add, [_shifted(columns[:, :, :, b], 1 - b, axis=2) for b in range(SIDE)]) + self.bias


def _shifted(x: Float[Array, "..."], by: int, axis: int) -> Float[Array, "..."]:
    """x[i − by] along the axis, zero where that lies outside."""
    edges = [(by, -by, 0) if index == axis else (0, 0, 0) for index in range(x.ndim)]
    return jax.lax.pad(x, jnp.zeros((), x.dtype), edges)
