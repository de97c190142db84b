"""Hugging Face's `trainer_state.json`: its `log_history` is a table of training and evaluation losses."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from genconv.errors import InputError, quoted
from genconv.readers.frames import flat, frame_of
from genconv.readers.long_table import read_long
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading

NAME = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_NEAR = 1e-4
"""How exactly fractions of an epoch are written."""
_SUMMARY = "train_runtime"
"""Only the row after the end of the training has it; its `train_loss` is a mean over the whole training."""


def read_trainer_state(path: Path, document: Mapping[str, Any], options: ImportOptions) -> Reading:
    """The run in a file. `loss` is the mean since the previous row, `eval_loss` the loss of the whole evaluation."""
    where = f"'{path}'"
    history = [flat(row) for row in document["log_history"] if isinstance(row, dict)]
    rows = [row for row in history if _SUMMARY not in row]
    if not rows:
        raise InputError(f"{where}: its log_history holds no losses")
    columns = _columns(rows, options, where)
    rows = rows if "epoch" in columns else _placed(rows, columns.get("validation", columns.get("training", "")))
    reading = read_long(path, frame_of(rows, where), replace(options, columns=columns))
    notes = list(reading.notes)
    if len(rows) < len(history):
        notes.append(f"left out: the row that sums up the training ('{_SUMMARY}')")
    folder = path.parent.parent if _CHECKPOINT.fullmatch(path.parent.name) else path.parent
    runs = tuple(replace(run, label=folder.name or path.stem, origin=folder / NAME) for run in reading.runs)
    return replace(reading, runs=runs, notes=tuple(notes))


def _columns(rows: Sequence[Mapping[str, Any]], options: ImportOptions, where: str) -> dict[str, str]:
    """The roles; of several evaluation sets the user chooses one."""
    columns = dict(options.columns)
    if {"loss", "training", "validation"} & columns.keys():
        return columns
    names = {name for row in rows for name in row}
    sets = sorted(name for name in names if re.fullmatch(r"eval_.*loss", name))
    if "eval_loss" not in sets and len(sets) > 1:
        raise InputError(
            f"{where}: validation may be any of {quoted(sets, 4)}: choose one with --columns "
            f"training=loss,validation={sets[0]}"
        )
    validation = "eval_loss" if "eval_loss" in sets else sets[0] if sets else None
    found = {"training": "loss" if "loss" in names else None, "validation": validation}
    return {**columns, **{role: name for role, name in found.items() if name}}


def _placed(rows: Sequence[Mapping[str, Any]], loss: str) -> list[dict[str, Any]]:
    """Rows by whole epochs, if the losses that make the curve are at the ends of some; else by steps alone.

    A training loss within an epoch counts for that epoch.
    """
    epochs = [row.get("epoch") for row in rows if row.get(loss, "") != ""]
    numbers = [float(epoch) for epoch in epochs if isinstance(epoch, int | float)]
    whole = all(math.isfinite(epoch) and abs(epoch - round(epoch)) < _NEAR for epoch in numbers)
    if len(numbers) == len(epochs) == len(set(numbers)) and whole:
        return [{**row, "epoch": _end_of(row.get("epoch"))} for row in rows]
    if all(isinstance(row.get("step"), int | float) for row in rows):
        return [{name: value for name, value in row.items() if name != "epoch"} for row in rows]
    return [dict(row) for row in rows]


def _end_of(epoch: Any) -> Any:
    return math.ceil(epoch - _NEAR) if isinstance(epoch, int | float) and math.isfinite(epoch) else epoch


def last_states(files: Sequence[Path]) -> tuple[list[Path], int]:
    """One file for each run, and how many are left out: every checkpoint holds the history up to it."""
    by_run: dict[Path, list[tuple[float, Path]]] = {}
    for file in files:
        match = _CHECKPOINT.fullmatch(file.parent.name)
        run = file.parent.parent if match else file.parent
        by_run.setdefault(run, []).append((float(match[1]) if match else float("inf"), file))
    chosen = [max(states)[1] for states in by_run.values()]
    return chosen, len(files) - len(chosen)
