"""Neptune's runs as its exporter writes them: Parquet files with a row for each value of each attribute."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from genconv.errors import InputError
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of
from genconv.store.parquet import read_parquet

_NEEDED = frozenset({"run_id", "attribute_path", "attribute_type", "step", "float_value"})
_VALUES = {"float": "float_value", "int": "int_value", "string": "string_value", "bool": "bool_value"}
"""Type of an attribute that is a setting → the column of its value."""
_WRAPPERS = ("parameters/", "params/", "config/", "hyperparameters/", "hparams/")
_NAMES = ("sys/group_name", "sys/experiment/name", "sys/name")


def is_export(columns: Iterable[str]) -> bool:
    """Whether a table is one of the exporter."""
    return set(columns) >= _NEEDED


def read_neptune(path: Path, files: Sequence[Path], options: ImportOptions) -> Reading:
    """The runs in the files of an export; the parts of a run lie in several of them."""
    tables = [_table(file) for file in files]
    if sum(table.height for table in tables) > SIZE:
        raise InputError(f"'{path}' holds more than {SIZE} values")
    table = pl.concat(tables, how="diagonal_relaxed")
    runs = [_run(str(key[0]), rows, path) for key, rows in table.group_by("run_id", maintain_order=True)]
    return reading_of(runs, files, options, f"'{path}'")


def _table(file: Path) -> pl.DataFrame:
    table = read_parquet(file)
    wanted = [*_NEEDED, *(column for column in _VALUES.values() if column in table.columns), "timestamp"]
    return table.select(name for name in dict.fromkeys(wanted) if name in table.columns)


def _run(identifier: str, rows: pl.DataFrame, path: Path) -> ScalarRun:
    log = Log(f"'{path}', run '{identifier[:40]}'")
    series = rows.filter(pl.col("attribute_type") == "float_series")
    if "timestamp" in series.columns:
        series = series.sort("timestamp", maintain_order=True)
    columns = ("attribute_path", "step", "float_value")
    for name, step, value in series.select(columns).iter_rows():
        log.add(str(name), None if step is None else float(step), value)
    every = dict(_settings(rows))
    said = next((every[name] for name in _NAMES if every.get(name)), None)
    settings = {_plain(name): value for name, value in every.items() if not name.startswith(("sys/", "monitoring/"))}
    return log.run(every.get("sys/name") or identifier, settings, path, said)


def _settings(rows: pl.DataFrame) -> Iterable[tuple[str, str]]:
    for kind, column in _VALUES.items():
        if column in rows.columns:
            found = rows.filter((pl.col("attribute_type") == kind) & pl.col(column).is_not_null())
            yield from ((str(name), _text(value)) for name, value in found.select("attribute_path", column).iter_rows())


def _text(value: Any) -> str:
    return str(value)


def _plain(name: str) -> str:
    """`parameters/lr` as `lr`."""
    return next((name.removeprefix(start) for start in _WRAPPERS if name.startswith(start)), name)
