"""Bounds on tables of strangers."""

from collections.abc import Sequence
from pathlib import Path

from genconv.errors import InputError
from genconv.file_limits import unpacks
from genconv.readers.packed import PACKED
from genconv.readers.run import SIZE

_MOST_COLUMNS = 10_000
_CELL = 16
"""Bytes of a cell of text in memory."""


def check_names(path: Path, names: Sequence[str]) -> None:
    """`InputError` for too many columns, and for two of one name."""
    if len(names) > _MOST_COLUMNS:
        raise InputError(f"'{path}' has {len(names)} columns: at most {_MOST_COLUMNS} are read")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"'{path}' has the column {name[:40]!r} twice")
        seen.add(name)


def check_size(path: Path, rows: int, columns: int) -> None:
    """`InputError` for too many cells: a line of a few bytes may stand for a row of ten thousand empty ones."""
    if rows * columns > 5 * SIZE:
        raise InputError(f"'{path}' has {rows} rows of {columns} columns: at most {5 * SIZE} cells are read")
    if path.suffix.lower() not in PACKED and (problem := unpacks(path.stat().st_size, rows * columns * _CELL)):
        raise InputError(f"'{path}' {problem}")
