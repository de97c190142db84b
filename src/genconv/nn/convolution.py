"""The 3×3 convolution of images (batch, h, w, channels), and how each device computes it fastest."""

from functools import reduce
from math import sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.nn.precision import current_precision, product

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
        """Convolve; the image keeps its size.

        A CPU runs XLA's own convolution at the rate of its matrix products and maps seeds one after another. Elsewhere
        seeds are vectorised, which would make of it a grouped convolution: a single product and nine shifts stay
        products. Rounded factors are products everywhere, since `product` is what rounds them.
        """
        native = jax.default_backend() == "cpu" and current_precision() == "float32"
        return (convolve(x, self.weight) if native else convolve_by_product(x, self.weight)) + self.bias


def convolve(
    x: Float[Array, "batch h w inputs"], weight: Float[Array, "3 3 inputs outputs"]
) -> Float[Array, "batch h w outputs"]:
    """The sum over a and b by XLA's convolution."""
    return jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def convolve_by_product(
    x: Float[Array, "batch h w inputs"], weight: Float[Array, "3 3 inputs outputs"]
) -> Float[Array, "batch h w outputs"]:
    """The same: one product with all nine W[a, b] side by side, then sums of its parts, shifted by −a and −b."""
    inputs, outputs = weight.shape[2:]
    side_by_side = weight.transpose(2, 0, 1, 3).reshape(inputs, -1)
    parts = product(x, side_by_side).reshape(*x.shape[:3], SIDE, SIDE, outputs)
    columns = reduce(jnp.add, [_shifted(parts[:, :, :, a], 1 - a, axis=1) for a in range(SIDE)])
    return reduce(jnp.add, [_shifted(columns[:, :, :, b], 1 - b, axis=2) for b in range(SIDE)])


def _shifted(x: Float[Array, "..."], by: int, axis: int) -> Float[Array, "..."]:
    """x[i − by] along the axis, zero where that lies outside."""
    edges = [(by, -by, 0) if index == axis else (0, 0, 0) for index in range(x.ndim)]
    return jax.lax.pad(x, jnp.zeros((), x.dtype), edges)
