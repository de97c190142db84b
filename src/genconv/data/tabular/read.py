"""Numbers of CSV and Parquet tables and of NumPy arrays as one matrix, a row a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.data.array_file import SUFFIXES as ARRAYS
from genconv.data.array_file import check_file, check_unchanged, read_array
from genconv.errors import InputError, shown, unknown_name
from genconv.readers.tables import numbers, read_table

TABLES = (".csv", ".tsv", ".parquet", ".pq")
_LARGEST = 1e30
"""Of a number; single precision ends at 3·10³⁸, and squares are needed."""
_SHOWN = 8

Columns = tuple[str | int, ...] | None


@dataclass(frozen=True)
class Points:
    """Points with the names of their coordinates."""

    values: FloatArray
    """Shape (n, d), all finite."""
    columns: tuple[str, ...]


def read_points(path: Path, columns: Columns, array: str | None, sha256: str) -> Points:
    """The chosen columns of a file; `InputError` for columns that are not there, text, blanks and numbers that are not
    finite, and if the file has changed since `sha256` was taken.
    """
    check_file(path)
    if columns is not None and not columns:
        raise InputError('data.columns: must name at least one column (or "none": all of them)')
    if columns and (twice := [column for column in columns if columns.count(column) > 1]):
        raise InputError(f"data.columns: names {shown(twice[0])} twice")
    return _read(path, columns, array, sha256, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, columns: Columns, array: str | None, sha256: str, changed: int) -> Points:
    del changed
    if path.suffix.lower() in ARRAYS:
        points = _of_array(path, columns, read_array(path, array, sha256))
    else:
        check_unchanged(path, sha256)
        points = _of_table(path, columns)
    if (large := np.abs(points.values) > _LARGEST).any():
        row, column = (int(i) for i in np.argwhere(large)[0])
        value = points.values[row, column]
        raise InputError(f"{path}: row {row + 1}, column '{points.columns[column]}': {value:g} is beyond {_LARGEST:g}")
    points.values.setflags(write=False)
    return points


def _of_array(path: Path, columns: Columns, array: NDArray[Any]) -> Points:
    values = np.array(array, np.float64).reshape(len(array), -1)
    width = values.shape[1]
    if columns is None:
        return Points(values, tuple(map(str, range(width))))
    for column in columns:
        if not isinstance(column, int) or not 0 <= column < width:
            raise InputError(f"data.columns: {shown(column)} is no column of {path}: must be from 0 to {width - 1}")
    return Points(values[:, [int(column) for column in columns]], tuple(map(str, columns)))


def _of_table(path: Path, columns: Columns) -> Points:
    frame = read_table(path).frame
    if all(_is_number(name) for name in frame.columns):
        raise InputError(f"{path}: its first line holds numbers: a table begins with the names of its columns")
    for column in columns or ():
        if column not in frame.columns:
            raise InputError(f"data.columns: {unknown_name('column', str(column), frame.columns)}")
    names = tuple(map(str, columns or frame.columns))
    parts = [_column(path, frame, name, columns is None) for name in names]
    return Points(np.stack(parts, axis=1), names)


def _column(path: Path, frame: Any, name: str, all_taken: bool) -> FloatArray:
    try:
        values, blank = numbers(frame, name, str(path))
    except InputError as error:
        raise InputError(f"{error}{_numeric(path, frame) if all_taken else ''}") from None
    for wrong, what in ((blank, "is empty"), (~np.isfinite(values), "is not finite")):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(f"{path}: row {row + 1}, column '{name}' {what}: every point needs every number")
    return values


def _numeric(path: Path, frame: Any) -> str:
    """How to take the columns of numbers alone."""
    good = [f'"{name}"' for name in frame.columns if _is_numeric(path, frame, name)]
    if not good:
        return ": no column holds numbers"
    more = ", …" if len(good) > _SHOWN else ""
    return f": name the columns of numbers (data.columns = [{', '.join(good[:_SHOWN])}{more}])"


def _is_numeric(path: Path, frame: Any, name: str) -> bool:
    try:
        return bool(np.isfinite(numbers(frame, name, str(path))[0]).all())
    except InputError:
        return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def constant_columns(points: Points) -> Sequence[str]:
    """Names of the coordinates that are the same number at all points."""
    return [name for name, values in zip(points.columns, points.values.T, strict=True) if np.ptp(values) == 0]


def repeated_columns(points: Points) -> Sequence[str]:
    """Names of the coordinates of which most values occur several times, as those of counts and classes do."""
    count = len(points.values)
    return [
        name
        for name, values in zip(points.columns, points.values.T, strict=True)
        if 1 < (distinct := len(np.unique(values))) < count / 20 and distinct < 256
    ]
