"""A study's plan in its store: what every worker of it reads, whatever engine has started the worker.

`.studies/NAME.json` holds the study with all its settings, the cells that it had at its last start, and what all
workers have to agree on. It is small, and written atomically by whoever holds the lock beside it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from genconv.config.seeds import parse_seeds, seeds_in_words
from genconv.config.study import Study
from genconv.errors import InputError, shown, unknown_name
from genconv.store.files import one_line, read_json, unwritten, write_json
from genconv.store.lock import claim
from genconv.store.writing import write_file

FOLDER = ".studies"
FORMAT = 1
_NAP = 0.05


@dataclass(frozen=True)
class PlannedRuns:
    """What a study wants of one cell."""

    name: str
    """`vae on rings`."""
    runs: int
    seeds: tuple[int, ...] | None = None
    """Seeds instead of those that follow from the study; None for those, none for a cell that is left out."""


@dataclass(frozen=True)
class Plan:
    """What the workers of a study share."""

    study: Study
    directory: str
    """Where the study was started: commands run there, and relative paths in it begin there."""
    cells: Mapping[str, PlannedRuns] = field(default_factory=dict)
    """By the identities of the cells, at the last start."""
    start: int = 1
    """Counts the starts by `run` or `launch` that found no worker at work: each runs what has failed again."""
    workers: int = 1
    """How many workers are expected: a cell is cut into at least as many blocks."""
    made_with: Mapping[str, Any] | None = None
    """What gives the bits of the first worker; None before it."""
    finished: bool = False
    """Whether a worker has found that nothing is left."""

    @property
    def name(self) -> str:
        """The study's."""
        return self.study.name

    def as_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        cells = {
            identity: {
                "name": one.name,
                "runs": one.runs,
                "seeds": None if one.seeds is None else seeds_in_words(one.seeds),
            }
            for identity, one in self.cells.items()
        }
        study = self.study.model_dump(mode="json", exclude={"seeds" if self.study.design else "design"})
        study |= {} if self.study.design else {"seeds": seeds_in_words(self.study.seeds)}
        return {
            "format": FORMAT,
            "study": study,
            "directory": self.directory,
            "cells": cells,
            "start": self.start,
            "workers": self.workers,
            "made_with": self.made_with and dict(self.made_with),
            "finished": self.finished,
        }


def plan_file(root: Path, name: str) -> Path:
    """Where the plan of the study of this name is."""
    return root / FOLDER / f"{name}.json"


def planned_studies(root: Path) -> list[str]:
    """The names of the studies that have a plan in the store."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.json") if not path.name.startswith("."))


def read_plan(root: Path, name: str) -> Plan:
    """The plan of a study; `InputError` if there is none, or if it is damaged or of a newer version."""
    path = plan_file(root, name)
    if not path.exists():
        if not (known := planned_studies(root)):
            raise InputError(f"'{root}' has no plan of a study: genconv run STUDY -o {root} makes one")
        raise unknown_name("study", name, known)
    document = read_json(path)
    if type(number := document.get("format")) is not int or not 1 <= number <= FORMAT:
        raise InputError(f"{path}: format = {shown(number)}: this version reads format {FORMAT}")
    try:
        return Plan(
            study=Study.checked(document["study"]),
            directory=str(document["directory"]),
            cells={identity: _planned_runs(one) for identity, one in document["cells"].items()},
            start=int(document["start"]),
            workers=int(document["workers"]),
            made_with=document["made_with"],
            finished=bool(document["finished"]),
        )
    except (InputError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no plan of format {number} ({one_line(error)})") from None


def change_plan(root: Path, name: str, change: Callable[[Plan | None], Plan]) -> Plan:
    """Replace the plan of a study by what `change` makes of it, while nobody else does; returns the new one."""
    with plan_lock(root, name):
        before = read_plan(root, name) if plan_file(root, name).exists() else None
        after = change(before)
        if after != before:
            _write(root, after)
        return after


@contextmanager
def plan_lock(root: Path, name: str) -> Iterator[None]:
    """Hold the lock of a plan for a moment; whoever else wants it waits."""
    path = plan_file(root, name).with_suffix(".lock")
    while (lock := claim(path)) is None:
        time.sleep(_NAP)
    try:
        yield
    finally:
        lock.release()


def forget_plan(root: Path, name: str) -> None:
    """Remove a plan, and the folder of plans if it was the last one."""
    with suppress(OSError):
        plan_file(root, name).unlink(missing_ok=True)
        plan_file(root, name).parent.rmdir()


def with_seeds(plan: Plan, seeds: Mapping[str, tuple[int, ...]]) -> Plan:
    """The plan with other seeds for some of its cells, by their identities."""
    cells = {
        identity: replace(one, seeds=seeds[identity], runs=len(seeds[identity])) if identity in seeds else one
        for identity, one in plan.cells.items()
    }
    return replace(plan, cells=cells, finished=False)


def _write(root: Path, plan: Plan) -> None:
    path = plan_file(root, plan.name)
    try:
        write_file(path, lambda temporary: write_json(temporary, plan.as_json()))
    except OSError as error:
        raise unwritten(f"cannot write {path}", root, error) from None


def _planned_runs(value: Any) -> PlannedRuns:
    seeds = value["seeds"]
    chosen = None if seeds is None else parse_seeds(seeds) if seeds else ()
    return PlannedRuns(str(value["name"]), int(value["runs"]), chosen)
