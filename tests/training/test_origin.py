"""The operation that is named made non-finite numbers of finite ones, and does not only move them."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import pytest

from genconv.bijections.coupling import AffineCoupling
from genconv.bijections.reshape import Reverse
from genconv.training.dissection.interpreter import computed
from genconv.training.dissection.named_modules import named_modules
from genconv.training.dissection.origin import Origin, origin

Function = Callable[[Any], Any]
LARGE = jnp.zeros((3, 3)).at[0, 1].set(1e3)
"""One number overflows in exp, in a place that is not symmetric."""


def found(function: Function, x: Any = LARGE) -> Origin | None:
    return origin(computed(jax.make_jaxpr(function)(x), [x]), 0)


@pytest.mark.parametrize(
    "moved",
    [
        lambda y: y[:, ::-1],
        lambda y: y[:, jnp.array([2, 0, 1])],
        lambda y: y.T,
        lambda y: jnp.roll(y, 1),
        lambda y: y.reshape(9)[::-1].reshape(3, 3),
        lambda y: jnp.broadcast_to(y[0], (3, 3)),
        lambda y: jnp.sort(y, axis=0),
        lambda y: jnp.cumsum(y, axis=1),
        lambda y: y @ jnp.ones((3, 3)),
        lambda y: jax.lax.dynamic_update_slice(jnp.zeros((3, 3)), y[:, 1:], (0, 0)),
        jax.jit(lambda y: y[:, ::-1]),
        jax.checkpoint(lambda y: y[:, ::-1]),
        jax.vmap(lambda y: y[::-1]),
        lambda y: jax.lax.cond(y[0, 0] > 0, lambda z: z[:, ::-1], lambda z: z, y),
        lambda y: jax.lax.scan(lambda carry, row: (carry, row[::-1]), 0.0, y)[1],
        lambda y: jax.nn.relu(y)[:, ::-1],
    ],
)
def test_what_moves_a_number_is_not_named(moved: Function) -> None:
    named = found(lambda x: moved(jnp.exp(x)))
    assert named is not None
    assert named.operation == "exp"


def test_it_is_named_inside_of_a_call_too() -> None:
    named = found(lambda x: jax.jit(lambda y: jnp.exp(y)[:, ::-1])(x[:, ::-1])[:, ::-1])
    assert named is not None
    assert named.operation == "exp"


def test_what_a_call_takes_away_is_no_fault() -> None:
    """Of two logarithms of zero the first is masked; the division is what reaches the output."""
    zero = jnp.zeros((2, 2)).at[0, 0].set(1.0)

    def masked(x: Any) -> Any:
        y = jnp.where(x > 0, 1.0, jnp.log(x))
        z = 1 / (x - 1)
        return jax.jit(lambda a, b: jnp.maximum(a, 0.0) + b[::-1])(y, z)

    named = found(masked, zero)
    assert named is not None
    assert named.operation == "div"


def test_numbers_that_were_given_and_constants_have_no_operation() -> None:
    assert found(lambda x: jnp.exp(x)[:, ::-1], LARGE.at[0, 1].set(jnp.inf)) is None
    named = found(lambda x: jnp.where(x > 0, -jnp.inf, x)[:, ::-1])
    assert named is not None
    assert named.operation == "a non-finite constant"
    assert named.line.startswith("test_origin.py:")


def test_a_placeholder_that_a_call_returns_is_no_operation_that_made_it() -> None:
    """As the NaN that `slogdet` passes to its backward pass; it was named in place of what overflowed."""
    placeholder = jax.jit(lambda x: (x, jnp.float32(jnp.nan)))

    def program(x: Any) -> Any:
        same, unset = placeholder(x)
        return jnp.sum(jnp.exp(same)) * unset

    made = found(program)
    assert made is not None
    assert made.operation == "exp"
    alone = found(lambda x: placeholder(x)[1] * x)
    assert alone is not None
    assert alone.operation == "a non-finite constant"


def test_a_loop_that_is_given_a_constant_of_another_branch_is_looked_into() -> None:
    """The −∞ that `slogdet` keeps for singular matrices was blamed for what overflowed in a loop of layers."""
    placeholder = jax.jit(lambda x: (x, jnp.float32(-jnp.inf)))

    def program(x: Any) -> Any:
        same, unset = placeholder(x)

        def turn(carry: Any, _: Any) -> Any:
            return jnp.where(carry > 1e30, unset, carry) + jnp.exp(same), None

        return jax.lax.scan(turn, jnp.zeros_like(x), None, 2)[0]

    made = found(program)
    assert made is not None
    assert made.operation == "exp"


def test_a_coupling_that_overflows_is_named_and_not_the_reversal_behind_it() -> None:
    coupling = AffineCoupling(2, (4,), jr.key(0))
    bias = jnp.array([1e3, 0.0])
    coupling = eqx.tree_at(lambda one: one.net.layers[-1].bias, coupling, bias)
    first, second = named_modules([coupling, Reverse()])
    named = found(lambda x: second.forward(first.forward(x)[0])[0], jnp.ones((5, 2)))
    assert named is not None
    assert named.place == ("0", "AffineCoupling.forward")
    assert (named.operation, named.line.split(":")[0]) == ("exp", "coupling.py")
