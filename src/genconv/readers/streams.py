"""Columns of a table that hold the integers of streams of random numbers."""

from collections.abc import Collection

import polars as pl

from genconv.readers.roles import normal

_SURE = ("init", "order", "noise")
_BESIDE = ("data", "perturbation", "flip_at")


def stream_columns(frame: pl.DataFrame, taken: Collection[str] = ()) -> list[str]:
    """The columns of whole numbers named `init`, `order`, `noise`; beside one of these, the other coordinates too.

    `taken` are columns that the user has given another role.
    """
    names = {normal(name): name for name in frame.columns if name not in taken}
    if not any(name in names for name in _SURE):
        return []
    whole = {name: names[name] for name in (*_SURE, *_BESIDE) if name in names and _is_whole(frame[names[name]])}
    return list(whole.values()) if any(name in whole for name in _SURE) else []


def _is_whole(column: pl.Series) -> bool:
    if column.dtype.is_nested():
        return False
    if column.dtype.is_integer():
        return True
    numbers = column.cast(pl.Float64, strict=False)
    given = numbers.drop_nulls()
    return len(given) > 0 and numbers.null_count() == column.null_count() and bool((given == given.floor()).all())
