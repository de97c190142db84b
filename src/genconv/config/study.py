"""Study files: TOML, validated; cells as grids of models × datasets × protocols with overrides."""

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from genconv.config.base import Config, OrNone, canonical_json, tuple_from_list
from genconv.config.command import CommandConfig
from genconv.config.design import DesignConfig
from genconv.config.execution import ExecutionConfig
from genconv.config.overrides import Fields, Settings, entries, no_fields
from genconv.config.seeds import checked_seeds, first_seeds, parse_seeds, seeds_in_words
from genconv.config.toml import parsed
from genconv.errors import InputError, shown, unknown_name
from genconv.file_limits import not_plain, reason

_LARGEST = 1 << 22
"""Bytes of a study file."""
_MOST_CELLS = 10_000
LONGEST = 64
"""Characters of a study's name."""
NAME = rf"^[A-Za-z0-9][A-Za-z0-9_.-]{{0,{LONGEST - 1}}}$"


def _seeds(value: object) -> object:
    try:
        if value == ():
            return value
        if isinstance(value, str):
            return parse_seeds(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return first_seeds(value)
        if isinstance(value, (list, tuple, range)) and all(type(seed) is int for seed in value):
            return checked_seeds(tuple(value))
    except InputError as error:
        raise ValueError(str(error).partition(": ")[2]) from None
    raise ValueError('must be a number of seeds (10), a text ("0,3,7..9") or a list ([0, 3, 7])')


def _design(value: object) -> object:
    """A layout alone, or a table of fields."""
    values = {"layout": value} if isinstance(value, str) and value != "none" else value
    return DesignConfig.checked(values, "design") if isinstance(values, dict) else values


def _names(value: object) -> object:
    """A name or a list of names, each once."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(dict.fromkeys(value))
    return (value,) if isinstance(value, str) else tuple_from_list(value)


Names = Annotated[tuple[str, ...], BeforeValidator(_names), Field(min_length=1)]
Overrides = dict[str, Any]


class GridConfig(Config):
    """All combinations of some models, datasets and protocols, with overrides for them."""

    models: Names
    """Names of models."""
    datasets: Names
    """Names of datasets."""
    protocols: Names = ("corrected",)
    """Names of protocols."""
    model: Overrides = Field(default_factory=dict)
    """Overrides of the models' own configuration."""
    data: Overrides = Field(default_factory=dict)
    """Overrides of the datasets' own configuration."""
    training: Overrides = Field(default_factory=dict)
    """Overrides of the training."""
    evaluation: Overrides = Field(default_factory=dict)
    """Overrides of the final evaluation."""
    streams: Overrides = Field(default_factory=dict)
    """Streams of random numbers that are pinned to one integer, or to each of a list."""

    @property
    def count(self) -> int:
        """How many cells it has, at most."""
        return len(self.models) * len(self.datasets) * len(self.protocols)


def _grids(value: object) -> object:
    """Tables as grids of cells, or as commands."""
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(_grid(each, f"cells.{place}") if isinstance(each, dict) else each for place, each in enumerate(value))


def _grid(values: dict[str, Any], where: str) -> GridConfig | CommandConfig:
    return (CommandConfig if "command" in values else GridConfig).checked(values, where)


class Study(Config):
    """A study: grids of cells, the seeds of every cell, and overrides for all of them."""

    name: str = Field(pattern=NAME)
    """Short name, used for the report's file."""
    description: str = ""
    """One sentence on what the study is for."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Root of all random keys of the study."""
    seeds: Annotated[tuple[int, ...], BeforeValidator(_seeds)] = ()
    """Seeds of every cell; left out where there is a design."""
    design: Annotated[OrNone[DesignConfig], BeforeValidator(_design)] = None
    """The coordinates of every cell's runs, instead of seeds."""
    cells: Annotated[tuple[GridConfig | CommandConfig, ...], BeforeValidator(_grids), Field(min_length=1)]
    """Grids of cells that are trained here, and of cells whose runs are processes of a command."""
    model: Overrides = Field(default_factory=dict)
    data: Overrides = Field(default_factory=dict)
    training: Overrides = Field(default_factory=dict)
    evaluation: Overrides = Field(default_factory=dict)
    streams: Overrides = Field(default_factory=dict)
    execution: ExecutionConfig = ExecutionConfig()
    """How the work is laid on the machine; no part of any run's identity."""

    @model_validator(mode="after")
    def _has_runs(self) -> Self:
        if self.design is None and not self.seeds:
            raise ValueError("seeds is missing: a study has seeds, or a design")
        if self.design is not None and self.seeds:
            raise ValueError(
                f"seeds = {shown(seeds_in_words(self.seeds))}: must be left out, the design says which runs there are"
            )
        if self.design is not None and self.commands:
            raise ValueError("design: must be left out where cells are commands, which are given seeds")
        return self

    @model_validator(mode="after")
    def _are_few(self) -> Self:
        cells = sum(grid.count for grid in self.cells)
        if cells > _MOST_CELLS:
            raise ValueError(f"cells: {cells} of them are more than {_MOST_CELLS}")
        return self

    def overridden(self, section: str, key: str, value: Any) -> tuple["GridConfig | CommandConfig", ...]:
        """The grids with one setting in those that are trained here; `InputError` if there is none."""
        if not any(isinstance(grid, GridConfig) for grid in self.cells):
            raise InputError(f"{section}.{key}: all cells are commands, which have no {section}")
        return tuple(
            grid.updated({section: {**getattr(grid, section), key: value}}) if isinstance(grid, GridConfig) else grid
            for grid in self.cells
        )

    @property
    def grids(self) -> tuple[GridConfig, ...]:
        """The grids of cells that are trained here."""
        return tuple(grid for grid in self.cells if isinstance(grid, GridConfig))

    @property
    def commands(self) -> tuple[CommandConfig, ...]:
        """The grids of cells whose runs are processes of a command."""
        return tuple(grid for grid in self.cells if isinstance(grid, CommandConfig))

    def named_by_content(self, word: str) -> Self:
        """A copy with a name that follows from everything but the seeds: `train-1a2b3c4d`.

        With a value that JSON cannot hold, which no setting takes, the name stays.
        """
        fields = self.model_dump(
            mode="json", exclude={"seeds", "execution"} | ({"design"} if not self.design else set())
        )
        try:
            content = canonical_json({**fields, "name": word})
        except ValueError:
            return self
        return self.updated({"name": f"{word}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"})

    @classmethod
    def from_toml(cls, text: str, where: str) -> Self:
        """Parse and validate; `InputError` naming the file and the first thing that is wrong."""
        try:
            values = parsed(text)
        except (RecursionError, ValueError) as error:
            raise InputError(f"{where}: is not valid TOML ({reason(error)})") from None
        try:
            return cls.checked(values)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    def with_overrides(self, settings: Settings, own: Callable[[], Fields] = no_fields) -> Self:
        """A copy with settings applied to every cell, last in precedence.

        Args:
            settings: `{"training.epochs": 3}`, nested dictionaries, or words such as `training.epochs=3`. A key may
                stand without its section where only one has it.
            own: Gives the fields of the study's models and datasets, for keys without their section.

        """
        study = self
        for section, key, value in entries(settings, own):
            if key == "design" and not section:
                study = study.updated({"design": value, "seeds": ()})
            elif not section:
                study = study.updated({key: value})
            elif section == "execution":
                study = study.updated({"execution": study.execution.with_setting(key, value)})
            elif section == "design":
                study = study.updated({"design": {**(dict(study.design) if study.design else {}), key: value}})
            else:
                study = study.updated({"cells": study.overridden(section, key, value)})
        return study


def shipped_studies() -> dict[str, str]:
    """Text of the study files in the package by name."""
    files = (file for file in resources.files("genconv.studies").iterdir() if file.name.endswith(".toml"))
    return {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda f: f.name)
    }


def load_study(name_or_path: str) -> Study:
    """A shipped study by name, or a TOML file by path."""
    shipped = shipped_studies()
    if name_or_path in shipped:
        return Study.from_toml(shipped[name_or_path], name_or_path)
    path = Path(name_or_path)
    try:
        path.stat()
        if problem := not_plain(path, _LARGEST):
            raise OSError(problem)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if path.suffix or "/" in name_or_path:
            raise InputError(f"study file '{name_or_path}' does not exist") from None
        raise unknown_name("study", name_or_path, shipped) from None
    except UnicodeDecodeError:
        raise InputError(f"study file '{name_or_path}' cannot be read: it is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise InputError(f"study file '{name_or_path}' cannot be read: {reason(error)}") from None
    return Study.from_toml(text, name_or_path)
