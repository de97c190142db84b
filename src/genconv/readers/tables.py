"""CSV, Parquet and JSON lines as frames, and their columns as numbers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.file_limits import checked_file
from genconv.readers.csv_text import Table, looks_like_table, read_csv
from genconv.readers.packed import inner_suffix, unpacked
from genconv.readers.table_limits import check_names, check_size
from genconv.store.files import one_line
from genconv.store.parquet import read_parquet

CSV, PARQUET, LINES = (".csv", ".tsv", ".txt", ".log"), (".parquet", ".pq"), (".jsonl", ".ndjson")
_DEEPEST = 4
"""Objects in objects of JSON lines that are looked into."""
_LARGEST_TEXT = 1 << 28
_FEW = 500
"""Rows up to which Python is faster than a query of Polars."""
_PLAIN = re.compile(
    r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\s*|\s*[+-]?(?:nan|inf)\s*", re.IGNORECASE | re.ASCII
)
_LARGEST_LINES = 1 << 27
_BLANK = ("", "NA", "N/A", "na", "null", "NULL", "None", "-")
"""Texts that mean an empty cell. `nan` is not among them: somebody wrote it."""


def is_table(path: Path) -> bool:
    """Whether the name of a file is that of a table, packed or not."""
    return inner_suffix(path) in CSV + LINES or path.suffix.lower() in PARQUET


def is_table_in_folder(path: Path) -> bool:
    """Whether a file among others is a table: a `.txt` or `.log` only if its first line names a loss."""
    return is_table(path) and (inner_suffix(path) not in {".txt", ".log"} or looks_like_table(path))


def read_table(path: Path) -> Table:
    """The table in a file; `InputError`, one line, if it is none."""
    checked_file(path)
    suffix = inner_suffix(path)
    try:
        table = _parquet(path) if suffix in PARQUET else _lines(path) if suffix in LINES else read_csv(path)
    except (pl.exceptions.PolarsError, OSError, UnicodeEncodeError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({one_line(error)})") from None
    if not table.frame.height:
        raise InputError(f"'{path}' holds no rows")
    return table


def numbers(frame: pl.DataFrame, column: str, where: str) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Values of a column and where it is blank (values are NaN there); `InputError` naming a cell that is no number."""
    series = frame[column]
    if len(series) < _FEW and (found := _of_few(series)) is not None:
        return found
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


def _of_few(series: pl.Series) -> tuple[FloatArray, NDArray[np.bool_]] | None:
    """The same for a short column of text, faster; None if some cell of it is no plain number."""
    if series.dtype != pl.String:
        return None
    cells = [None if cell is None or cell.strip() in _BLANK else cell for cell in series.to_list()]
    if any(cell is not None and not _PLAIN.fullmatch(cell) for cell in cells):
        return None
    values = np.array([np.nan if cell is None else float(cell) for cell in cells])
    return values, np.array([cell is None for cell in cells], dtype=bool)


def texts(frame: pl.DataFrame, column: str, where: str, needed: NDArray[np.bool_] | None = None) -> pl.Series:
    """A column of names, null where there is none; `InputError` naming a row without one that is `needed`."""
    if frame[column].dtype.is_nested():
        raise InputError(f"{where}: column '{column}' holds {frame[column].dtype}, not names")
    series = frame[column].cast(pl.String, strict=False)
    _check_text(series, where)
    series = series.str.strip_chars().replace("", None)
    if needed is not None and (missing := series.is_null().to_numpy() & needed).any():
        raise InputError(f"{where}: row {int(missing.argmax()) + 1} has no {column}")
    return series


def _check_text(series: pl.Series, where: str) -> None:
    """A text that a million rows share is kept once by Polars, and a million times by Python."""
    if (size := int(series.str.len_bytes().sum())) > _LARGEST_TEXT:
        raise InputError(f"{where}: column '{series.name}' holds {size:,} bytes of text: at most {_LARGEST_TEXT:,}")


def _parquet(path: Path) -> Table:
    frame = read_parquet(path)
    check_names(path, frame.columns)
    check_size(path, frame.height, frame.width)
    return Table(frame, [])


def _lines(path: Path) -> Table:
    """One JSON object a line; lists and truth values in it are left out."""
    rows: list[dict[str, str | None]] = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            raise InputError(f"'{path}', line {number}: is not JSON ({one_line(error)})") from None
        if not isinstance(value, dict):
            raise InputError(f"'{path}', line {number}: is not a JSON object")
        rows.append(dict(_plain_members(value)))
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_names(path, names or ["nothing"])
    check_size(path, len(rows), len(names))
    columns = {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names}
    return Table(pl.DataFrame(columns), [])


def _text(path: Path) -> str:
    try:
        return unpacked(path, _LARGEST_LINES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text (byte {error.start})") from None


def _plain_members(value: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str | None]]:
    """Names and values of what is number, text or null; those of objects in it as `config/seed`."""
    for name, item in value.items():
        if item is None or isinstance(item, str):
            yield f"{prefix}{name}", item
        elif isinstance(item, dict) and depth < _DEEPEST:
            yield from _plain_members(item, f"{prefix}{name}/", depth + 1)
