"""Models by name: every `Model` in a module of this package, those of entry points, and `FILE.py:Name`."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

import genconv.models
from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.models.base import Model
from genconv.registry import Registry, checked_subclass

Candidates = tuple[type[Model], ...]
"""What a name stands for: one class, or several that take different data."""


def models() -> Mapping[str, Candidates]:
    """Every model that has a name of its own: the shipped ones, then those of entry points."""
    return MODELS.known


def model_named(name: str, data: DataSpec) -> type[Model]:
    """The model of that name for such data; `FILE.py:Name` executes that file.

    `InputError` with the nearest name if there is none, or with what it takes instead of such data.
    """
    takes = []
    for model in MODELS.named(name):
        if (instead := model.accepts(data)) is None:
            return model
        takes.append(instead)
    raise InputError(f"model '{name}' takes {' or '.join(takes)}, not {data.words}")


def _shipped() -> Iterator[tuple[str, Candidates]]:
    """The models in modules of `genconv.models`, by name."""
    found: dict[str, Candidates] = {}
    for module in pkgutil.iter_modules(genconv.models.__path__, "genconv.models."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Model) and "name" in vars(value):
                found[value.name] = (*found.get(value.name, ()), value)
    yield from sorted(found.items())


def _checked(name: str, value: object) -> Candidates:
    """A class that a user wrote."""
    needs = ("config_type", "summary")
    return (checked_subclass("model", name, value, Model, needs),)  # type: ignore[type-abstract]


MODELS = Registry("model", _shipped, _checked, ("Model", "ExactModel", "LatentVariableModel"))
