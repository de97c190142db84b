"""Long tables: one row for each seed and epoch."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.align import series_of
from genconv.readers.options import ImportOptions
from genconv.readers.roles import NAMES, STEP_NAMES, find, find_losses, normal, split_of
from genconv.readers.run import ExternalRun, Reading, Series
from genconv.readers.tables import numbers, texts

Rows = NDArray[np.int64]


def read_long(path: Path, frame: pl.DataFrame, options: ImportOptions) -> Reading:
    """The runs of a long table; those of one model, dataset and seed are one run, in rows of any order."""
    where = f"'{path}'"
    roles = resolve(frame.columns, options, where)
    table = _Long(path, frame, roles, options)
    runs = [table.run(group, rows) for group, rows in table.groups().items()]
    return Reading(tuple(runs), (path,), roles, tuple(table.notes))


def resolve(columns: list[str], options: ImportOptions, where: str) -> dict[str, str]:
    """Role → column, from the user or from common names; `InputError` if a named one is missing or none is a loss."""
    for role, name in options.columns.items():
        if name not in columns:
            raise InputError(f"{where}: has no column '{name}' for {role}: its columns are {quoted(columns)}")
    roles = dict(options.columns)
    free = [name for name in columns if name not in roles.values()]
    losses = {"loss", "training", "validation"} & roles.keys()
    if not losses:
        roles |= find_losses(free, where)
    if not {"loss", "training", "validation"} & roles.keys():
        hint = "choose with --columns training=NAME,validation=NAME"
        raise InputError(f"{where}: no loss among the columns {quoted(columns)}: {hint}")
    for role in NAMES:
        if role not in roles and (role != "split" or "loss" in roles):
            free = [name for name in columns if name not in roles.values()]
            if found := find(role, free, where):
                roles[role] = found
    return roles


class _Long:
    """A table with its roles, read run by run."""

    def __init__(self, path: Path, frame: pl.DataFrame, roles: dict[str, str], options: ImportOptions) -> None:
        self.path, self.where, self.roles, self.options = path, f"'{path}'", roles, options
        self.notes: list[str] = []
        self.names = {
            role: texts(frame, roles[role], self.where) for role in ("model", "dataset", "seed") if role in roles
        }
        self.height = frame.height
        self.losses = {
            role: numbers(frame, roles[role], self.where)
            for role in ("loss", "training", "validation")
            if role in roles
        }
        self.splits = self._splits(frame)
        self.keys, self.by_epoch = self._keys(frame)
        self.steps = self._steps(frame)

    def groups(self) -> dict[tuple[str | None, ...], Rows]:
        """Rows of each run, by model, dataset and seed."""
        found: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
        columns = [self.names.get(role, [None] * self.height) for role in ("model", "dataset", "seed")]
        for row, group in enumerate(zip(*columns, strict=True)):
            found[group].append(row)
        return {group: np.array(rows) for group, rows in found.items()}

    def run(self, group: tuple[str | None, ...], rows: Rows) -> ExternalRun:
        """The run in some rows."""
        model, dataset, seed = group
        number = int(float(seed)) if seed is not None and _is_whole(seed) else None
        training, validation = self._curves(rows, "" if seed is None else f", seed {seed[:40]}")
        return ExternalRun(
            label=self.path.stem if seed is None else seed,
            training=training,
            validation=validation,
            model=model,
            dataset=dataset,
            seed=number,
            by_epoch=self.by_epoch,
            origin=self.path,
        )

    def _curves(self, rows: Rows, seed: str) -> tuple[Series, Series]:
        keys = np.arange(len(rows), dtype=np.float64) if self.keys is None else self.keys[rows]
        losses = {role: (values[rows], blank[rows]) for role, (values, blank) in self.losses.items()}
        if "loss" in losses:
            values, blank = losses["loss"]
            keep = self._kept(blank)
            if self.splits is None:
                return Series.empty(), self._series("last", rows, keys, values, keep, seed)
            training, validation = (self.splits[rows] == split for split in ("training", "validation"))
            return (
                self._series("mean", rows, keys, values, keep & training, f"{seed}, training"),
                self._series("last", rows, keys, values, keep & validation, f"{seed}, validation"),
            )
        empty = np.logical_and.reduce([blank for _, blank in losses.values()])
        curves = {"training": Series.empty(), "validation": Series.empty()}
        for role, (values, blank) in losses.items():
            several = "mean" if role == "training" else "last"
            keep = ~blank | (self._kept(blank) & empty)
            curves[role] = self._series(several, rows, keys, values, keep, seed)
        return curves["training"], curves["validation"]

    def _kept(self, blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.ones_like(blank) if self.options.blank == "diverged" else ~blank

    def _series(
        self, several: str, rows: Rows, keys: FloatArray, values: FloatArray, keep: NDArray[np.bool_], seed: str
    ) -> Series:
        where = f"{self.where}{seed}, {self.roles.get('epoch', 'row')}"
        if self.steps is None:
            return series_of(keys[keep], values[keep], where)
        order = self.steps[rows][keep]
        return series_of(keys[keep], values[keep], where, "mean" if several == "mean" else "last", order)

    def _keys(self, frame: pl.DataFrame) -> tuple[FloatArray | None, bool]:
        if "epoch" not in self.roles:
            self.notes.append("no column of epochs: the rows of each run are its epochs, in their order")
            return None, True
        name = self.roles["epoch"]
        keys, blank = numbers(frame, name, self.where)
        needed = ~np.logical_and.reduce([blank for _, blank in self.losses.values()])
        if (blank & needed).any():
            row = int(np.flatnonzero(blank & needed)[0])
            raise InputError(f"{self.where}: row {row + 1} has a loss but no {name}")
        keys = np.where(blank, -1, keys)
        used = keys[needed]
        return keys, normal(name) not in STEP_NAMES and bool(np.all(used == np.round(used)))

    def _steps(self, frame: pl.DataFrame) -> FloatArray | None:
        """Steps within epochs: where there are, an epoch may have several values."""
        if "epoch" not in self.roles or not self.by_epoch:
            return None
        found = [name for name in frame.columns if normal(name) in STEP_NAMES and name != self.roles["epoch"]]
        if not found:
            return None
        self.notes.append(f"several values in an epoch: by '{found[0]}', training the mean, validation the last")
        return numbers(frame, found[0], self.where)[0]

    def _splits(self, frame: pl.DataFrame) -> NDArray[np.str_] | None:
        if "split" not in self.roles:
            return None
        words = texts(frame, self.roles["split"], self.where)
        meaning = {word: split_of(word) for word in dict.fromkeys(words)}
        if not any(meaning.values()):
            raise InputError(
                f"{self.where}: column '{self.roles['split']}' holds {quoted(list(meaning))}: "
                "none is training or validation (train, val, valid, validation, eval, dev)"
            )
        if others := [word for word, split in meaning.items() if split is None]:
            self.notes.append(f"left out: rows where {self.roles['split']} is {quoted(others)}")
        return np.array([meaning[word] or "" for word in words])


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number: `7`, or `7.0` as a table of floats writes it."""
    digits = text.removesuffix(".0").removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 15
