"""Trackio's runs: its SQLite files, and the Parquet files that it exports."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.file_limits import checked_file
from genconv.readers.databases import opened, tables
from genconv.readers.log import Log, flat_texts
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, Reading
from genconv.readers.scalars import reading_of
from genconv.store.parquet import read_parquet

_OWN = frozenset({"id", "run_id", "run_name", "timestamp", "created_at", "step", "log_id", "space_id"})
"""Columns of the exported tables that are no metrics and no settings."""
_NEEDED = frozenset({"run_name", "step", "timestamp"})

Run = tuple[str, str]
"""Identifier and name of a run."""


def is_database(path: Path) -> bool:
    """Whether a SQLite file is one of trackio."""
    try:
        with opened(path, "a database") as database:
            return {"run_name", "step", "metrics"} <= set(tables(database).get("metrics", ()))
    except InputError:
        return False


def is_export(columns: Iterable[str]) -> bool:
    """Whether a table is an export of trackio's metrics."""
    names = set(columns)
    return names >= _NEEDED and bool(names - _OWN)


def read_trackio(path: Path, options: ImportOptions) -> Reading:
    """The runs of a project's database."""
    with opened(path, "a database of trackio") as database:
        columns = tables(database)
        identifier = "run_id" if "run_id" in columns["metrics"] else "run_name"
        rows = database.execute(f"SELECT {identifier}, run_name, step, metrics FROM metrics ORDER BY id")  # noqa: S608
        logs: dict[Run, Log] = {}
        for number, (run, name, step, metrics) in enumerate(rows):
            if number >= SIZE:
                raise InputError(f"'{path}' holds more than {SIZE} rows")
            log = logs.setdefault((str(run), str(name)), Log(f"'{path}', run '{str(name)[:40]}'"))
            _add(log, step, _object(metrics, path))
        settings: dict[str, Mapping[str, Any]] = {}
        if "configs" in columns:
            known = "run_id" if "run_id" in columns["configs"] else "run_name"
            found = database.execute(f"SELECT {known}, config FROM configs").fetchmany(100_000)  # noqa: S608
            settings = {str(run): _object(config, path) for run, config in found}
    return _reading(path, (path,), logs, settings, options)


def read_export(path: Path, options: ImportOptions) -> Reading:
    """The runs of an exported table; their settings lie beside it in `PROJECT_configs.parquet`."""
    table = read_parquet(path)
    identifier = "run_id" if "run_id" in table.columns else "run_name"
    logs: dict[Run, Log] = {}
    for row in table.iter_rows(named=True):
        name = str(row["run_name"])
        log = logs.setdefault((str(row[identifier]), name), Log(f"'{path}', run '{name[:40]}'"))
        # a metric that a row does not have is null in the table
        _add(log, row["step"], {key: value for key, value in row.items() if value is not None})
    beside = [path.with_name(f"{path.stem}_configs.parquet"), path.parent / "aux" / "configs.parquet"]
    found = [file for file in beside if file.is_file()]
    settings = {
        str(row.get(identifier)): {key: value for key, value in row.items() if value is not None}
        for file in found
        for row in read_parquet(file).iter_rows(named=True)
    }
    return _reading(path, (path, *found), logs, settings, options)


def is_exported_file(path: Path) -> bool:
    """Whether a Parquet file of a folder is an export of trackio's metrics, beside no database of the same name."""
    if path.with_suffix(".db").exists():
        return False
    return is_export(parquet_columns(path))


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns; none if it cannot be read."""
    import polars as pl  # noqa: PLC0415  it is needed here only

    try:
        return list(pl.read_parquet_schema(checked_file(path)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, InputError):
        return []


def _add(log: Log, step: object, metrics: Mapping[str, Any]) -> None:
    for name, value in metrics.items():
        if name not in _OWN:
            log.add(name, step, value)


def _object(text: Any, path: Path) -> Mapping[str, Any]:
    """The object that trackio keeps as JSON, as text or as bytes."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        raise InputError(f"'{path}' holds a row that is not JSON") from None
    if not isinstance(value, dict):
        raise InputError(f"'{path}' holds a row that is not a JSON object")
    return value


def _reading(
    path: Path,
    files: Iterable[Path],
    logs: Mapping[Run, Log],
    settings: Mapping[str, Mapping[str, Any]],
    options: ImportOptions,
) -> Reading:
    runs = []
    for (run, name), log in logs.items():
        config = flat_texts(settings.get(run, {}))
        own = {key: value for key, value in config.items() if not key.startswith("_") and key not in _OWN}
        group = config.get("_Group", "None")
        runs.append(log.run(name, own, path, name if group == "None" else group))
    return reading_of(runs, tuple(files), options, f"'{path}'")
