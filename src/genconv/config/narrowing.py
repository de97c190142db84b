"""A study cut down to some of its models and datasets."""

import hashlib
import re
from collections.abc import Sequence

from genconv.config.command import CommandConfig
from genconv.config.study import LONGEST, NAME, GridConfig, Study
from genconv.errors import InputError, quoted, unknown_name


def narrowed(study: Study, models: Sequence[str] = (), datasets: Sequence[str] = ()) -> Study:
    """The study with the cells of these models and datasets alone, of any if empty.

    It has a name of its own, and so a plan and a page, and no description: that is of the whole one. `InputError` for a
    name that the study does not have, and if no cell is left.
    """
    for kind, wanted in enumerate((models, datasets)):
        known = {name for grid in study.cells for name in _names(grid)[kind]}
        if unknown := [name for name in wanted if name not in known]:
            raise unknown_name(f"{('model', 'dataset')[kind]} of the study {study.name}", unknown[0], known)
    cells = [left for grid in study.cells if (left := _narrowed(grid, models, datasets)) is not None]
    if not cells:
        raise InputError(f"the study {study.name} has no cell of {quoted(models)} on {quoted(datasets)}")
    if tuple(cells) == study.cells:
        return study
    part = {"name": _name(study, (*models, *datasets)), "description": "", "cells": tuple(cells)}
    return study.updated(part)


def _name(study: Study, words: Sequence[str]) -> str:
    """`families-toy-maf-moons`; what cannot be a name becomes a number that follows from it."""
    name = "-".join([study.name, *dict.fromkeys(words)])
    if len(name) <= LONGEST and re.fullmatch(NAME, name):
        return name
    return f"{study.name[: LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _names(grid: GridConfig | CommandConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of models and datasets."""
    return (grid.models, grid.datasets) if isinstance(grid, GridConfig) else (grid.model, grid.dataset)


def _narrowed(
    grid: GridConfig | CommandConfig, models: Sequence[str], datasets: Sequence[str]
) -> GridConfig | CommandConfig | None:
    """None if nothing is left."""
    left = [
        tuple(name for name in own if not wanted or name in wanted)
        for own, wanted in zip(_names(grid), (models, datasets), strict=True)
    ]
    if not all(left):
        return None
    fields = ("models", "datasets") if isinstance(grid, GridConfig) else ("model", "dataset")
    return grid.updated(dict(zip(fields, left, strict=True)))
