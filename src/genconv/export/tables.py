"""Tables for any program: CSV and Parquet.

`curves` has a row for each run and place, and `genconv import` reads it back; where some cells know epochs and others
only steps, there are two of it. `recorded` has every recorded quantity in long form, `runs` a row for each run.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.export.runs import LOSSES, ExportedRun, Track, exported_cells
from genconv.store.results import Results
from genconv.store.writing import write_file

_FIRST = ("dataset", "model", "seed")


def write_csv(results: Results, folder: Path) -> list[Path]:
    """CSV files: numbers in full precision, NaN where a run had diverged, nothing where nothing was recorded."""
    return _write(results, folder, "csv", lambda frame, path: frame.write_csv(path))


def write_parquet(results: Results, folder: Path) -> list[Path]:
    """The same as Parquet files."""
    return _write(results, folder, "parquet", lambda frame, path: frame.write_parquet(path))


def _write(results: Results, folder: Path, suffix: str, write: Callable[[pl.DataFrame, Path], None]) -> list[Path]:
    curves = curves_frames(results)
    frames = {**curves, "recorded": results.to_polars(), "runs": results.to_polars(final=True)}
    paths = []
    for name, frame in frames.items():
        path = folder / f"{name}.{suffix}"
        write_file(path, partial(write, frame))
        paths.append(path)
    return paths


def curves_frames(results: Results) -> dict[str, pl.DataFrame]:
    """The losses as one table, or as one by epoch and one by step."""
    runs = [run for cell in exported_cells(results) for run in cell]
    by_epoch = [run for run in runs if _has_epochs(run)]
    by_step = [run for run in runs if not _has_epochs(run)]
    if not by_epoch or not by_step:
        return {"curves": _frame(runs)}
    return {"curves_by_epoch": _frame(by_epoch), "curves_by_step": _frame(by_step)}


def _has_epochs(run: ExportedRun) -> bool:
    return all(track.epochs is not None for track in run.tracks.values())


def _frame(runs: Sequence[ExportedRun]) -> pl.DataFrame:
    parts = [_part(run) for run in runs if any(name in run.tracks for name in LOSSES.values())]
    frame = pl.concat(parts, how="diagonal_relaxed")
    empty = [name for name in ("epoch", "step") if name in frame.columns and frame[name].null_count() == frame.height]
    names = [*_FIRST, "epoch", "step", *LOSSES.values()]
    kept = frame.select(name for name in names if name in frame.columns and name not in empty)
    whole = [name for name in ("epoch", "step") if name in kept.columns and _is_whole(kept[name])]
    return kept.with_columns(pl.col(name).cast(pl.Int64) for name in whole)


def _is_whole(column: pl.Series) -> bool:
    return bool((column.drop_nulls() == column.drop_nulls().round()).all())


def _part(run: ExportedRun) -> pl.DataFrame:
    """The rows of one run; its two losses are joined by their places."""
    found = {name: run.tracks[name] for name in LOSSES.values() if name in run.tracks}
    keys = np.unique(np.concatenate([_key(track) for track in found.values()]))
    columns: dict[str, pl.Series] = {}
    for name, track in found.items():
        rows = np.searchsorted(keys, _key(track))
        columns[name] = _spread(track.values, rows, len(keys))
        for place, at in (("epoch", track.epochs), ("step", track.steps)):
            if at is not None:
                filled = _spread(at, rows, len(keys))
                columns[place] = columns[place].fill_null(filled) if place in columns else filled
    frame = pl.DataFrame(columns)
    said = {"dataset": run.dataset, "model": run.model, "seed": str(run.label)}
    return frame.with_columns(pl.lit(value).alias(name) for name, value in said.items())


def _key(track: Track) -> FloatArray:
    at = track.steps if track.epochs is None else track.epochs
    return np.arange(len(track.values), dtype=np.float64) if at is None else at


def _spread(values: FloatArray, rows: NDArray[np.intp], count: int) -> pl.Series:
    """Values at some rows of many, null at the others."""
    absent = np.full(count, fill_value=True)
    spread = np.zeros(count)
    absent[rows], spread[rows] = False, values
    return pl.Series(spread).set(pl.Series(absent), None)
