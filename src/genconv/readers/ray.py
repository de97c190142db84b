"""Ray Tune's trials: `result.json`, a JSON object a line, and `progress.csv`, the same as a table."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from genconv.readers.frames import flat, frame_of
from genconv.readers.long_table import read_long
from genconv.readers.options import ImportOptions
from genconv.readers.roles import NAMES, normal
from genconv.readers.run import Reading

EPOCH, CONFIG = "training_iteration", "config/"
_TRIAL = re.compile(r"(.+?)_[0-9a-f]{5,8}_\d{5}(?:_|$)")
"""The folder of a trial: the name of what is trained, identifier, number, settings, date."""


def is_result(row: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a row of `result.json`."""
    return EPOCH in row


def is_progress(columns: Sequence[str]) -> bool:
    """Whether a table is a `progress.csv`."""
    return EPOCH in columns


def is_trial(file: Path) -> bool:
    """Whether a file is the `result.json` or, without one, the `progress.csv` of a trial."""
    folder = file.parent
    if file.name == "result.json":
        return (folder / "params.json").exists() or (folder / "progress.csv").exists()
    return file.name == "progress.csv" and (folder / "params.json").exists() and not (folder / "result.json").exists()


def read_results(path: Path, rows: Sequence[Mapping[str, Any]], options: ImportOptions) -> Reading:
    """The trial in a `result.json`."""
    return read_trial(path, frame_of([flat(row) for row in rows], f"'{path}'"), options)


def read_trial(path: Path, frame: pl.DataFrame, options: ImportOptions) -> Reading:
    """The trial in a table: an iteration is an epoch, and what its configuration calls a seed is the seed."""
    settings = {name.removeprefix(CONFIG): name for name in frame.columns if name.startswith(CONFIG)}
    columns = {"epoch": EPOCH, **_roles(settings), **options.columns}
    columns = {role: settings.get(name, name) for role, name in columns.items()}
    reading = read_long(path, frame, replace(options, columns=columns))
    values = {name: str(frame[column][-1]) for name, column in settings.items()}
    label = path.parent.name or path.stem
    trainable = _TRIAL.match(label)
    name = trainable[1] if trainable else None
    runs = tuple(replace(run, settings=values, label=label, name=name) for run in reading.runs)
    return replace(reading, runs=runs)


def _roles(settings: Iterable[str]) -> dict[str, str]:
    """Seed, model and dataset among the settings, where one is called so."""
    found = {}
    for role in ("seed", "model", "dataset"):
        names = {normal(name) for tier in NAMES[role][:2] for name in tier}
        same = [name for name in settings if normal(name) in names]
        if len(same) == 1:
            found[role] = f"{CONFIG}{same[0]}"
    return found
