"""Results as tables and labelled arrays."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.coordinates import Coordinates
from genconv.curves import CellCurves, FloatArray
from genconv.store.curves import SPLITS, Quantity, RunCurves, quantities
from genconv.store.results import StoredCell

_LONG = pl.Schema(
    {
        **dict.fromkeys(("dataset", "model", "protocol", "variant", "run"), pl.String()),
        "diverged": pl.Boolean(),
        **dict.fromkeys(("split", "quantity", "kind", "unit"), pl.String()),
        **dict.fromkeys(("epoch", "step", "value"), pl.Float64()),
    }
)


def curves_frame(cells: Iterable[StoredCell]) -> pl.DataFrame:
    """One row for each cell, run, quantity and place, with the columns of `Results.to_polars`."""
    parts = [_part(cell.curves, cell.quantity(name)) for cell in cells for name in cell.quantities]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_LONG)


def _part(curves: CellCurves, quantity: Quantity) -> pl.DataFrame:
    runs, places = quantity.values.shape
    split, _, name = quantity.name.partition(".")
    measure = quantity.measure
    columns: dict[str, Any] = {
        **_names(curves),
        "run": np.repeat(np.array([str(label) for label in curves.seeds], dtype=object), places),
        "diverged": np.repeat(curves.diverged, places),
        "split": split,
        "quantity": name,
        "kind": measure.kind if measure else None,
        "unit": measure.unit if measure else None,
        "epoch": None if quantity.epochs is None else np.tile(quantity.epochs, runs),
        "step": None if quantity.steps is None else np.tile(quantity.steps, runs),
        "value": quantity.values.ravel(),
    }
    return _frame(columns, _LONG, runs * places)


def final_frame(cells: Sequence[StoredCell]) -> pl.DataFrame:
    """One row a run: names, coordinates, how it ended, its last losses, and its final evaluation by name."""
    return pl.concat([_final(cell.curves) for cell in cells], how="diagonal") if cells else pl.DataFrame()


def _final(curves: CellCurves) -> pl.DataFrame:
    ends = curves.divergences
    schema: dict[str, pl.DataType] = {
        **dict.fromkeys(("dataset", "model", "protocol", "variant", "run"), pl.String()),
        **dict.fromkeys(Coordinates._fields, pl.Int64()),
        "diverged": pl.Boolean(),
        "diverged_epoch": pl.Int64(),
        "cause": pl.String(),
        **dict.fromkeys(("kind", "unit", "method"), pl.String()),
        **dict.fromkeys(("last_training", "last_validation", *curves.evaluation), pl.Float64()),
    }
    at = [None] * len(ends) if curves.coordinates is None else curves.coordinates
    columns: dict[str, Any] = {
        **_names(curves),
        "run": [str(label) for label in curves.seeds],
        **{name: [None if run is None else getattr(run, name) for run in at] for name in Coordinates._fields},
        "diverged": curves.diverged,
        "diverged_epoch": [None if end is None else end.epoch for end in ends],
        "cause": [None if end is None else end.cause for end in ends],
        "kind": curves.measure.kind,
        "unit": curves.measure.unit,
        "method": curves.measure.method,
        "last_training": curves.training[:, -1],
        "last_validation": curves.validation[:, -1],
        **curves.evaluation,
    }
    return _frame(columns, pl.Schema(schema), len(ends))


def labelled_arrays(cells: Sequence[StoredCell]) -> dict[str, Any]:
    """Arguments of an xarray `Dataset`: every quantity over (cell, run, epoch), NaN where there is none."""
    runs = list(dict.fromkeys(str(label) for cell in cells for label in cell.curves.seeds))
    names = list(dict.fromkeys(name for cell in cells for name in cell.quantities))
    taken = {(place, name): cell.quantity(name) for place, cell in enumerate(cells) for name in cell.quantities}
    epochs = np.unique(np.concatenate([quantity.places for quantity in taken.values()] or [np.empty(0)]))
    shape = (len(cells), len(runs), len(epochs))
    arrays: dict[str, NDArray[Any]] = {name: np.full(shape, np.nan) for name in names}
    diverged = np.full(shape[:2], np.nan)
    for place, cell in enumerate(cells):
        rows = np.array([runs.index(str(label)) for label in cell.curves.seeds])
        diverged[place, rows] = cell.curves.diverged
        for name in cell.quantities:
            quantity = taken[place, name]
            arrays[name][place][np.ix_(rows, np.searchsorted(epochs, quantity.places))] = quantity.values
    labels = {key: ("cell", [getattr(cell.curves, key) for cell in cells]) for key in ("dataset", "model", "protocol")}
    return {
        "data_vars": {
            **{name: (("cell", "run", "epoch"), values) for name, values in arrays.items()},
            "diverged": (("cell", "run"), diverged),
        },
        "coords": {"cell": [cell.curves.label for cell in cells], "run": runs, "epoch": epochs, **labels},
    }


def _names(curves: CellCurves) -> dict[str, str]:
    return {key: getattr(curves, key) for key in ("dataset", "model", "protocol", "variant")}


def _frame(columns: dict[str, Any], schema: pl.Schema, rows: int) -> pl.DataFrame:
    """The columns in the order of the schema; a single value is that of every row."""
    series = [
        pl.Series(name, values, dtype=kind)
        if isinstance(values := columns[name], (list, np.ndarray))
        else pl.repeat(values, rows, dtype=kind, eager=True).alias(name)
        for name, kind in schema.items()
    ]
    return pl.DataFrame(series)


def run_frame(curves: RunCurves) -> pl.DataFrame:
    """A table with the columns epoch, step, split, loss, then every other quantity; null where a split lacks it."""
    named = [name.partition(".")[2] for name in quantities(curves)]
    columns = dict.fromkeys(("loss", *named))
    parts = []
    for split in SPLITS:
        places = curves[f"{split}.epoch"]
        part = [pl.Series("epoch", places.astype(np.int32)), _column("step", curves.get(f"{split}.step"), len(places))]
        part[1] = part[1].cast(pl.Int64)
        part.append(pl.Series("split", [split] * len(places), dtype=pl.String))
        part.extend(_column(name, curves.get(f"{split}.{name}"), len(places)) for name in columns)
        parts.append(pl.DataFrame(part))
    return pl.concat(parts)


def _column(name: str, values: FloatArray | None, count: int) -> pl.Series:
    return pl.Series(name, [None] * count if values is None else values, dtype=pl.Float64)
