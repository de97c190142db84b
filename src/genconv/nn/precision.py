"""Matrix products at a chosen precision: `bfloat16` factors with `float32` sums and master weights.

How a product is computed is a setting of the whole program, as with `jax.default_matmul_precision` (which a CPU
ignores): `products_in` sets it while a function is traced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.config.training import Precision

_precision: ContextVar[Precision] = ContextVar("precision", default="float32")


@contextmanager
def products_in(precision: Precision) -> Iterator[None]:
    """Trace every `product` inside the block at this precision, its derivatives included."""
    token = _precision.set(precision)
    try:
        yield
    finally:
        _precision.reset(token)


def product(x: Float[Array, "*batch inputs"], weight: Float[Array, "inputs outputs"]) -> Float[Array, "*batch outputs"]:
    """x W over the last axis.

    In `bfloat16` both factors are rounded to 8 significant bits and their products summed in `float32`; so are those of
    the two derivatives, g Wᵀ and xᵀ g.
    """
    if _precision.get() == "float32":
        return x @ weight
    rows: Float[Array, "rows outputs"] = _rounded_product(x.reshape(-1, x.shape[-1]), weight)
    return rows.reshape(*x.shape[:-1], weight.shape[-1])


def as_factor(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """`x` as it enters a product: rounded in `bfloat16`, itself in `float32`."""
    return x.astype(jnp.bfloat16) if _precision.get() == "bfloat16" else x


def multiply(x: Float[Array, "rows inner"], weight: Float[Array, "inner outputs"]) -> Float[Array, "rows outputs"]:
    """x W of two factors of one type, summed at full precision."""
    return _contract(x, weight, 1, 0)


def multiply_by_transposed(
    g: Float[Array, "rows outputs"], weight: Float[Array, "inputs outputs"]
) -> Float[Array, "rows inputs"]:
    """g Wᵀ of two factors of one type: the gradient of x W in x.

    Contracts the second axes: on a CPU, XLA computes the product with an explicit Wᵀ in `float32` whatever its type.
    """
    return _contract(g, weight, 1, 1)


def multiply_transposed(
    x: Float[Array, "rows inputs"], g: Float[Array, "rows outputs"]
) -> Float[Array, "inputs outputs"]:
    """xᵀ g of two factors of one type: the gradient of x W in W.

    Also with a first factor that must be transposed does a CPU compute in `float32`, at half the rate. A transposition
    that XLA sees is folded back into the product; one with its rows in two halves is not.
    """
    if x.dtype == jnp.float32 or jax.default_backend() != "cpu":
        return _contract(x, g, 0, 0)
    if x.shape[0] % 2:
        x, g = (jnp.pad(factor, ((0, 1), (0, 0))) for factor in (x, g))
    rows, inputs = x.shape
    transposed = x.reshape(2, rows // 2, inputs).transpose(2, 0, 1).reshape(inputs, rows)
    return _contract(transposed, g, 1, 0)


def _contract(a: Array, b: Array, a_axis: int, b_axis: int) -> Array:
    axes = (((a_axis,), (b_axis,)), ((), ()))
    wide = jnp.float32 if a.dtype == jnp.bfloat16 else a.dtype
    return jax.lax.dot_general(a, b, axes, preferred_element_type=wide)


@jax.custom_vjp
def _rounded_product(x: Array, weight: Array) -> Array:
    return multiply(x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16))


def _forward(x: Array, weight: Array) -> tuple[Array, tuple[Array, Array]]:
    rounded = x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16)
    return multiply(*rounded), rounded


def _backward(rounded: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    x, weight = rounded
    g = gradient.astype(jnp.bfloat16)
    return multiply_by_transposed(g, weight), multiply_transposed(x, g)


_rounded_product.defvjp(_forward, _backward)
