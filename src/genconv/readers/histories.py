"""Histories: a list of numbers for each name, as Keras' `history.history` or a dictionary of losses dumped as JSON."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from genconv.errors import InputError, quoted
from genconv.readers.frames import flat
from genconv.readers.log import number_of
from genconv.readers.long_table import read_long, resolve
from genconv.readers.options import ImportOptions
from genconv.readers.roles import NAMES, find, is_loss, normal, split_of
from genconv.readers.run import Reading

_WRAPPERS = ("history", "metrics", "log", "logs", "losses")
_LOSSES = ("loss", "training", "validation")
_PLACES = frozenset(normal(name) for tier in NAMES["epoch"] for name in tier)
_MOST_SETTINGS = 200


@dataclass(frozen=True)
class History:
    """The lists of one run by name, and the single values beside them: its settings, such as the seed."""

    lists: Mapping[str, list[Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)


def histories_in(document: Mapping[str, Any]) -> dict[str, History]:
    """The histories in an object by the name of their run, which is empty where there is one alone.

    They are the object itself, a member called `history` of it, or all its members; a table as pandas dumps it
    (`{"loss": {"0": 6.0, "1": 5.3}}`) is one too. Members that are called after splits (`train`, `val`), or after
    losses and hold splits, are the losses of one run; so are lists of `steps` and `values`, as Sacred writes them.
    """
    for key in _WRAPPERS:
        if isinstance(document.get(key), dict) and (inner := histories_in(document[key])):
            return _with_what_stands_beside(inner, {name: value for name, value in document.items() if name != key})
    if lists := _lists(document):
        return {"": History(lists, _settings(document))}
    inner_lists = {name: _lists(value) for name, value in document.items() if isinstance(value, dict)}
    if not inner_lists or len(inner_lists) < len(document) or not all(inner_lists.values()):
        return {}
    if all({"steps", "values"} <= lists.keys() for lists in inner_lists.values()):
        return _of_steps(inner_lists)
    of_losses = any(map(is_loss, inner_lists)) and all(map(_are_splits, inner_lists.values()))
    sets = all(split_of(re.sub(r"\d+$", "", normal(name))) for name in inner_lists)
    if (
        of_losses
        or _are_splits(inner_lists)
        or (sets and not any(_says_split(lists) for lists in inner_lists.values()))
    ):
        return {"": History({f"{name}/{part}": x for name, lists in inner_lists.items() for part, x in lists.items()})}
    return {name: History(lists, _settings(document[name])) for name, lists in inner_lists.items()}


def _says_split(names: Iterable[str]) -> bool:
    """Whether some names hold a word for a split, as those of a whole run do."""
    return any(split_of(word) for name in names for word in normal(name).split("_"))


def _are_splits(names: Iterable[str]) -> bool:
    return all(normal(name) == "test" or (split_of(name) and "_" not in normal(name)) for name in names)


def _of_steps(found: Mapping[str, Mapping[str, list[Any]]]) -> dict[str, History]:
    """One history of scalars that have steps of their own; empty if some scalar has two values at a step."""
    points = {name: dict(zip(one["steps"], one["values"], strict=False)) for name, one in found.items()}
    if any(
        len(points[name]) != len(one["steps"]) or len(one["steps"]) != len(one["values"]) for name, one in found.items()
    ):
        return {}
    steps = sorted({step for one in points.values() for step in one})
    return {"": History({"step": steps, **{name: [one.get(step) for step in steps] for name, one in points.items()}})}


def _with_what_stands_beside(found: Mapping[str, History], beside: Mapping[str, Any]) -> dict[str, History]:
    """The histories with the epochs and the settings that stand beside their wrapper."""
    places = {name: items for name, items in _lists(beside).items() if normal(name) in _PLACES}
    settings = _settings(beside)
    return {
        run: History({**places, **history.lists}, {**settings, **history.settings}) for run, history in found.items()
    }


def _lists(value: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The members that are lists of numbers; empty if there are none."""
    lists = {name: _list(item) for name, item in value.items()}
    return {name: items for name, items in lists.items() if items}


def _settings(value: Mapping[str, Any]) -> dict[str, Any]:
    """The single values among the members, and in objects of them."""
    single = {name: item for name, item in value.items() if not isinstance(item, dict) or not _lists(item)}
    found = {name: item for name, item in flat(single).items() if isinstance(item, str | int | float)}
    return found if len(found) <= _MOST_SETTINGS else {}


def _list(value: Any) -> list[Any]:
    """A list of numbers, null among them; of `{"0": …, "1": …}` the values."""
    if isinstance(value, dict) and value and list(value) == [str(row) for row in range(len(value))]:
        value = list(value.values())
    numbers = isinstance(value, list) and all(item is None or number_of(item) is not None for item in value)
    return value if numbers and any(item is not None for item in value) else []


def read_histories(path: Path, histories: Mapping[str, History], options: ImportOptions) -> Reading:
    """A run for each history; without a list of epochs, the places in the lists are the epochs."""
    where = f"'{path}'"
    names = list(dict.fromkeys(name for history in histories.values() for name in history.lists))
    wanted = {role: name for role, name in options.columns.items() if role in {*_LOSSES, "epoch"} or name in names}
    roles = resolve(names, ImportOptions(columns=wanted), where)
    used = list(dict.fromkeys(name for role, name in roles.items() if role in {*_LOSSES, "epoch"}))
    parts = [_part(run, history, used, where) for run, history in histories.items()]
    frame = pl.concat(parts, how="diagonal")
    columns = {role: name for role, name in options.columns.items() if role in wanted or "" not in histories}
    told = all(_named("model", list(history.settings), options, where) for history in histories.values())
    model = options.model or ("said" if told else None)
    columns = columns if "" in histories else {"seed": "run", **columns}
    reading = read_long(path, frame, replace(options, columns=columns, model=model))
    return _with_settings(reading, histories, options, where)


def _with_settings(reading: Reading, histories: Mapping[str, History], options: ImportOptions, where: str) -> Reading:
    """The runs with the single values of their histories, of which some say the seed, the model or the dataset."""
    names = list(dict.fromkeys(name for history in histories.values() for name in history.settings))
    roles = {role: name for role in ("seed", "model", "dataset") if (name := _named(role, names, options, where))}
    runs = []
    for run in reading.runs:
        single = {name: str(value) for name, value in histories["" if "" in histories else run.label].settings.items()}
        said = {role: single[name] for role, name in roles.items() if name in single}
        seed = said.get("seed", "")
        runs.append(
            replace(
                run,
                settings={**run.settings, **single},
                seed=int(seed) if seed.isascii() and seed.isdigit() else run.seed,
                model=said.get("model", run.model),
                dataset=said.get("dataset", run.dataset),
            )
        )
    return replace(reading, runs=tuple(runs), columns={**reading.columns, **roles})


def _named(role: str, names: Sequence[str], options: ImportOptions, where: str) -> str | None:
    """The setting that says a role: the one that the user names, or one that is called so."""
    if role in options.columns:
        return options.columns[role] if options.columns[role] in names else None
    sure = {normal(name) for tier in NAMES[role][:2] for name in tier}
    return find(role, [name for name in names if normal(name.rpartition("/")[2]) in sure], where)


def _part(run: str, history: History, used: list[str], where: str) -> pl.DataFrame:
    """The rows of one run."""
    lists = {name: history.lists[name] for name in used if name in history.lists}
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
