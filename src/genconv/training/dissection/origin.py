"""Where the first number that is not finite comes from."""

from pathlib import Path
from typing import Any, NamedTuple

import equinox
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import JaxprEqn, Literal, Var

from genconv.training.dissection import named_modules
from genconv.training.dissection.interpreter import Computed, inside, is_finite, stack_of
from genconv.training.dissection.named_modules import WHOLE, Place, places

_PASSED = (*(str(Path(str(module.__file__)).parent) for module in (jax, equinox)), named_modules.__file__)
"""Files whose frames lie between an operation and the line that asked for it."""
_LOOPS = ("scan", "while")
_IN_PLACE = {
    "abs", "acos", "acosh", "add", "add_any", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clamp",
    "convert_element_type", "copy", "copy_p", "cos", "cosh", "digamma", "div", "erf", "erf_inv", "erfc", "exp",
    "exp2", "expm1", "floor", "integer_pow", "lgamma", "log", "log1p", "logistic", "max", "min", "mul", "name",
    "neg", "nextafter", "pow", "reduce_precision", "rem", "round", "rsqrt", "select_n", "sign", "sin", "sinh",
    "sqrt", "square", "stop_gradient", "sub", "tan", "tanh",
}  # fmt: skip
"""Operations of which each number depends on those in its own place alone. Of all others, any may depend on any."""


class Origin(NamedTuple):
    """The operation that made a non-finite number of finite ones."""

    place: Place
    """The module whose method computed it."""
    operation: str
    """`div`, `exp`, `log`, …; or `a non-finite constant`."""
    line: str
    """`FILE.py:LINE` in which it was written; empty where it is not known."""


def origin(state: Computed, output: int) -> Origin | None:
    """The first operation on the way to an output that made non-finite numbers of finite ones.

    It is none that only moves numbers: inputs that are not finite already are followed to where they come from. Only
    what reaches the output counts: an infinite logarithm that a maximum takes away is no fault. None if the output is
    finite, or was given non-finite numbers.
    """
    atom = state.jaxpr.outvars[output]
    return None if isinstance(atom, Literal) or is_finite(state.value(atom)) else _of(state, atom)


def _of(state: Computed, variable: Var) -> Origin | None:
    """Of all operations that made non-finite numbers on the way, the earliest one; of constants only without any."""
    found = _walked(state, variable)
    if found.made:
        return _within(state, *found.made[0])
    return _named(state, found.constants[0], "a non-finite constant") if found.constants else None


class _Walked(NamedTuple):
    """What lies behind a non-finite value."""

    made: list[tuple[JaxprEqn, Var]]
    """Operations that made non-finite numbers of finite ones, with what they made, in the program's order."""
    constants: list[JaxprEqn]
    """Operations whose non-finite inputs are constants that are written in the program, or that return such ones."""
    given: set[Var]
    """Non-finite values that the program was given."""


def _walked(state: Computed, variable: Var) -> _Walked:
    """Walk back over non-finite values."""
    order = {id(equation): place for place, equation in enumerate(state.jaxpr.eqns)}
    open_, seen = [variable], {variable}
    made: list[tuple[JaxprEqn, Var]] = []
    constants: list[JaxprEqn] = []
    while open_:
        value = open_.pop()
        equation = state.makers.get(value)
        if equation is None:
            continue
        blamed = _blamed(state, equation, value)
        if not blamed and _is_constant(state, equation, value):
            constants.append(equation)
        elif not blamed:
            made.append((equation, value))
        elif all(isinstance(one, Literal) for one in blamed):
            constants.append(equation)
        found = [one for one in blamed if not isinstance(one, Literal) and one not in seen]
        open_ += found
        seen.update(found)
    made.sort(key=lambda one: order[id(one[0])])
    constants.sort(key=lambda one: order[id(one)])
    return _Walked(made, constants, {one for one in seen if one not in state.makers})


def _blamed(state: Computed, equation: JaxprEqn, value: Var) -> list[Any]:
    """The operation's inputs, constants too, whose non-finite numbers may be why what it returned has some."""
    bad = [one for one in equation.invars if not is_finite(state.value(one))]
    if equation.primitive.name in _IN_PLACE:
        return [one for one in bad if _same_places(state.value(one), state.value(value))]
    if equation.primitive.name in _LOOPS:  # what it does with a constant shows in its turns
        return [one for one in bad if not _is_constant_input(state, one)]
    called = _called(state, equation) if bad else None
    if called is None:
        return bad
    own = called.jaxpr.outvars[list(equation.outvars).index(value)]
    if isinstance(own, Literal) or is_finite(called.value(own)):
        return bad
    given = _walked(called, own).given
    own_inputs = equation.invars[len(equation.invars) - len(called.jaxpr.invars) :]
    return [
        one
        for one, inner in zip(own_inputs, called.jaxpr.invars, strict=True)
        if inner in given and any(one is other for other in bad)
    ]


def _is_constant(state: Computed, equation: JaxprEqn, value: Var) -> bool:
    """Whether the operation returns a number that is written in the program it runs, or memory that nobody has set.

    JAX passes such a number from the forward to the backward pass where another platform would pass something.
    """
    if equation.primitive.name.startswith("empty"):
        return True
    if (called := _called(state, equation)) is None:
        return False
    own = called.jaxpr.outvars[list(equation.outvars).index(value)]
    if isinstance(own, Literal):
        return True
    maker = called.makers.get(own)
    return maker is not None and _is_constant(called, maker, own)


def _is_constant_input(state: Computed, atom: Any) -> bool:
    """Whether an input is a number that is written in the program."""
    if isinstance(atom, Literal):
        return True
    maker = state.makers.get(atom)
    return maker is not None and _is_constant(state, maker, atom)


def _same_places(source: Any, target: Any) -> bool:
    """Whether both have a non-finite number in one place."""
    return np.shape(source) != np.shape(target) or bool((~jnp.isfinite(source) & ~jnp.isfinite(target)).any())


def _called(state: Computed, equation: JaxprEqn) -> Computed | None:
    """The program that the operation runs once; None for a loop, and for an operation that runs none."""
    return None if equation.primitive.name in _LOOPS else next(iter(inside(state, equation)), None)


def _within(state: Computed, equation: JaxprEqn, value: Var) -> Origin:
    """The operation itself, or the one inside of a call or a loop."""
    place = list(equation.outvars).index(value)
    for inner in inside(state, equation):
        bad = [
            atom for atom in inner.jaxpr.outvars if not isinstance(atom, Literal) and not is_finite(inner.value(atom))
        ]
        own = inner.jaxpr.outvars[place] if place < len(inner.jaxpr.outvars) else None
        for atom in sorted(bad, key=lambda one: one is not own):
            if (found := _of(inner, atom)) is not None:
                return found
    return _named(state, equation, equation.primitive.name)


def _named(state: Computed, equation: JaxprEqn, operation: str) -> Origin:
    around = places(stack_of(state, equation))
    return Origin(around[-1] if around else Place(WHOLE, ""), operation, _line(equation))


def _line(equation: JaxprEqn) -> str:
    """Of the innermost frame that is neither JAX's nor Equinox's nor of the wrappers around methods."""
    traceback: Any = equation.source_info.traceback
    for frame in traceback.frames if traceback is not None else ():
        if not frame.file_name.startswith(_PASSED):
            return f"{Path(frame.file_name).name}:{frame.line_num}"
    return ""
