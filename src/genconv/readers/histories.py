"""Histories: a list of numbers for each name, as Keras' `history.history` or a dictionary of losses dumped as JSON."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from genconv.errors import InputError, quoted
from genconv.readers.log import number_of
from genconv.readers.long_table import read_long, resolve
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading

_WRAPPERS = ("history", "metrics", "log", "logs", "losses")
_LOSSES = ("loss", "training", "validation")
History = Mapping[str, list[Any]]


def histories_in(document: Mapping[str, Any]) -> dict[str, History]:
    """The histories in an object by the name of their run, which is empty where there is one alone.

    They are the object itself, a member called `history` of it, or all its members; a table as pandas dumps it
    (`{"loss": {"0": 6.0, "1": 5.3}}`) is one too.
    """
    for key in _WRAPPERS:
        if isinstance(document.get(key), dict) and (inner := histories_in(document[key])):
            return inner
    if own := _history(document):
        return {"": own}
    inner = {name: _history(value) for name, value in document.items() if isinstance(value, dict)}
    runs = {name: history for name, history in inner.items() if history}
    return runs if runs and len(runs) == len(document) else {}


def _history(value: Mapping[str, Any]) -> History:
    """The members that are lists of numbers; empty if there are none."""
    lists = {name: _list(item) for name, item in value.items()}
    return {name: items for name, items in lists.items() if items}


def _list(value: Any) -> list[Any]:
    """A list of numbers, null among them; of `{"0": …, "1": …}` the values."""
    if isinstance(value, dict) and value and list(value) == [str(row) for row in range(len(value))]:
        value = list(value.values())
    numbers = isinstance(value, list) and all(item is None or number_of(item) is not None for item in value)
    return value if numbers and any(item is not None for item in value) else []


def read_histories(path: Path, histories: Mapping[str, History], options: ImportOptions) -> Reading:
    """A run for each history; without a list of epochs, the places in the lists are the epochs."""
    where = f"'{path}'"
    names = list(dict.fromkeys(name for history in histories.values() for name in history))
    wanted = {role: name for role, name in options.columns.items() if role != "seed" or name in names}
    roles = resolve(names, ImportOptions(columns={**wanted}), where)
    used = list(dict.fromkeys(name for role, name in roles.items() if role in {*_LOSSES, "epoch"}))
    parts = [_part(run, history, used, where) for run, history in histories.items()]
    frame = pl.concat(parts, how="diagonal")
    columns = dict(options.columns) if "" in histories else {"seed": "run", **options.columns}
    return read_long(path, frame, replace(options, columns=columns))


def _part(run: str, history: History, used: list[str], where: str) -> pl.DataFrame:
    """The rows of one run."""
    lists = {name: history[name] for name in used if name in history}
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        said = " and ".join(f"'{name}' {length}" for name, length in lengths.items())
        of = f" of '{run}'" if run else ""
        raise InputError(
            f"{where}{of}: {said} values: which belong together? Write a list of epochs for each, or one table "
            f"with a row an epoch ({quoted(list(lengths), 4)})"
        )
    if not lists:
        raise InputError(f"{where}: run '{run}' has none of {quoted(used, 4)}")
    columns = {name: pl.Series(name, [_number(x) for x in values], dtype=pl.Float64) for name, values in lists.items()}
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.lit(run).alias("run")) if run else frame


def _number(value: Any) -> float | None:
    return None if value is None else number_of(value)
