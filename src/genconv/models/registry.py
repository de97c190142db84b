"""Models by name: every `Model` in a module of this package, those of entry points, and `path.py:Name`."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points

import genconv.models
from genconv.config.user_code import is_user_code, load
from genconv.data.base import DataSpec
from genconv.errors import InputError, unknown_name
from genconv.models.base import Model


@cache
def models() -> dict[str, tuple[type[Model], ...]]:
    """Every known model by name: one class, or several that take different data."""
    found: dict[str, tuple[type[Model], ...]] = {}
    for name, model in (*_shipped(), *((entry.name, entry.load()) for entry in entry_points(group="genconv.models"))):
        found[name] = (*found.get(name, ()), model)
    return dict(sorted(found.items()))


def model_named(name: str, data: DataSpec) -> type[Model]:
    """The model of that name for such data; `InputError`, with the nearest name, if there is none.

    `path.py:Name` executes that file.
    """
    known = {name: (_of_user(name),)} if is_user_code(name) else models()
    if name not in known:
        raise unknown_name("model", name, known)
    takes = []
    for model in known[name]:
        if (instead := model.accepts(data)) is None:
            return model
        takes.append(instead)
    shape = "×".join(map(str, data.shape))
    raise InputError(f"model '{name}' takes {' or '.join(takes)}, not {data.values} {data.modality} of shape {shape}")


def _shipped() -> Iterator[tuple[str, type[Model]]]:
    for module in pkgutil.iter_modules(genconv.models.__path__, "genconv.models."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Model) and "name" in vars(value):
                yield value.name, value


def _of_user(name: str) -> type[Model]:
    """A model in a file of the user's."""
    model = load(name)
    if not (isinstance(model, type) and issubclass(model, Model)):
        raise InputError(f"'{name}' is {model!r:.80}: must be a subclass of genconv.Model")
    lacking = sorted(inspect.getattr_static(model, "__abstractmethods__", ()))
    lacking += [key for key in ("config_type", "summary") if not hasattr(model, key)]
    if lacking:
        raise InputError(f"'{name}' lacks {', '.join(lacking)}")
    return model
