"""Work that has begun in a thread of its own, and programs that are compiled before they are called."""

import threading

import jax
import jax.numpy as jnp
import pytest

from genconv.training.interruptible import Ahead, Program, run_interruptibly


def test_work_goes_on_until_it_is_asked_for() -> None:
    began, goes_on = threading.Event(), threading.Event()

    def work() -> int:
        began.set()
        goes_on.wait(10)
        return 7

    ahead = Ahead(work)
    assert began.wait(10)
    goes_on.set()
    assert ahead.result() == 7


def test_failures_are_those_of_the_work() -> None:
    ahead = Ahead(lambda: {}["a"])
    with pytest.raises(KeyError):
        ahead.result()
    with pytest.raises(ZeroDivisionError):
        run_interruptibly(lambda: 1 // 0)


def test_a_program_compiled_ahead_is_the_one_that_is_called() -> None:
    traced: list[int] = []

    def double(x: jax.Array) -> jax.Array:
        traced.append(1)
        return 2 * x

    program, x = Program(jax.jit(double)), jnp.arange(3.0)
    assert program.shapes(x).shape == (3,)
    program.compile_ahead(jax.ShapeDtypeStruct((3,), jnp.float32))
    assert program(x).tolist() == [0, 2, 4]
    assert program(x).tolist() == [0, 2, 4]
    assert len(traced) <= 2
