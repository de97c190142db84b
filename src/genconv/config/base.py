"""The base of every configuration type, and how its errors are told in one line."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from genconv.errors import InputError, shown

T = TypeVar("T")


def _none_from_word(value: object) -> object:
    return None if value == "none" else value


def tuple_from_list(value: object) -> object:
    """A list as a tuple, anything else as it is: TOML and JSON have no tuples."""
    return tuple(value) if isinstance(value, list) else value


OrNone = Annotated[T | None, BeforeValidator(_none_from_word)]
"""A value or None; TOML has no null, so the word "none" stands for it."""

Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], BeforeValidator(tuple_from_list)]
"""Layer widths, each positive; a field says `min_length=1`."""

LARGEST_INTEGER = 2**31 - 1
"""Bound of every count: what the device's integers hold."""


class Config(BaseModel):
    """A frozen set of named numbers: unknown keys, wrong types and out-of-range values are errors.

    Subclass it with annotated fields, each with a `Field(description=…)`; give bounds there (`ge=`, `gt=`, …).
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @classmethod
    def checked(cls, values: Mapping[str, Any], where: str = "") -> Self:
        """Validate `values`; raise `InputError` naming the first wrong key, its value and what is allowed."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise InputError(_problems(cls, error, where)) from None

    def updated(self, values: Mapping[str, Any], where: str = "") -> Self:
        """A copy with some fields replaced, validated as a whole."""
        return type(self).checked({**dict(self), **values}, where)

    def at_default(self) -> tuple[str, ...]:
        """The names of the fields that have their default."""
        return tuple(
            name
            for name, info in type(self).model_fields.items()
            if not info.is_required() and getattr(self, name) == info.get_default(call_default_factory=True)
        )

    def canonical(self) -> str:
        """The configuration as canonical JSON: sorted keys, no blanks, shortest exact numbers."""
        return canonical_json(self.model_dump(mode="json"))


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no blanks: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def _problems(cls: type[BaseModel], error: ValidationError, where: str) -> str:
    """The first fault with what is allowed, and the keys of the others. A key that is not known comes first: what is
    missing is often spelt wrong.
    """
    problems = sorted(error.errors(), key=lambda one: not _unknown(one))
    prefix = f"{where}." if where else ""
    keys = list(dict.fromkeys(".".join(map(str, one["loc"])) if _unknown(one) else _key(cls, one) for one in problems))
    others = [key for key in keys[1:] if not f"{keys[0]}.".startswith(f"{key}.") and not key.startswith(f"{keys[0]}.")]
    told = f" (also wrong or missing: {', '.join(prefix + key for key in others)})" if others else ""
    return _told(cls, problems, where) + told


def _unknown(problem: ErrorDetails) -> bool:
    return problem["type"] == "extra_forbidden"


def _told(cls: type[BaseModel], problems: Sequence[ErrorDetails], where: str) -> str:
    """The first fault."""
    problem = problems[0]
    path = [str(part) for part in problem["loc"]]
    prefix = f"{where}." if where else ""
    if _unknown(problem):
        allowed = sorted(_type_at(cls, path[:-1]).model_fields)
        near = difflib.get_close_matches(path[-1], allowed, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return f"unknown key '{prefix}{'.'.join(path)}': {hint}allowed are {', '.join(allowed)}"
    key = _key(cls, problem)
    if problem["type"] == "missing":
        given = problem["input"] if isinstance(problem["input"], Mapping) else ()
        near = difflib.get_close_matches(path[-1], [str(one) for one in given], n=1, cutoff=0.8)
        return f"{prefix}{key} is missing" + (f": did you mean it by '{near[0]}'?" if near else "")
    message = " or ".join(dict.fromkeys(_allowed(one) for one in problems if _key(cls, one) == key))
    if not key:
        return f"{where}: {message}" if where else message
    return f"{prefix}{key} = {shown(problem['input'])}: {message}"


def _allowed(problem: ErrorDetails) -> str:
    """What is allowed, from pydantic's sentence or a validator's own."""
    message = problem["msg"]
    if problem["type"] == "value_error":
        return message.removeprefix("Value error, ")
    message = re.sub(r"^(\w+ )+?should ", "must ", message).replace(" after validation", "")
    return re.sub(
        "a valid (tuple|list)", "a list", re.sub(r"a valid dictionary( or instance of \w+)?", "a table", message)
    )


def _key(cls: type[BaseModel], problem: ErrorDetails) -> str:
    """The path to a value, without the members of unions that pydantic names behind a field."""
    names: list[str] = []
    for part in problem["loc"]:
        here = _type_at(cls, names)
        if isinstance(part, int) or part in here.model_fields:
            names.append(str(part))
    return ".".join(names)


def _type_at(cls: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """The configuration type that a path such as `cells.0` leads to; the last one on the way if it leads elsewhere."""
    for name in path:
        if name in cls.model_fields:
            annotation = cls.model_fields[name].annotation
            for candidate in (annotation, *get_args(annotation)):
                if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                    cls = candidate
    return cls
