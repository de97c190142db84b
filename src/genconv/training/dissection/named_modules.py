"""A model whose modules write their paths into the programs that are traced from them.

JAX records a name stack with every operation. Each method of each module opens a scope with the module's path, so that
an operation can be told to the module that it belongs to, and marks what it returns.
"""

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
from jax.ad_checkpoint import checkpoint_name

from genconv.nn.buffer import Buffer

T = TypeVar("T")
WHOLE = "the model itself"
"""The path of the outermost module."""
_SCOPE = re.compile(r"module<([^<>:]*):([^<>:]*)>")
_LEFT_ALONE = {"build", "data_init"}


class Place(NamedTuple):
    """A method of a module of a model."""

    module: str
    """Path from the model, such as `chain.3.net.layers.0`."""
    method: str
    """Class and name, such as `AffineCoupling.forward`."""


def named_modules(model: T) -> T:
    """The model with the same arrays, of classes that name their scopes; its methods compute the same."""
    named: T = _named(model, "")
    return named


def places(name_stack: str) -> list[Place]:
    """The modules of an operation's name stack, outermost first."""
    return [Place(module or WHOLE, method) for module, method in _SCOPE.findall(name_stack)]


def place_of_output(name: str) -> Place | None:
    """The module that marked what it returned by this name; None for a name that is not ours."""
    found = places(name)
    return found[-1] if found else None


def _named(node: Any, path: str) -> Any:
    if isinstance(node, Buffer):
        return node
    if isinstance(node, eqx.Module):
        return _named_module(node, path)
    if isinstance(node, dict):
        return {key: _named(value, _below(path, key)) for key, value in node.items()}
    if type(node) in (list, tuple):
        return type(node)(_named(value, _below(path, place)) for place, value in enumerate(node))
    return node


def _named_module(node: eqx.Module, path: str) -> eqx.Module:
    module: eqx.Module = object.__new__(_class_of(type(node), path))
    for field in dataclasses.fields(node):
        if hasattr(node, field.name):
            value = _named(getattr(node, field.name), _below(path, field.name))
            object.__setattr__(module, field.name, value)  # a frozen dataclass, whose __init__ would draw weights anew
    return module


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


@functools.cache
def _class_of(cls: type[Any], path: str) -> type[Any]:
    """A subclass whose public methods open a scope with the path."""
    methods: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, eqx.Module) and base is not eqx.Module:
            for name in vars(base):
                function = inspect.getattr_static(cls, name)
                function = getattr(function, "__wrapped__", getattr(function, "method", function))
                if inspect.isfunction(function) and (name == "__call__" or name[0] != "_") and name not in _LEFT_ALONE:
                    methods[name] = _in_scope(function, f"module<{path}:{cls.__name__}.{name}>")
    make: Callable[..., type[Any]] = type(cls)
    return make(cls.__name__, (cls,), {"__module__": cls.__module__, "__qualname__": cls.__qualname__, **methods})


def _in_scope(function: Callable[..., Any], scope: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def scoped(*arguments: Any, **named: Any) -> Any:
        with jax.named_scope(scope):
            returned = function(*arguments, **named)
        return jax.tree.map(marked, returned, is_leaf=lambda node: isinstance(node, eqx.Module))

    def marked(leaf: Any) -> Any:
        return checkpoint_name(leaf, scope) if eqx.is_inexact_array(leaf) else leaf

    return scoped
