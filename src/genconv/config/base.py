"""The base of every configuration type, and how its errors are told in one line."""

import difflib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from genconv.errors import InputError

T = TypeVar("T")


def _none_from_word(value: object) -> object:
    return None if value == "none" else value


def _tuple_from_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


OrNone = Annotated[T | None, BeforeValidator(_none_from_word)]
"""A value or None; TOML has no null, so the word "none" stands for it."""

Widths = Annotated[tuple[Annotated[int, "width"], ...], BeforeValidator(_tuple_from_list)]
"""Layer widths, at least one, each positive (checked by `Config.checked`)."""


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
            raise InputError(_first_problem(cls, error, where)) from None

    def updated(self, values: Mapping[str, Any], where: str = "") -> Self:
        """A copy with some fields replaced, validated as a whole."""
        return type(self).checked({**dict(self), **values}, where)

    def canonical(self) -> str:
        """The configuration as canonical JSON: sorted keys, no blanks, shortest exact numbers."""
        return canonical_json(self.model_dump(mode="json"))


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no blanks: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def _first_problem(cls: type[BaseModel], error: ValidationError, where: str) -> str:
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    prefix = f"{where}." if where else ""
    if problem["type"] == "extra_forbidden":
        allowed = sorted(cls.model_fields)
        near = difflib.get_close_matches(path[-1], allowed, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return f"unknown key '{prefix}{'.'.join(path)}': {hint}allowed are {', '.join(allowed)}"
    message = problem["msg"]
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    if problem["type"] == "missing":
        return f"{prefix}{'.'.join(path)} is missing"
    key = prefix + ".".join(
        p for p in path if not p.startswith(("function-", "tagged-", "literal[", "int", "float", "str"))
    )
    if not path:
        return f"{where}: {message}" if where else message
    shown = repr(problem["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"{key} = {shown}: must be {message}"
