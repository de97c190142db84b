"""Products of one weight at many steps whose gradient in the weight is one product over all steps."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.nn.precision import as_factor, multiply, multiply_by_transposed, multiply_transposed


class Tap(NamedTuple):
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
    taps: Tap
    """Stacked over steps: to be taken apart by a loop over steps."""

    @classmethod
    def of(cls, weight: Float[Array, "inputs outputs"], steps: int, batch: int) -> "StepProduct":
        """Ready for so many steps."""
        return cls(as_factor(jax.lax.stop_gradient(weight)), _open(weight, as_factor(weight), steps, batch))

    def __call__(self, x: Float[Array, "batch inputs"], tap: Tap) -> Float[Array, "batch outputs"]:
        """x W at the step of this tap."""
        result: Float[Array, "batch outputs"] = _tapped(x, self.weight, tap)
        return result


def _open(weight: Array, factor: Array, steps: int, batch: int) -> Tap:
    """Zeros whose derivatives become that of the weight."""

    @jax.custom_vjp
    def taps(weight: Array) -> Tap:
        x, g = (jnp.zeros((steps, batch, size), factor.dtype) for size in weight.shape)
        return Tap(x, g)

    def forward(weight: Array) -> tuple[Tap, None]:
        return taps(weight), None

    def backward(_: None, tap: Tap) -> tuple[Array]:
        x, g = (part.reshape(steps * batch, -1) for part in tap)
        return (multiply_transposed(x, g),)

    taps.defvjp(forward, backward)
    opened: Tap = taps(weight)
    return opened


@jax.custom_vjp
def _tapped(x: Array, weight: Array, tap: Tap) -> Array:
    del tap
    return multiply(x.astype(weight.dtype), weight)


def _forward(x: Array, weight: Array, tap: Tap) -> tuple[Array, tuple[Array, Array]]:
    del tap
    factor = x.astype(weight.dtype)
    return multiply(factor, weight), (factor, weight)


def _backward(factors: tuple[Array, Array], gradient: Array) -> tuple[Array, None, Tap]:
    x, weight = factors
    g = gradient.astype(weight.dtype)
    return multiply_by_transposed(g, weight), None, Tap(x, g)


_tapped.defvjp(_forward, _backward)
