"""Models by name: every `GenerativeModel` in a module of this package, those of entry points, and `path.py:Name`."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points

import genconv.models
from genconv.config.protocols import Modality
from genconv.config.user_code import is_user_code, load
from genconv.errors import InputError, unknown_name
from genconv.models.base import GenerativeModel


@cache
def models() -> dict[str, dict[Modality, type[GenerativeModel]]]:
    """Every known model by name and by the kind of data that it takes."""
    found: dict[str, dict[Modality, type[GenerativeModel]]] = {}
    for name, model in (*_shipped(), *((entry.name, entry.load()) for entry in entry_points(group="genconv.models"))):
        for kind in sorted(model.kinds):
            found.setdefault(name, {})[kind] = model
    return dict(sorted(found.items()))


def model_named(name: str, kind: Modality) -> type[GenerativeModel]:
    """The model of that name for that kind of data; `InputError`, with the nearest name, if there is none.

    `path.py:Name` executes that file.
    """
    known = {name: _of_user(name)} if is_user_code(name) else models()
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


def _of_user(name: str) -> dict[Modality, type[GenerativeModel]]:
    """A model in a file of the user's."""
    model = load(name)
    if not (isinstance(model, type) and issubclass(model, GenerativeModel)):
        raise InputError(f"'{name}' is {model!r:.80}: must be a subclass of genconv.models.base.GenerativeModel")
    lacking = sorted(inspect.getattr_static(model, "__abstractmethods__", ()))
    lacking += [key for key in ("kinds", "config_type", "summary") if not hasattr(model, key)]
    if lacking:
        raise InputError(f"'{name}' lacks {', '.join(lacking)}")
    return dict.fromkeys(sorted(model.kinds), model)
