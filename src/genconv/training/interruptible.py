"""Waiting for a device in a way that lets signals be heard."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import jax

T = TypeVar("T")
_NAP = 0.01


def run_interruptibly(function: Callable[..., T], *arguments: Any) -> T:
    """`function(*arguments)` with its arrays ready, called in a thread of its own.

    Compiling and computing hold a thread for as long as they take; Python hears Ctrl-C only in its main thread and only
    between two instructions. What interrupts the wait leaves the work behind; nobody sees its result.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(jax.block_until_ready(function(*arguments)))
        except BaseException as error:  # handed on to the waiting thread
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_NAP)
    if failure:
        raise failure[0]
    return outcome[0]
