"""Long tables: one row for each seed and epoch."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.align import series_of
from genconv.readers.ambiguous import refuse_bare_value, refuse_rows_of_one_place, split_by_content
from genconv.readers.further import MOST_NAMES
from genconv.readers.options import ImportOptions
from genconv.readers.roles import (
    NAMES,
    STEP_NAMES,
    find,
    find_losses,
    higher_is_better,
    names_a_loss,
    normal,
    split_of,
    unclear_validation,
)
from genconv.readers.run import ExternalRun, LeftOut, Reading, Series
from genconv.readers.streams import stream_columns
from genconv.readers.table_rows import Rows, TableRows, refuse_names_of_models, refuse_rows_of_runs
from genconv.readers.tables import numbers, texts

_LOSSES = ("loss", "training", "validation")


def read_long(
    path: Path,
    frame: pl.DataFrame,
    options: ImportOptions,
    notes: Sequence[str] = (),
    segments: NDArray[np.int64] | None = None,
) -> Reading:
    """The runs of a long table; those of one model, dataset and seed are one run, in rows of any order.

    `segments` says how many times a program was started again above each row: what a later one writes of an epoch
    takes the place of what was written of that epoch, and of all epochs after it, before.
    """
    where = f"'{path}'"
    streams = stream_columns(frame, options.columns.values())
    roles = resolve([name for name in frame.columns if name not in streams], options, where)
    if "loss" in roles and "split" not in roles and (split := split_by_content(frame, roles)):
        roles["split"] = split
    refuse_bare_value(path, roles, options)
    roles, lone = _without_lone_test(frame, roles, options, where)
    table = _Long(path, frame, roles, options, segments)
    runs = table.runs()
    said = (*notes, *lone, *table.notes, *_not_read(frame.columns, roles))
    left_out = () if runs else (LeftOut(path.name, "without any of these losses"),)
    return Reading(tuple(runs), (path,), roles, said, left_out=left_out)


def _not_read(columns: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """A note on further losses of the table."""
    others = [name for name in columns if name not in roles.values() and names_a_loss(name)]
    return [f"other losses are kept beside it, and not compared: {quoted(others, 4)}"] if others else []


def resolve(columns: Sequence[str], options: ImportOptions, where: str) -> dict[str, str]:
    """Role → column, from the user or from common names; `InputError` if a named one is missing or none is a loss."""
    for role, name in options.columns.items():
        parts = [part.strip() for part in name.split("+")] if role == "model" else [name]
        if name not in columns and any(part not in columns for part in parts):
            raise InputError(f"{where}: has no column '{name}' for {role}: its columns are {quoted(columns)}")
    roles = dict(options.columns)
    free = [name for name in columns if name not in roles.values()]
    if not set(_LOSSES) & roles.keys():
        roles |= find_losses(free, where)
        if unclear := unclear_validation(free, roles):
            hint = "choose with --columns validation=NAME, or --columns loss=NAME for one loss alone"
            hint += " (--negate if higher is better)" if any(map(higher_is_better, unclear)) else ""
            raise InputError(f"{where}: validation may be {quoted(unclear, 4)}: {hint}")
    if not set(_LOSSES) & roles.keys():
        hint = "choose with --columns training=NAME,validation=NAME"
        likely = sorted(columns, key=lambda name: not names_a_loss(name))
        raise InputError(f"{where}: no loss among the columns {quoted(likely)}: {hint}")
    for role in NAMES:
        if role not in roles and (role != "split" or "loss" in roles):
            free = [name for name in columns if name not in roles.values()]
            if found := find(role, free, where):
                roles[role] = found
    return roles


def _without_lone_test(
    frame: pl.DataFrame, roles: dict[str, str], options: ImportOptions, where: str
) -> tuple[dict[str, str], list[str]]:
    """The roles without a test loss that was measured once, at the end, while the training loss is a curve."""
    name = roles.get("validation", "")
    if "validation" in options.columns or "training" not in roles or "test" not in normal(name).split("_"):
        return roles, []
    measured, trained = ((~numbers(frame, roles[role], where)[1]).sum() for role in ("validation", "training"))
    if trained < 2 * measured or trained < 2:
        return roles, []
    note = f"'{name}' is on record at {measured} of {trained} places: no curve, left out"
    return {role: column for role, column in roles.items() if role != "validation"}, [note]


def _others(frame: pl.DataFrame, roles: Mapping[str, str]) -> dict[str, FloatArray]:
    """Columns of numbers that have no role and count no places, by name."""
    free = [name for name in frame.columns if name not in roles.values() and normal(name) not in STEP_NAMES]
    streams = stream_columns(frame, roles.values())
    found: dict[str, FloatArray] = {}
    for name in free:
        if name in streams or len(found) == MOST_NAMES:
            continue
        with suppress(InputError):
            found[name] = numbers(frame, name, "")[0]
    return found


class _Long:
    """A table with its roles, read run by run."""

    def __init__(
        self,
        path: Path,
        frame: pl.DataFrame,
        roles: Mapping[str, str],
        options: ImportOptions,
        segments: NDArray[np.int64] | None,
    ) -> None:
        self.frame = frame
        self.path, self.where, self.roles, self.options = path, f"'{path}'", roles, options
        self.notes: list[str] = []
        self.losses = {role: numbers(frame, roles[role], self.where) for role in _LOSSES if role in roles}
        self.has_loss = ~np.logical_and.reduce([blank for _, blank in self.losses.values()])
        self.splits = self._splits(frame)
        self.keys, self.by_epoch = self._keys(frame)
        self.steps = self._steps(frame)
        self.others = {} if self.splits is not None else _others(frame, roles)
        self.segments = segments
        self.void = 0
        self.rows = TableRows.of(frame, roles, self.has_loss, self.keys, options, self.where)
        self.notes += self.rows.notes
        if self.keys is None and any(len(group.rows) > 1 for group in self.rows.groups):
            refuse_rows_of_runs(frame, roles, self.has_loss, self.where)
        if "seed" in roles and "model" not in roles and options.model is None:
            refuse_names_of_models([group.seed for group in self.rows.groups if group.seed], roles["seed"], self.where)

    def runs(self) -> list[ExternalRun]:
        """Every run of the table."""
        found = [self._run(group) for group in self.rows.groups]
        if self.void:
            rows = "1 row" if self.void == 1 else f"{self.void} rows"
            self.notes.append(f"{rows} of epochs that were written again after a restart are void")
        return found

    def _run(self, group: Rows) -> ExternalRun:
        seed = group.seed
        number = int(float(seed)) if seed is not None and _is_whole(seed) else None
        rows = self._after_restarts(group.rows)
        training, validation = self._curves(rows, "" if seed is None else f", seed {seed[:40]}")
        blanks = np.empty(0) if self.keys is None else np.unique(self.keys[group.blank])
        written = np.union1d(training.keys, validation.keys)
        return ExternalRun(
            label=group.label or self.path.stem,
            training=training,
            validation=validation,
            model=group.model,
            dataset=group.dataset,
            seed=number,
            by_epoch=self.by_epoch,
            origin=self.path,
            settings=group.settings,
            scalars=self._scalars(rows),
            blanks=np.setdiff1d(blanks, written),
        )

    def _scalars(self, rows: NDArray[np.int64]) -> dict[str, Series]:
        """Columns of further numbers that change along the run; of several at one place the last."""
        keys = np.arange(len(rows), dtype=np.float64) if self.keys is None else self.keys[rows]
        found = {}
        for name, column in self.others.items():
            values = column[rows]
            known = np.isfinite(values)
            if known.any() and np.ptp(values[known]) > 0:
                found[name] = series_of(keys[known], values[known], self.where, "last", rows[known].astype(np.float64))
        return found

    def _after_restarts(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows that no later segment has written again."""
        if self.segments is None or self.keys is None:
            return rows
        segments, keys = self.segments[rows], self.keys[rows]
        kept = np.ones(len(rows), dtype=bool)
        for segment in np.unique(segments)[1:]:
            begins = keys[segments == segment].min()
            kept &= (segments >= segment) | (keys < begins)
        self.void += int((~kept).sum())
        return rows[kept]

    def _curves(self, rows: NDArray[np.int64], seed: str) -> tuple[Series, Series]:
        keys = np.arange(len(rows), dtype=np.float64) if self.keys is None else self.keys[rows]
        curves = {"training": Series.empty(), "validation": Series.empty()}
        for role, (values, blank) in self.losses.items():
            keep = ~blank[rows]
            if role == "loss" and self.splits is not None:
                for split in curves:
                    of_split = keep & (self.splits[rows] == split)
                    curves[split] = self._series(split, rows, keys, values[rows], of_split, f"{seed}, {split}")
            else:
                name = "validation" if role == "loss" else role
                curves[name] = self._series(name, rows, keys, values[rows], keep, seed)
        return curves["training"], curves["validation"]

    def _series(
        self,
        split: str,
        rows: NDArray[np.int64],
        keys: FloatArray,
        values: FloatArray,
        keep: NDArray[np.bool_],
        seed: str,
    ) -> Series:
        where = f"{self.where}{seed}, {self.roles.get('epoch', 'row')}"
        if self.steps is None:
            refuse_rows_of_one_place(self.frame, self.roles, rows[keep], keys[keep], where)
            return series_of(keys[keep], values[keep], where)
        order = self.steps[rows][keep]
        return series_of(keys[keep], values[keep], where, "mean" if split == "training" else "last", order)

    def _keys(self, frame: pl.DataFrame) -> tuple[FloatArray | None, bool]:
        if "epoch" not in self.roles:
            self.notes.append("no column of epochs: the rows of each run are its epochs, in their order")
            return None, True
        name = self.roles["epoch"]
        keys, blank = numbers(frame, name, self.where)
        if (blank & self.has_loss).any():
            row = int(np.flatnonzero(blank & self.has_loss)[0])
            raise InputError(f"{self.where}: row {row + 1} has a loss but no {name}")
        used = keys[self.has_loss]
        return keys, normal(name) not in STEP_NAMES and bool(np.all(used == np.round(used)))

    def _steps(self, frame: pl.DataFrame) -> FloatArray | None:
        """Steps within epochs: where there are, an epoch may have several values."""
        if "epoch" not in self.roles or not self.by_epoch:
            return None
        found = [name for name in frame.columns if normal(name) in STEP_NAMES and name != self.roles["epoch"]]
        if not found:
            return None
        rules = {"training": "training the mean", "validation": "validation the last", "loss": "the last of each"}
        said = ", ".join(rule for role, rule in rules.items() if role in self.roles)
        if self.splits is not None:
            said = "training the mean, validation the last"
        self.notes.append(f"several values in an epoch: by '{found[0]}', {said}")
        return numbers(frame, found[0], self.where)[0]

    def _splits(self, frame: pl.DataFrame) -> NDArray[np.str_] | None:
        if "split" not in self.roles:
            return None
        words = texts(frame, self.roles["split"], self.where, self.has_loss)
        meaning = {word: split_of(word) for word in words.unique(maintain_order=True).drop_nulls()}
        if not any(meaning.values()):
            raise InputError(
                f"{self.where}: column '{self.roles['split']}' holds {quoted(list(meaning))}: "
                "none is training or validation (train, val, valid, validation, eval, dev)"
            )
        if others := [word for word, split in meaning.items() if split is None]:
            self.notes.append(f"left out: rows where {self.roles['split']} is {quoted(others)}")
        return np.array([meaning.get(word) or "" for word in words])


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number: `7`, or `7.0` as a table of floats writes it."""
    digits = text.removesuffix(".0").removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 15
