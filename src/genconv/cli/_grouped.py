"""Options that several commands share as one parameter: a dataclass, whose fields typer sees in its place."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


def grouped(command: Callable[..., T]) -> Callable[..., T]:
    """The command with the fields of its dataclasses as options.

    Example::

        @dataclass(frozen=True)
        class Choice:
            models: ModelOption = None

        @grouped
        def compare(paths: PathsArgument, *, choice: Choice) -> int: ...
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        name: one.annotation for name, one in signature.parameters.items() if is_dataclass(one.annotation)
    }

    @wraps(command)
    def called(**given: Any) -> T:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group) if field.name in given})
            for name, group in groups.items()
        }
        return command(**given, **made)

    parameters = [each for one in signature.parameters.values() for each in _expanded(one)]
    vars(called)["__signature__"] = signature.replace(parameters=parameters)
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _expanded(one: Parameter) -> Iterator[Parameter]:
    """The parameter itself, or one for each field of its dataclass; all by name, as typer calls."""
    if not is_dataclass(one.annotation):
        yield one.replace(kind=Parameter.KEYWORD_ONLY)
        return
    hints = get_type_hints(one.annotation, include_extras=True)
    for field in fields(one.annotation):
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
