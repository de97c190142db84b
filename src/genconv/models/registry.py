"""Models by name: every `GenerativeModel` defined in a module of this package, and those of installed entry points."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points

import genconv.models
from genconv.config.protocols import Kind
from genconv.errors import InputError, unknown_name
from genconv.models.base import GenerativeModel


@cache
def models() -> dict[str, dict[Kind, type[GenerativeModel]]]:
    """Every known model by name and by the kind of data that it takes."""
    found: dict[str, dict[Kind, type[GenerativeModel]]] = {}
    for name, model in (*_shipped(), *((entry.name, entry.load()) for entry in entry_points(group="genconv.models"))):
        for kind in sorted(model.kinds):
            found.setdefault(name, {})[kind] = model
    return dict(sorted(found.items()))


def model_named(name: str, kind: Kind) -> type[GenerativeModel]:
    """The model of that name for that kind of data; `InputError`, with the nearest name, if there is none."""
    known = models()
    if name not in known:
        raise unknown_name("model", name, known)
    if kind not in known[name]:
        raise InputError(f"model '{name}' takes {' and '.join(known[name])}, not {kind}")
    return known[name][kind]


def _shipped() -> Iterator[tuple[str, type[GenerativeModel]]]:
    for module in pkgutil.iter_modules(genconv.models.__path__, "genconv.models."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, GenerativeModel) and "name" in vars(value):
                yield value.name, value
