"""Where the first number that is not finite comes from."""

from pathlib import Path
from typing import Any, NamedTuple

import equinox
import jax
import jax.numpy as jnp
from jax.extend.core import JaxprEqn, Literal, Var

from genconv.training.dissection import named_modules
from genconv.training.dissection.interpreter import Computed, inside, is_finite, stack_of
from genconv.training.dissection.named_modules import WHOLE, Place, places

_PASSED = (*(str(Path(str(module.__file__)).parent) for module in (jax, equinox)), named_modules.__file__)
"""Files whose frames lie between an operation and the line that asked for it."""


class Origin(NamedTuple):
    """The operation that made a non-finite number of finite ones."""

    place: Place
    """The module whose method computed it."""
    operation: str
    """`div`, `exp`, `log`, …"""
    line: str
    """`FILE.py:LINE` in which it was written; empty where it is not known."""


def origin(state: Computed, output: int) -> Origin | None:
    """The first operation on the way to an output that made non-finite numbers of finite ones.

    Only what reaches the output counts: an infinite logarithm that a maximum takes away is no fault. None if the output
    is finite, or was given non-finite numbers.
    """
    atom = state.jaxpr.outvars[output]
    return None if isinstance(atom, Literal) or is_finite(state.value(atom)) else _of(state, atom)


def _of(state: Computed, variable: Var) -> Origin | None:
    """Walk back over non-finite values, and take the earliest operation whose own inputs are finite."""
    order = {id(equation): place for place, equation in enumerate(state.jaxpr.eqns)}
    open_, seen, made = [variable], {variable}, []
    while open_:
        value = open_.pop()
        equation = state.makers.get(value)
        if equation is None:
            continue
        blamed = [one for one in equation.invars if not isinstance(one, Literal) and _reaches(state, one, value)]
        if not blamed:
            made.append((order[id(equation)], equation, value))
        open_ += [one for one in blamed if one not in seen]
        seen.update(blamed)
    if not made:
        return None
    _, equation, value = min(made, key=lambda one: one[0])
    return _within(state, equation, value)


def _reaches(state: Computed, source: Any, target: Var) -> bool:
    """Whether non-finite numbers of one value may be why another one has some: in the same places, if shapes agree."""
    a, b = state.value(source), state.value(target)
    if is_finite(a):
        return False
    return a.shape != b.shape or bool((~jnp.isfinite(a) & ~jnp.isfinite(b)).any())


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
    found_places = places(stack_of(state, equation))
    return Origin(found_places[-1] if found_places else Place(WHOLE, ""), equation.primitive.name, _line(equation))


def _line(equation: JaxprEqn) -> str:
    """Of the innermost frame that is neither JAX's nor Equinox's nor of the wrappers around methods."""
    traceback: Any = equation.source_info.traceback
    for frame in traceback.frames if traceback is not None else ():
        if not frame.file_name.startswith(_PASSED):
            return f"{Path(frame.file_name).name}:{frame.line_num}"
    return ""
