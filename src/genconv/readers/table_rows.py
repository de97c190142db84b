"""Which rows of a long table belong to which run, which of them are blank, and which are of something else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.names import seed_in
from genconv.readers.options import ImportOptions
from genconv.readers.roles import STEP_NAMES, normal
from genconv.readers.streams import stream_columns
from genconv.readers.tables import texts

_MOST_SETTINGS = 200
"""Columns that are looked at for hyper-parameters."""
_ROW = "\0row"


class Rows(NamedTuple):
    """The rows of one run."""

    model: str | None
    dataset: str | None
    seed: str | None
    label: str
    """Empty if the table has one run without a name."""
    rows: NDArray[np.int64]
    """Those with a loss."""
    blank: NDArray[np.int64]
    """Those of the run with a place, but an empty cell in place of every loss."""
    settings: Mapping[str, str]


@dataclass(frozen=True)
class TableRows:
    """The rows of every run."""

    groups: tuple[Rows, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        roles: Mapping[str, str],
        has_loss: NDArray[np.bool_],
        keys: FloatArray | None,
        options: ImportOptions,
        where: str,
    ) -> "TableRows":
        """Rows by model, dataset, seed (or the streams of random numbers) and what the user groups by.

        Names are needed only where there is a loss; those that the user gives stand for those of the table.
        """
        names = {
            role: _names(frame, roles[role], where, has_loss if getattr(options, role, None) is None else None)
            for role in ("dataset", "seed")
            if role in roles
        }
        if "model" in roles:
            names["model"] = _model(frame, roles["model"], where, has_loss if options.model is None else None)
        blank = _blank_rows(frame, roles, has_loss, keys, names.get("seed"))
        others = int((~has_loss & ~blank).sum())
        rows = "1 row" if others == 1 else f"{others} rows"
        notes = (f"{rows} without these losses skipped",) if others else ()
        streams = [] if "seed" in roles else stream_columns(frame, roles.values())
        grouped_by = list(dict.fromkeys([*(name for name in options.group_by if name in frame.columns), *streams]))
        settings = _settings(frame, roles, has_loss)
        table = pl.DataFrame({**names, **{f"by {name}": frame[name].cast(pl.String) for name in grouped_by}})
        return cls(tuple(_groups(frame, table, has_loss, blank, settings)), notes)


def refuse_rows_of_runs(frame: pl.DataFrame, roles: Mapping[str, str], has_loss: NDArray[np.bool_], where: str) -> None:
    """`InputError` if a table without epochs names every row otherwise: its rows are runs, not the epochs of one."""
    for name in frame.columns:
        column = frame[name].filter(pl.Series(has_loss))
        if name in roles.values() or column.dtype != pl.String or column.is_null().any():
            continue
        if column.n_unique() == len(column) and column.cast(pl.Float64, strict=False).is_null().all():
            raise InputError(
                f"{where}: there is no column of epochs, and every row has another '{name[:40]}': are the rows runs? "
                f"--columns seed={name[:40]} if each is a run of one epoch, --columns epoch=NAME otherwise"
            )


def refuse_names_of_models(names: Sequence[str], column: str, where: str) -> None:
    """`InputError` if a column that tells runs apart holds names such as `vae-0` and `flow-0`, which may say models."""
    words = [name for name in names if seed_in(name) is None and re.search(r"[A-Za-z]", name)]
    stems = dict.fromkeys(re.sub(r"[\W_]*\d*$", "", name) for name in words)
    if len(stems) > 1:
        shown = quoted(list(dict.fromkeys(words)), 3)
        raise InputError(
            f"{where}: column '{column[:40]}' holds names ({shown}) that may say models: "
            f"--model NAME for one model, --columns model={column[:40]} if they do"
        )


def _names(frame: pl.DataFrame, column: str, where: str, needed: NDArray[np.bool_] | None) -> pl.Series:
    """A column of names; one that a first row without a loss says alone, as a header of settings, counts for all."""
    series = texts(frame, column, where)
    said = series.drop_nulls().unique()
    if needed is not None and len(said) == 1 and series.is_null().to_numpy()[needed].all():
        return pl.Series(column, [said[0]] * len(series), dtype=pl.String)
    return texts(frame, column, where, needed)


def _model(frame: pl.DataFrame, column: str, where: str, needed: NDArray[np.bool_] | None) -> pl.Series:
    """The column of models; of `lr+depth` texts such as `lr=0.1, depth=2`."""
    if column in frame.columns:
        return _names(frame, column, where, needed)
    parts = [part.strip() for part in column.split("+")]
    for part in parts:
        texts(frame, part, where, needed)
    said = [pl.lit(f"{part}=") + pl.col(part).cast(pl.String).str.strip_chars() for part in parts]
    return frame.select(pl.concat_str(said, separator=", ").alias("model")).to_series()


def _blank_rows(
    frame: pl.DataFrame,
    roles: Mapping[str, str],
    has_loss: NDArray[np.bool_],
    keys: FloatArray | None,
    seeds: pl.Series | None,
) -> NDArray[np.bool_]:
    """Rows of a run without a loss, but not those that hold something which no row with a loss holds, such as a message
    or the loss of a test.
    """
    blank = ~has_loss
    if not blank.any() or keys is None:
        return np.zeros_like(blank)
    blank &= ~np.isnan(keys)
    if seeds is not None:
        blank &= ~seeds.is_null().to_numpy()
    for name in frame.columns:
        if name not in roles.values():
            column = frame[name]
            filled = ~column.is_null().to_numpy()
            if column.dtype == pl.String:
                filled &= ~(column.str.strip_chars() == "").fill_null(value=True).to_numpy()
            if not (filled & has_loss).any():
                blank &= ~filled
    return blank


def _settings(frame: pl.DataFrame, roles: Mapping[str, str], has_loss: NDArray[np.bool_]) -> list[str]:
    """Columns that may hold hyper-parameters: no role, no steps, and filled wherever there is a loss."""
    free = [name for name in frame.columns if name not in roles.values() and normal(name) not in STEP_NAMES]
    found = []
    for name in free[:_MOST_SETTINGS]:
        column = frame[name].filter(pl.Series(has_loss))
        if not column.dtype.is_nested() and not column.is_null().any() and not (column.cast(pl.String) == "").any():
            found.append(name)
    return found


def _groups(
    frame: pl.DataFrame,
    table: pl.DataFrame,
    has_loss: NDArray[np.bool_],
    blank: NDArray[np.bool_],
    settings: Sequence[str],
) -> list[Rows]:
    if not table.width and not settings:
        rows, empty = np.flatnonzero(has_loss), np.flatnonzero(blank)
        return [Rows(None, None, None, "", rows, empty, {})] if len(rows) + len(empty) else []
    used = has_loss | blank
    if not table.width:
        table = pl.DataFrame({"run": pl.Series(["one"] * frame.height)})
    table = table.with_columns(frame[name].cast(pl.String).alias(f"set {name}") for name in settings)
    table = table.with_columns(pl.Series(_ROW, np.arange(frame.height)), pl.Series("\0loss", has_loss)).filter(
        pl.Series(used)
    )
    keys = [name for name in table.columns if not name.startswith(("set ", "\0"))]
    distinct = [pl.col(f"set {name}").filter(pl.col("\0loss")).n_unique().alias(f"count {name}") for name in settings]
    first = [pl.col(f"set {name}").filter(pl.col("\0loss")).first() for name in settings]
    grouped = table.group_by(keys, maintain_order=True).agg(
        pl.col(_ROW).filter(pl.col("\0loss")).alias("rows"),
        pl.col(_ROW).filter(~pl.col("\0loss")).alias("blank"),
        *distinct,
        *first,
    )
    several = bool((grouped["rows"].list.len() > 1).any())
    constant = [name for name in settings if several and (grouped[f"count {name}"] <= 1).all()]
    return [_rows(row, constant) for row in grouped.iter_rows(named=True)]


def _rows(row: Mapping[str, object], constant: Sequence[str]) -> Rows:
    settings = {name: str(row[f"set {name}"]) for name in constant if row[f"set {name}"] is not None}
    chosen = {name[3:]: str(value) for name, value in row.items() if name.startswith("by ")}
    model, dataset, seed = (None if row.get(role) is None else str(row[role]) for role in ("model", "dataset", "seed"))
    label = seed or ", ".join(f"{name}={value}" for name, value in chosen.items())
    rows, blank = (np.array(row[name], dtype=np.int64) for name in ("rows", "blank"))
    told = {"seed": seed} if seed is not None else {}
    return Rows(model, dataset, seed, label, rows, blank, {**settings, **chosen, **told})
