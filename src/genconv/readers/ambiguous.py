"""Tables that can be read in two ways: what to ask, and what would decide."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.options import ImportOptions
from genconv.readers.roles import higher_is_better, names_a_loss, normal, split_of

_MOST_SPLITS = 6
_FEW = 100
"""Values up to which a column may tell runs apart."""


def split_by_content(frame: pl.DataFrame, roles: Mapping[str, str]) -> str | None:
    """The one column, whatever its name, that says `train` or `val` wherever there is a loss; None if none does."""
    rows = frame.filter(frame[roles["loss"]].cast(pl.String).fill_null("").str.strip_chars() != "")
    found = []
    for name in frame.columns:
        column = rows[name]
        if name in roles.values() or column.dtype != pl.String or not len(column) or not split_of(column[0] or ""):
            continue
        words = column.unique().to_list() if column.n_unique() <= _MOST_SPLITS else [None]
        if all(word is not None and (split_of(word) or normal(word) == "test") for word in words):
            found.append(name)
    return found[0] if len(found) == 1 else None


def refuse_bare_value(path: Path, roles: Mapping[str, str], options: ImportOptions) -> None:
    """`InputError` for a column `value` of which nothing says that it is a loss: TensorBoard exports any scalar so.

    A column of metrics beside it says so, or the name of the file (`run-vae-tag-val_loss.csv`).
    """
    name = roles.get("loss", "")
    if normal(name) != "value" or "loss" in options.columns or "split" in roles:
        return
    if not names_a_loss(path.name) or higher_is_better(path.name):
        raise InputError(f"'{path}': column '{name}' may be of any metric: --columns loss={name} if it is a loss")


def refuse_rows_of_one_place(
    frame: pl.DataFrame, roles: Mapping[str, str], rows: NDArray[np.int64], keys: FloatArray, where: str
) -> None:
    """`InputError` if several of a run's rows have one place: it names the columns in which they differ."""
    places, counts = np.unique(keys, return_counts=True)
    if not len(places) or counts.max() < 2:
        return
    place = places[np.argmax(counts > 1)]
    same = rows[keys == place]
    told = [name for name in frame.columns if name not in roles.values() and _tells(frame[name], rows, same)]
    raise InputError(f"{where}: {place:.12g} occurs {len(same)} times: {_choice(frame, told, same)}")


def _tells(column: pl.Series, rows: NDArray[np.int64], same: NDArray[np.int64]) -> bool:
    """Whether a column has few values, and several of them in the rows of one place, as the name of a run has."""
    if column.dtype.is_nested() or column[same].n_unique() < 2:
        return False
    return column[rows].n_unique() <= min(_FEW, len(same), len(rows) // 2)


def _choice(frame: pl.DataFrame, told: Sequence[str], same: NDArray[np.int64]) -> str:
    if not told:
        return "which row counts?"
    hints = [f"--group-by {told[0]} makes cells of them", f"--columns seed={told[0]} runs of one cell"]
    values = frame[told[0]].cast(pl.String)[same].drop_nulls().unique(maintain_order=True).to_list()
    if any(map(split_of, values)):
        hints = [f"--columns split={told[0]} if it says which loss a row holds", *hints]
    return f"the rows differ in {quoted(told, 4)} ({quoted(values, 3)}): {', '.join(hints)}"
