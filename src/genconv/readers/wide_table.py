"""Wide tables: one column for each seed. They are turned into long ones."""

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from genconv.errors import InputError
from genconv.readers.long_table import read_long
from genconv.readers.options import ImportOptions
from genconv.readers.roles import STEP_NAMES, find, find_losses, normal, split_of
from genconv.readers.run import Reading
from genconv.readers.tables import numbers

_SEED = re.compile(r"(?i)(?:seed|run|version|trial|replicate|rep|s)?(\d{1,10})")
_SEED_WORDS = frozenset({"seed", "run", "version", "trial", "replicate", "rep", "s"})
_EXPORTED = re.compile(r"(?P<run>.+) - (?P<metric>[^-]+)")
"""Columns of a chart that Weights & Biases exports: `RUN - METRIC`, with `…__MIN` and `…__MAX` beside each."""

Column = tuple[str, str | None]
"""Seed or run's name, and the split: None where the table has one loss."""


def is_wide(columns: list[str], options: ImportOptions, where: str) -> bool:
    """Whether some columns stand for seeds, and none for the seed or a loss."""
    if {"seed", "loss", "training", "validation"} & options.columns.keys() or not seed_columns(columns):
        return False
    return find("seed", columns, where) is None and not find_losses(columns, where)


def seed_columns(columns: list[str]) -> dict[str, Column]:
    """The columns that stand for a seed."""
    found = {name: meaning for name in columns if (meaning := _meaning(name))}
    if found:
        return found
    exported = {name: match for name in columns if (match := _EXPORTED.fullmatch(name))}
    plain = {name: match for name, match in exported.items() if not re.search(r"__(MIN|MAX)$", name)}
    metrics = {match["metric"] for match in plain.values()}
    return {name: (match["run"].strip(), split_of(match["metric"])) for name, match in plain.items()} if metrics else {}


def read_wide(path: Path, frame: pl.DataFrame, options: ImportOptions, said: Sequence[str] = ()) -> Reading:
    """The runs of a wide table; `said` are notes on how it was read."""
    where = f"'{path}'"
    meanings = seed_columns(frame.columns)
    if not meanings:
        raise InputError(f"{where}: no column is named after a seed (such as 0, seed_0 or val_seed_0)")
    splits = {split for _, split in meanings.values()}
    if None in splits and len(splits) > 1:
        unsaid = next(name for name, (_, split) in meanings.items() if split is None)
        raise InputError(f"{where}: column '{unsaid}' says neither training nor validation, and others do")
    _check_twice(meanings, where)
    kept = _kept_columns(frame, options, where)
    parts = [_part(frame, kept, name, meaning, where) for name, meaning in meanings.items()]
    long = pl.concat(parts, how="vertical_relaxed")
    roles = {"seed": "seed", "loss": "loss", **{role: _long_name(role, name) for role, name in kept.items()}} | (
        {} if None in splits else {"split": "split"}
    )
    reading = read_long(path, long, ImportOptions(columns=roles))
    names = list(meanings)
    note = f"one column for each seed: '{names[0]}' … '{names[-1]}' ({len(names)} columns)"
    notes = tuple(note for note in reading.notes if "several values" not in note)
    return Reading(reading.runs, (path,), kept, (*said, note, *notes))


def _kept_columns(frame: pl.DataFrame, options: ImportOptions, where: str) -> dict[str, str]:
    """Role → column of what is not a seed's."""
    free = [name for name in frame.columns if name not in seed_columns(frame.columns)]
    kept: dict[str, str] = {}
    for role in ("model", "dataset", "epoch"):
        name = options.columns.get(role) or find(role, free, where)
        if name is not None and name not in frame.columns:
            raise InputError(f"{where}: has no column '{name}' for {role}")
        if name is not None:
            kept[role] = name
    return kept


def _part(frame: pl.DataFrame, kept: dict[str, str], name: str, meaning: Column, where: str) -> pl.DataFrame:
    values, blank = numbers(frame, name, where)
    loss = pl.Series("loss", values).set(pl.Series(blank), None)
    seed, split = meaning
    columns = [frame[column].alias(_long_name(role, column)) for role, column in kept.items()]
    said = {"seed": seed} | ({} if split is None else {"split": split})
    return pl.DataFrame([*columns, loss]).with_columns(pl.lit(value).alias(role) for role, value in said.items())


def _long_name(role: str, name: str) -> str:
    """The name of a kept column in the long table: steps stay steps."""
    return "step" if role == "epoch" and normal(name) in STEP_NAMES else role


def _meaning(name: str) -> Column | None:
    """Seed and split of a name such as `3`, `seed_3`, `val_3`, `s3/train_loss`."""
    words = [word for word in re.split(r"[^0-9a-zA-Z]+", name.strip()) if word]
    seeds = [word for word in words if _SEED.fullmatch(word)]
    others = [word for word in words if word not in seeds and word.lower() not in _SEED_WORDS]
    match = _SEED.fullmatch(seeds[0]) if len(seeds) == 1 else None
    if match is None:
        return None
    split = split_of(" ".join(others)) if others else None
    if others and split is None and {word.lower() for word in others} - {"loss", "nll", "objective"}:
        return None
    return match[1], split


def _check_twice(meanings: dict[str, Column], where: str) -> None:
    seen: dict[Column, str] = {}
    for name, meaning in meanings.items():
        if meaning in seen:
            raise InputError(f"{where}: columns '{seen[meaning]}' and '{name}' are the same seed {meaning[0]}")
        seen[meaning] = name
