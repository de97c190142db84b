"""Cells of a study that are launched: a command, a process for each seed, and a grid over its placeholders."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from genconv.config.base import Config, OrNone, tuple_from_list
from genconv.errors import shown

PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS = ("seed", "folder", "model", "dataset")
"""What is filled in without being a value of the grid; `{folder}` is the run's own folder in the store."""
Value = bool | int | float | str
_MOST_VALUES = 1000


def _texts(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple_from_list(value)


def _values(value: object) -> object:
    """Each placeholder with a list of values; a single value is a list of one."""
    if not isinstance(value, Mapping):
        return value
    lists = {name: list(each) if isinstance(each, (list, tuple)) else [each] for name, each in value.items()}
    for name, each in lists.items():
        if not 1 <= len(each) <= _MOST_VALUES or not all(isinstance(one, (bool, int, float, str)) for one in each):
            raise ValueError(
                f"{name} = {shown(value[name])}: must be a number, a text, true, false, or a list of these"
            )
    return {name: tuple(dict.fromkeys(each)) for name, each in lists.items()}


class CommandConfig(Config):
    """All combinations of some models, datasets and values, each a cell whose runs are processes of one command."""

    command: Annotated[tuple[str, ...], BeforeValidator(tuple_from_list), Field(min_length=1)]
    """The words of the command, with placeholders; no shell interprets them."""
    model: Annotated[tuple[str, ...], BeforeValidator(_texts), Field(min_length=1)]
    """Name of the model, or several for `{model}`."""
    dataset: Annotated[tuple[str, ...], BeforeValidator(_texts), Field(min_length=1)]
    """Name of the dataset, or several for `{dataset}`."""
    values: Annotated[dict[str, tuple[Value, ...]], BeforeValidator(_values)] = Field(default_factory=dict)
    """Values of placeholders, each a value or a list; they are the configuration of a run."""
    read: OrNone[str] = None
    """The file or folder in which the command leaves its losses; "none": the script records itself."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Role and name of columns of `read`, as in imports."""
    blank: Literal["ask", "missing", "diverged"] = "ask"
    """Rows of `read` without a loss after the last one: not measured, or divergence."""
    kind: OrNone[Literal["exact", "bound", "loss"]] = None
    """What the losses of `read` say."""
    unit: OrNone[str] = None
    """Their unit: `nats`, `bits/dim`, or any other."""
    method: str = ""
    """How they were computed, such as `ELBO`."""
    timeout: OrNone[float] = Field(default=None, gt=0)
    """Seconds after which a process is ended."""
    retries: int = Field(default=0, ge=0, le=100)
    """How often a run that failed is run again, unless it has failed twice the same way."""

    @model_validator(mode="after")
    def _placeholders_have_values(self) -> Self:
        if taken := sorted(set(self.values) & set(PLACEHOLDERS)):
            raise ValueError(f"values: {taken[0]} is filled in by itself")
        known = {*PLACEHOLDERS, *self.values}
        for text in (*self.command, self.read or ""):
            if unknown := [name for name in PLACEHOLDER.findall(text) if name not in known]:
                allowed = ", ".join(f"{{{name}}}" for name in (*PLACEHOLDERS, *self.values))
                raise ValueError(f"'{text}': {{{unknown[0]}}} has no values; known are {allowed}")
        return self

    @property
    def count(self) -> int:
        """How many cells it has."""
        count = len(self.model) * len(self.dataset)
        for each in self.values.values():
            count *= len(each)
        return count

    def cells(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Model, dataset and values of each cell."""
        for model, dataset in product(self.model, self.dataset):
            for chosen in product(*self.values.values()):
                yield model, dataset, dict(zip(self.values, chosen, strict=True))
