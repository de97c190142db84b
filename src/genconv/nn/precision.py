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


@jax.custom_vjp
def _rounded_product(x: Array, weight: Array) -> Array:
    return _dot(x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16))


def _forward(x: Array, weight: Array) -> tuple[Array, tuple[Array, Array]]:
    rounded = x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16)
    return _dot(*rounded), rounded


def _backward(rounded: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    x, weight = rounded
    g = gradient.astype(jnp.bfloat16)
    return _dot(g, weight.T), _dot(x.T, g)


def _dot(a: Array, b: Array) -> Array:
    return jax.lax.dot(a, b, preferred_element_type=jnp.float32)


_rounded_product.defvjp(_forward, _backward)
