"""From rows in any order to losses at increasing places."""

from typing import Literal

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.imports.run import Series


def series_of(
    keys: FloatArray,
    values: FloatArray,
    where: str,
    several: Literal["refuse", "mean", "last"] = "refuse",
    order: FloatArray | None = None,
) -> Series:
    """Sort by `keys`; several values at one place are an error, their mean, or the last of them by `order`."""
    if not len(keys):
        return Series.empty()
    _check_keys(keys, where)
    rank = np.lexsort((np.arange(len(keys)) if order is None else order, keys))
    keys, values = keys[rank], values[rank]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    if len(starts) == len(keys):
        return Series(keys, values)
    counts = np.diff(np.r_[starts, len(keys)])
    if several == "refuse":
        place = keys[starts[np.argmax(counts > 1)]]
        raise InputError(f"{where}: {place:.12g} occurs {counts.max()} times: which row counts?")
    if several == "last":
        return Series(keys[starts], values[starts + counts - 1])
    with np.errstate(invalid="ignore", over="ignore"):
        return Series(keys[starts], np.add.reduceat(values, starts) / counts)


def _check_keys(keys: FloatArray, where: str) -> None:
    wrong = keys[~((keys >= 0) & (keys <= 2**53))]
    if len(wrong):
        raise InputError(f"{where}: {wrong[0]:.6g} is not from 0 to 2^53")
