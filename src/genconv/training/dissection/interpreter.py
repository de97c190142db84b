"""A traced program computed operation by operation, every value kept, so that one can be asked where it comes from.

The operations are those of the compiled program in their order, but each is computed by itself: XLA fuses some of them
and rounds otherwise, so values agree but for rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var, jaxpr_as_fun


@dataclass
class Computed:
    """A program with the values of all its variables."""

    jaxpr: Jaxpr
    values: dict[Var, Any]
    outer: str = ""
    """The name stacks of the operations around it."""
    makers: dict[Var, JaxprEqn] = field(default_factory=dict)
    """Which operation computed a variable."""

    def value(self, atom: Any) -> Any:
        """Of a variable or a constant of the program."""
        return atom.val if isinstance(atom, Literal) else self.values[atom]

    @property
    def outputs(self) -> list[Any]:
        """What the program returns."""
        return [self.value(atom) for atom in self.jaxpr.outvars]


def computed(program: ClosedJaxpr, arguments: Sequence[Any], outer: str = "") -> Computed:
    """Compute the program for these arguments; what it calls is computed as a whole until somebody looks inside."""
    jaxpr = program.jaxpr
    state = Computed(jaxpr, {}, outer)
    state.values.update(zip(jaxpr.constvars, program.consts, strict=True))
    state.values.update(zip(jaxpr.invars, arguments, strict=True))
    for equation in jaxpr.eqns:
        found = _bound(equation, list(map(state.value, equation.invars)))
        returned = found if equation.primitive.multiple_results else [found]
        for variable, value in zip(equation.outvars, returned, strict=True):
            state.values[variable] = value
            state.makers[variable] = equation
    return state


def _bound(equation: JaxprEqn, arguments: Sequence[Any]) -> Any:
    """What one operation returns."""
    given = equation.primitive.get_bind_params(equation.params)
    functions, parameters = given if isinstance(given, tuple) else ((), given)  # until JAX 0.9 a pair
    with equation.ctx.manager:
        return equation.primitive.bind(*functions, *arguments, **parameters)


def stack_of(state: Computed, equation: JaxprEqn) -> str:
    """The name stacks around an operation, outermost first."""
    return f"{state.outer}/{equation.source_info.name_stack}"


def inside(state: Computed, equation: JaxprEqn) -> Iterator[Computed]:
    """The programs that an operation runs, in the order in which it runs them; none for a plain operation.

    A loop gives its body once a turn.
    """
    name, parameters = equation.primitive.name, equation.params
    arguments, outer = list(map(state.value, equation.invars)), stack_of(state, equation)
    if name == "scan":
        yield from _scanned(parameters, arguments, outer)
    elif name == "while":
        yield from _repeated(parameters, arguments, outer)
    elif name == "cond":
        branches = parameters["branches"]
        yield computed(branches[int(np.clip(int(arguments[0]), 0, len(branches) - 1))], arguments[1:], outer)
    else:
        for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
            if (inner := parameters.get(key)) is not None:
                closed = inner if isinstance(inner, ClosedJaxpr) else ClosedJaxpr(inner, ())
                if _takes(closed, arguments):
                    yield computed(closed, arguments, outer)
                return


def _takes(program: ClosedJaxpr, arguments: Sequence[Any]) -> bool:
    """Whether it is run on these arguments whole, and not on parts of them, as that of a reduction is."""
    return [one.aval.shape for one in program.jaxpr.invars] == [np.shape(one) for one in arguments]


def _scanned(parameters: Any, arguments: Sequence[Any], outer: str) -> Iterator[Computed]:
    constants, carried = parameters["num_consts"], parameters["num_carry"]
    fixed, carry = arguments[:constants], list(arguments[constants : constants + carried])
    rows = arguments[constants + carried :]
    turns = range(parameters["length"])
    for turn in reversed(turns) if parameters["reverse"] else turns:
        state = computed(parameters["jaxpr"], [*fixed, *carry, *(row[turn] for row in rows)], outer)
        carry = state.outputs[:carried]
        yield state


def _repeated(parameters: Any, arguments: Sequence[Any], outer: str) -> Iterator[Computed]:
    of_test, of_body = parameters["cond_nconsts"], parameters["body_nconsts"]
    test, fixed = arguments[:of_test], arguments[of_test : of_test + of_body]
    carry = list(arguments[of_test + of_body :])
    goes_on = jaxpr_as_fun(parameters["cond_jaxpr"])
    while bool(goes_on(*test, *carry)[0]):
        state = computed(parameters["body_jaxpr"], [*fixed, *carry], outer)
        carry = state.outputs
        yield state


def is_finite(value: Any) -> bool:
    """Whether every number is; integers and keys are."""
    return not (hasattr(value, "dtype") and jnp.issubdtype(value.dtype, jnp.floating)) or bool(
        jax.numpy.isfinite(value).all()
    )
