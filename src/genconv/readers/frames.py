"""Rows of JSON objects as a frame that the reader of long tables takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from genconv.errors import InputError
from genconv.readers.run import SIZE

_MOST_COLUMNS = 10_000


def flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested members by names such as `config/lr`, as Ray writes them in tables."""
    members: dict[str, Any] = {}
    for key, value in row.items():
        members |= flat(value, f"{prefix}{key}/") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return members


def frame_of(rows: Sequence[Mapping[str, Any]], where: str) -> pl.DataFrame:
    """A column of text for each name; null stays null, and a column of lists is left out."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > _MOST_COLUMNS or len(names) * len(rows) > SIZE:
        raise InputError(f"{where} has {len(rows)} rows of {len(names)} members: at most {SIZE} values are read")
    columns = {name: [row.get(name) for row in rows] for name in names}
    return pl.DataFrame(
        {
            name: pl.Series(name, [_text(value) for value in values], dtype=pl.String)
            for name, values in columns.items()
            if not any(isinstance(value, list) for value in values)
        }
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
