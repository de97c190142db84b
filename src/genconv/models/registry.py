"""Models by name: every `GenerativeModel` defined in a module of this package, and those of installed entry points."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import genconv.models
from genconv.errors import unknown_name
from genconv.models.base import GenerativeModel


@cache
def models() -> dict[str, type[GenerativeModel]]:
    """Every known model by name."""
    found: dict[str, type[GenerativeModel]] = {}
    for module in pkgutil.iter_modules(genconv.models.__path__, "genconv.models."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, GenerativeModel) and "name" in vars(value):
                found[value.name] = value
    for entry in entry_points(group="genconv.models"):
        found[entry.name] = entry.load()
    return dict(sorted(found.items()))


def model_named(name: str) -> type[GenerativeModel]:
    """The model of that name; `InputError` with the nearest one otherwise."""
    known = models()
    if name not in known:
        raise unknown_name("model", name, known)
    return known[name]
