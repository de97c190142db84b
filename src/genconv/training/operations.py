"""Counting the arithmetic of a function without running it."""

from collections.abc import Callable
from math import prod
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn


def operations(function: Callable[..., Any], *arguments: Any) -> int:
    """Floating-point operations of all matrix products and convolutions, two for each multiply and add.

    Loops count as often as they turn; a `while` without a known number of turns counts once, a `cond` as its dearest
    branch. Elementwise work is left out. Arguments may be `jax.ShapeDtypeStruct`s.
    """
    return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


def _of(jaxpr: Jaxpr) -> int:
    return sum(_of_equation(equation) for equation in jaxpr.eqns)


def _of_equation(equation: JaxprEqn) -> int:
    name = equation.primitive.name
    if name == "dot_general":
        contracted: tuple[int, ...] = equation.params["dimension_numbers"][0][0]
        shape = _shape(equation.invars[0])
        return 2 * prod(_shape(equation.outvars[0])) * prod([shape[axis] for axis in contracted])
    if name == "conv_general_dilated":
        kernel, numbers = _shape(equation.invars[1]), equation.params["dimension_numbers"]
        outputs: int = kernel[numbers.rhs_spec[0]]
        return 2 * prod(_shape(equation.outvars[0])) * (prod(kernel) // outputs)
    inner = [_of(jaxpr) for value in equation.params.values() for jaxpr in _jaxprs(value)]
    if name == "cond":
        return max(inner, default=0)
    return sum(inner) * int(equation.params.get("length", 1) if name == "scan" else 1)


def _shape(variable: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = variable.aval.shape
    return shape


def _jaxprs(value: Any) -> list[Jaxpr]:
    if isinstance(value, (tuple, list)):
        return [jaxpr for item in value for jaxpr in _jaxprs(item)]
    if isinstance(value, ClosedJaxpr):
        return [value.jaxpr]
    return [value] if isinstance(value, Jaxpr) else []
