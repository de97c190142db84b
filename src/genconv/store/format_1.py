"""Curves as format 1 kept them: tables in Parquet files. Nothing else of the store needs a table's library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from genconv.curves import FloatArray
from genconv.store.parquet import read_parquet

T = TypeVar("T")
LOSSES = ("training", "validation")


def run_arrays(path: Path) -> dict[str, FloatArray]:
    """The arrays of a run by their names of today; `InputError` or `ValueError` for another table."""
    return _of_table(path, _arrays)


def imported_losses(path: Path, seeds: int, epochs: object) -> dict[str, FloatArray]:
    """Training and validation losses of an imported cell, shape (N, E), from rows by seed, then epoch.

    `InputError` or `ValueError` for another table.
    """

    def losses(table: pl.DataFrame) -> dict[str, FloatArray]:
        if type(epochs) is not int or epochs < 1 or {table[name].dtype for name in LOSSES} != {pl.Float64()}:
            raise ValueError("no curves")
        return {name: table[name].to_numpy().reshape(seeds, epochs) for name in LOSSES}

    return _of_table(path, losses)


def _of_table(path: Path, read: Callable[[pl.DataFrame], T]) -> T:
    try:
        return read(read_parquet(path))
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from None


def _arrays(table: pl.DataFrame) -> dict[str, FloatArray]:
    """From the columns epoch, split, loss, …; a split has no array of a column that is empty."""
    arrays: dict[str, Any] = {}
    splits = table["split"].fill_null("").to_numpy()
    for split in ("training", "validation"):
        rows = (splits == split).nonzero()[0]
        rows = rows[table["epoch"].to_numpy()[rows].argsort(kind="stable")]
        for name in table.columns:
            column = table[name]
            if name != "split" and not (column.null_count() and column.gather(rows).is_null().all() and name != "loss"):
                arrays[f"{split}.{name}"] = column.to_numpy()[rows].astype("float64")
    return arrays
