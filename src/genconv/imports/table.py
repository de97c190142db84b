"""CSV, Parquet and JSON lines as frames, and their columns as numbers."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.imports.paths import checked_file, read_text
from genconv.imports.run import SIZE
from genconv.store.files import one_line

CSV, PARQUET, LINES = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (".jsonl", ".ndjson")
_MOST_COLUMNS = 10_000
_LARGEST_LINES = 1 << 27
_BLANK = ("", "NA", "N/A", "na", "null", "NULL", "None", "-")
"""What stands for "nothing here" in text; `nan` is a number that is none, and means divergence."""


def is_table(path: Path) -> bool:
    """Whether the name of a file is that of a table."""
    return path.suffix.lower() in CSV + PARQUET + LINES


def read_table(path: Path) -> pl.DataFrame:
    """The frame of a file: every column text (CSV, JSON lines), or typed (Parquet)."""
    checked_file(path)
    suffix = path.suffix.lower()
    try:
        frame = _parquet(path) if suffix in PARQUET else _lines(path) if suffix in LINES else _csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({one_line(error)})") from None
    except pl.exceptions.PanicException as error:  # a BaseException: what Polars does on some damaged files
        raise InputError(f"'{path}' is damaged ({one_line(error)})") from None
    if not frame.height:
        raise InputError(f"'{path}' holds no rows")
    return frame


def numbers(frame: pl.DataFrame, column: str, where: str) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Values of a column and where it is blank (values are NaN there); `InputError` naming a cell that is no number."""
    series = frame[column]
    if series.dtype == pl.String:
        text = series.str.strip_chars()
        blank = text.is_null() | text.is_in(list(_BLANK))
        values = text.cast(pl.Float64, strict=False)
        if (wrong := (values.is_null() & ~blank)).any():
            row = int(wrong.arg_true()[0])
            raise InputError(f"{where}: row {row + 1}, column '{column}': {text[row][:40]!r} is not a number")
    elif series.dtype.is_numeric() or series.dtype == pl.Null:
        blank, values = series.is_null(), series.cast(pl.Float64)
    else:
        raise InputError(f"{where}: column '{column}' holds {series.dtype}, not numbers")
    return values.fill_null(np.nan).to_numpy().astype(np.float64), blank.to_numpy()


def texts(frame: pl.DataFrame, column: str, where: str) -> list[str]:
    """A column of names; `InputError` naming a row without one."""
    if frame[column].dtype.is_nested():
        raise InputError(f"{where}: column '{column}' holds {frame[column].dtype}, not names")
    series = frame[column].cast(pl.String, strict=False).str.strip_chars()
    missing = series.is_null() | (series == "")
    if missing.any():
        raise InputError(f"{where}: row {int(missing.arg_true()[0]) + 1} has no {column}")
    return series.to_list()


def _csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        head = file.readline(1 << 20)
    if b"\0" in head:
        raise InputError(f"'{path}' is not UTF-8 text (is it UTF-16? save it as UTF-8)")
    try:
        line = head.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text (byte {error.start})") from None
    separator = max(",;\t", key=line.count)
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error as error:
        raise InputError(f"'{path}': its first line is no header ({one_line(error)})") from None
    _check_names(path, names)
    frame = pl.read_csv(path, separator=separator, infer_schema=False, has_header=True)
    _check_size(path, frame.height, frame.width)
    return frame.rename(dict(zip(frame.columns, names, strict=True))) if len(names) == frame.width else frame


def _parquet(path: Path) -> pl.DataFrame:
    with _muted():
        lazy = pl.scan_parquet(path, glob=False)
        columns = lazy.collect_schema().names()
        _check_names(path, columns)
        _check_size(path, lazy.select(pl.len()).collect().item(), len(columns))
        return lazy.collect()


@contextmanager
def _muted() -> Iterator[None]:
    """Standard error closed for a while: what Polars' threads print of a damaged file is told in one line instead."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _lines(path: Path) -> pl.DataFrame:
    """One JSON object a line; members that are neither numbers nor text are left out."""
    rows: list[dict[str, str | None]] = []
    for number, line in enumerate(read_text(path, _LARGEST_LINES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            raise InputError(f"'{path}', line {number}: is not JSON ({one_line(error)})") from None
        if not isinstance(value, dict):
            raise InputError(f"'{path}', line {number}: is not a JSON object")
        rows.append({name: item for name, item in value.items() if _is_plain(item)})
    names = list(dict.fromkeys(name for row in rows for name in row))
    _check_names(path, names or ["nothing"])
    _check_size(path, len(rows), len(names))
    return pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names})


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _check_names(path: Path, names: list[str]) -> None:
    if len(names) > _MOST_COLUMNS:
        raise InputError(f"'{path}' has {len(names)} columns: at most {_MOST_COLUMNS} are read")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"'{path}' has the column {name[:40]!r} twice")
        seen.add(name)


def _check_size(path: Path, rows: int, columns: int) -> None:
    if rows * columns > 5 * SIZE:
        raise InputError(f"'{path}' has {rows} rows of {columns} columns: at most {5 * SIZE} cells are read")
