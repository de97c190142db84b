"""Work in threads of their own: a device that is waited for while signals are heard, programs compiled meanwhile."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import jax

T = TypeVar("T")
_NAP = 0.01
_TRACING = threading.Lock()
"""Tracing is Python's work, which two threads do not do faster than one: what is needed first goes first."""


class Ahead(Generic[T]):
    """A function that is called already, in a thread of its own; `result` waits for it.

    Compiling and computing hold a thread for as long as they take; Python hears Ctrl-C only in its main thread and only
    between two instructions. What interrupts the wait leaves the work behind; nobody sees its result.
    """

    def __init__(self, function: Callable[..., T], *arguments: Any, daemon: bool = True) -> None:
        """`daemon`: the end of the program does not wait for it."""
        self._outcome: list[T] = []
        self._failure: list[BaseException] = []

        def work() -> None:
            try:
                self._outcome.append(function(*arguments))
            except BaseException as error:  # handed on to the waiting thread
                self._failure.append(error)

        self._thread = threading.Thread(target=work, daemon=daemon)
        self._thread.start()

    def result(self) -> T:
        """What the function returns, or raises, once it is done."""
        while self._thread.is_alive():
            self._thread.join(_NAP)
        if self._failure:
            raise self._failure[0]
        return self._outcome[0]


def run_interruptibly(function: Callable[..., T], *arguments: Any) -> T:
    """`function(*arguments)` with its arrays ready, called in a thread of its own."""
    result: T = Ahead(lambda: jax.block_until_ready(function(*arguments))).result()
    return result


class Program:
    """A jitted function that can be compiled before it is called, while something else is done."""

    def __init__(self, jitted: Any) -> None:
        self._jitted, self._call = jitted, jitted
        self._ahead: Ahead[Any] | None = None

    def compile_ahead(self, *arguments: Any) -> None:
        """Begin to compile it for such arguments, arrays or their shapes; the first call waits for that.

        So does the end of the program: a compiler must not be cut off.
        """
        self._ahead = Ahead(self._compiled, *arguments, daemon=False)

    def compile(self, *arguments: Any) -> Any:
        """Compile it for such arguments at once; returns what JAX knows of the compiled program."""
        self._call = self._compiled(*arguments)
        return self._call

    def shapes(self, *arguments: Any) -> Any:
        """Shapes and types of what it returns."""
        return jax.eval_shape(self._jitted, *arguments)

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        if self._ahead is not None:
            self._call, self._ahead = self._ahead.result(), None
        return self._call(*arguments)

    def _compiled(self, *arguments: Any) -> Any:
        with _TRACING:
            lowered = self._jitted.lower(*arguments)
        return lowered.compile()
