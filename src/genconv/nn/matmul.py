"""Matrix products at a chosen precision, and products of one weight at many steps with one product for its gradient."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.config.training import Precision

_NARROW = 4
"""How many times more inputs than outputs a weight has whose gradient is computed the other way round."""


def matmul(
    x: Float[Array, "*batch inputs"], weight: Float[Array, "inputs outputs"], precision: Precision = "float32"
) -> Float[Array, "*batch outputs"]:
    """x W over the last axis.

    In `bfloat16` both factors are rounded to 8 significant bits and their products summed in `float32`; so are those of
    the two derivatives, g Wᵀ and xᵀ g.
    """
    if precision == "float32":
        return _narrow_product(x, weight) if _is_narrow(weight) else x @ weight
    rows: Float[Array, "rows outputs"] = _rounded_product(x.reshape(-1, x.shape[-1]), weight)
    return rows.reshape(*x.shape[:-1], weight.shape[-1])


def _is_narrow(weight: Array) -> bool:
    """Whether a CPU should compute xᵀ g as (gᵀ x)ᵀ: it copies the first factor of such a product, transposed, which
    takes 80 µs for 512 × 128 numbers, as long as a product of 128 columns; so the small factor should be the first.
    """
    inputs, outputs = weight.shape
    return _NARROW * outputs <= inputs and jax.default_backend() == "cpu"


def _narrow_product(x: Float[Array, "*batch inputs"], weight: Float[Array, "inputs outputs"]) -> Array:
    """x W through Wᵀ, whose derivative is gᵀ x; the barrier keeps XLA from turning that into xᵀ g again."""
    transposed = jax.lax.optimization_barrier(weight.T)
    return jax.lax.dot_general(x, transposed, (((x.ndim - 1,), (1,)), ((), ())))


def as_factor(x: Float[Array, "..."], precision: Precision) -> Float[Array, "..."]:
    """`x` as it enters a product: rounded in `bfloat16`, itself in `float32`."""
    return x.astype(jnp.bfloat16) if precision == "bfloat16" else x


def multiply(x: Float[Array, "rows inner"], weight: Float[Array, "inner outputs"]) -> Float[Array, "rows outputs"]:
    """x W of two factors of one type, summed at full precision."""
    return _contract(x, weight, 1, 0)


def multiply_by_transposed(
    g: Float[Array, "rows outputs"], weight: Float[Array, "inputs outputs"]
) -> Float[Array, "rows inputs"]:
    """g Wᵀ of two factors of one type: the gradient of x W in x.

    Contracts the second axes: on a CPU, XLA computes the matmul with an explicit Wᵀ in `float32` whatever its type.
    """
    return _contract(g, weight, 1, 1)


def multiply_transposed(
    x: Float[Array, "rows inputs"], g: Float[Array, "rows outputs"]
) -> Float[Array, "inputs outputs"]:
    """xᵀ g of two factors of one type: the gradient of x W in W.

    Also with a first factor that must be transposed does a CPU compute in `float32`, at half the rate. A transposition
    that XLA sees is folded back into the matmul; one with its rows in two halves is not.
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
    if a.dtype != jnp.bfloat16:
        return jax.lax.dot_general(a, b, axes)
    return jax.lax.dot_general(a, b, axes, precision="default", preferred_element_type=jnp.float32)


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


class GradientTap(NamedTuple):
    """Zeros through which a step's x and g reach the weight's gradient; stacked over steps, or of one step."""

    x: Float[Array, "*steps batch inputs"]
    g: Float[Array, "*steps batch outputs"]


class StepProduct(NamedTuple):
    r"""y_t = x_t W for t = 1 … T, with dW = Σ_t x_tᵀ g_t = [x_1; …; x_T]ᵀ [g_1; …; g_T].

    Automatic differentiation adds T products of `batch` rows, each as large as W, one after the other; here it is one
    product of T · batch rows. The taps are zeros that enter nothing; a step's derivative in them is declared to be its
    x and g, which so arrive together. Each step has to use its own tap, once.
    """

    weight: Float[Array, "inputs outputs"]
    """As a factor, without derivative."""
    taps: GradientTap
    """Stacked over steps: to be taken apart by a loop over steps."""

    @classmethod
    def of(
        cls, weight: Float[Array, "inputs outputs"], steps: int, batch: int, precision: Precision = "float32"
    ) -> "StepProduct":
        """Ready for so many steps."""
        factor = as_factor(weight, precision)
        return cls(jax.lax.stop_gradient(factor), _open(weight, factor, steps, batch))

    def __call__(self, x: Float[Array, "batch inputs"], tap: GradientTap) -> Float[Array, "batch outputs"]:
        """x W at the step of this tap."""
        result: Float[Array, "batch outputs"] = _tapped(x, self.weight, tap)
        return result


def _open(weight: Array, factor: Array, steps: int, batch: int) -> GradientTap:
    """Zeros whose derivatives become that of the weight."""

    @jax.custom_vjp
    def taps(weight: Array) -> GradientTap:
        x, g = (jnp.zeros((steps, batch, size), factor.dtype) for size in weight.shape)
        return GradientTap(x, g)

    def forward(weight: Array) -> tuple[GradientTap, None]:
        return taps(weight), None

    def backward(_: None, tap: GradientTap) -> tuple[Array]:
        x, g = (part.reshape(steps * batch, -1) for part in tap)
        return (multiply_transposed(x, g),)

    taps.defvjp(forward, backward)
    opened: GradientTap = taps(weight)
    return opened


@jax.custom_vjp
def _tapped(x: Array, weight: Array, tap: GradientTap) -> Array:
    del tap
    return multiply(x.astype(weight.dtype), weight)


def _tapped_forward(x: Array, weight: Array, tap: GradientTap) -> tuple[Array, tuple[Array, Array]]:
    del tap
    factor = x.astype(weight.dtype)
    return multiply(factor, weight), (factor, weight)


def _tapped_backward(factors: tuple[Array, Array], gradient: Array) -> tuple[Array, None, GradientTap]:
    x, weight = factors
    g = gradient.astype(weight.dtype)
    return multiply_by_transposed(g, weight), None, GradientTap(x, g)


_tapped.defvjp(_tapped_forward, _tapped_backward)
