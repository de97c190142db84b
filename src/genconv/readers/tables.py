"""CSV, Parquet and JSON lines as frames, and their columns as numbers."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.file_limits import checked_file, read_text, unpacks
from genconv.readers.run import SIZE
from genconv.store.files import one_line
from genconv.store.parquet import read_parquet

CSV, PARQUET, LINES = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (".jsonl", ".ndjson")
_MOST_COLUMNS = 10_000
_CELL = 16
"""Bytes of a cell of text in memory."""
_LARGEST_TEXT = 1 << 28
_LARGEST_LINES = 1 << 27
_BLANK = ("", "NA", "N/A", "na", "null", "NULL", "None", "-")
"""Texts that mean an empty cell. `nan` is not among them: it means divergence."""


def is_table(path: Path) -> bool:
    """Whether the name of a file is that of a table."""
    return path.suffix.lower() in CSV + PARQUET + LINES


def read_table(path: Path) -> pl.DataFrame:
    """The frame of a file: every column text (CSV, JSON lines), or typed (Parquet)."""
    checked_file(path)
    suffix = path.suffix.lower()
    try:
        frame = _parquet(path) if suffix in PARQUET else _lines(path) if suffix in LINES else _csv(path)
    except (pl.exceptions.PolarsError, OSError, UnicodeEncodeError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({one_line(error)})") from None
    if not frame.height:
        raise InputError(f"'{path}' holds no rows")
    return frame


def numbers(frame: pl.DataFrame, column: str, where: str) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Values of a column and where it is blank (values are NaN there); `InputError` naming a cell that is no number."""
    series = frame[column]
    if series.dtype == pl.String:
        _check_text(series, where)
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
    series = frame[column].cast(pl.String, strict=False)
    _check_text(series, where)
    series = series.str.strip_chars()
    missing = series.is_null() | (series == "")
    if missing.any():
        raise InputError(f"{where}: row {int(missing.arg_true()[0]) + 1} has no {column}")
    return series.to_list()


def _check_text(series: pl.Series, where: str) -> None:
    """A text that a million rows share is kept once by Polars, and a million times by Python."""
    if (size := int(series.str.len_bytes().sum())) > _LARGEST_TEXT:
        raise InputError(f"{where}: column '{series.name}' holds {size:,} bytes of text: at most {_LARGEST_TEXT:,}")


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
    _check_size(path, _rows(path), len(names))
    frame = pl.read_csv(path, separator=separator, infer_schema=False, has_header=True)
    _check_size(path, frame.height, frame.width)
    return frame.rename(dict(zip(frame.columns, names, strict=True))) if len(names) == frame.width else frame


def _rows(path: Path) -> int:
    """How many lines a file has at most."""
    with path.open("rb") as file:
        return 1 + sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))


def _parquet(path: Path) -> pl.DataFrame:
    frame = read_parquet(path)
    _check_names(path, frame.columns)
    _check_size(path, frame.height, frame.width)
    return frame


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
    """A line of a few bytes may stand for a row of ten thousand empty cells."""
    if rows * columns > 5 * SIZE:
        raise InputError(f"'{path}' has {rows} rows of {columns} columns: at most {5 * SIZE} cells are read")
    if problem := unpacks(path.stat().st_size, rows * columns * _CELL):
        raise InputError(f"'{path}' {problem}")
