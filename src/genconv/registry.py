"""Models, datasets and metrics by name: shipped ones, those of entry points, and `FILE.py:Name`.

Bottom of all three: it knows none of them. A file is executed only because its name was given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from genconv.config.definitions import file_without_name
from genconv.config.user_code import is_user_code, load, read_source
from genconv.errors import InputError, unknown_name

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Everything of one sort by name. Entry points of the group `genconv.models`, `genconv.datasets` or
    `genconv.metrics` are part of it; a shipped name wins over an entry point of the same name.

    Example::

        METRICS = Registry("metric", shipped=lambda: [("last", LAST)], checked=checked_metric)
        METRICS.named("last"), METRICS.named("mine.py:HALFWAY")
    """

    what: str
    """`model`, `dataset` or `metric`."""
    shipped: Callable[[], Iterable[tuple[str, T]]]
    """The names of this package and what they stand for."""
    checked: Callable[[str, object], T]
    """From what an entry point or a file of the user's holds under a name; `InputError` if it is of another sort."""
    types: tuple[str, ...] = ()
    """What a user's file derives or makes such things from, such as `Model`: to name them where only the file is given.
    """

    @property
    def group(self) -> str:
        """The group of entry points."""
        return f"genconv.{self.what}s"

    @cached_property
    def known(self) -> Mapping[str, T]:
        """Everything that has a name of its own, shipped ones first."""
        added = {entry.name: self.checked(entry.name, entry.load()) for entry in entry_points(group=self.group)}
        return MappingProxyType({**(shipped := dict(self.shipped())), **added, **shipped})

    def named(self, name: str) -> T:
        """What a name stands for; `FILE.py:Name` executes that file.

        `InputError` with the nearest name if it is unknown, or with the user's own line if the file fails.
        """
        if is_user_code(name):
            return self.checked(name, load(name))
        if (file := name.removesuffix(":")).endswith(".py"):
            raise file_without_name(self.what, file, read_source(Path(file)), self.types)
        if name not in self.known:
            raise unknown_name(self.what, name, self.known)
        return self.known[name]


def checked_subclass(what: str, name: str, value: object, base: type[T], needs: Iterable[str] = ()) -> type[T]:
    """A class that a user wrote, if it is a complete subclass of `base` with the attributes that it `needs`."""
    public = f"genconv.{base.__name__}"
    if not (isinstance(value, type) and issubclass(value, base)):
        raise InputError(f"{what} '{name}' is {value!r:.80}: must be a subclass of {public}")
    lacking = sorted(getattr(value, "__abstractmethods__", ()))
    lacking += [attribute for attribute in needs if not hasattr(value, attribute)]
    if lacking:
        raise InputError(f"{what} '{name}' lacks {', '.join(lacking)}")
    return value
