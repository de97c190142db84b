"""Results: the cells that were found under some paths, to be iterated, selected, shown and turned into tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from genconv.config.run import Cell
from genconv.curves import CellCurves
from genconv.errors import InputError, unknown_name
from genconv.store.curves import Quantity, quantities
from genconv.store.grouping import flattened, full_key
from genconv.store.imported import ImportedCell
from genconv.store.runs import StoredRun
from genconv.store.scalars import SCALAR, WALL_TIME, Scalar, Scalars, quantity_of
from genconv.store.uncounted import UncountedRun, by_state
from genconv.store.until import UntilRecord

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import xarray as xr

_LINES = 30
"""Cells that the short table shows."""
_HEADER = ("dataset", "model", "protocol", "runs", "diverged", "last validation", "says")


@dataclass(frozen=True, repr=False)
class StoredCell:
    """The curves of one cell, with the configuration and run folders behind them (none for imported curves)."""

    curves: CellCurves
    config: Cell | None = None
    runs: tuple[StoredRun, ...] = ()
    """In the order of `curves.seeds`."""
    imported: ImportedCell | None = None
    """The record of curves that were imported: where they come from, what was decided, hyper-parameters."""

    def __repr__(self) -> str:
        return f"StoredCell{repr(self.curves).removeprefix('CellCurves')}"

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of everything that was recorded along the training, such as `validation.kl`."""
        if not self.runs:
            losses = {"training.loss": self.curves.training, "validation.loss": self.curves.validation}
            known = (name for name, values in losses.items() if not np.isnan(values).all())
            return (*known, *(f"{SCALAR}.{name}" for name in self.scalars))
        return tuple(dict.fromkeys(name for run in self.runs for name in quantities(run.recorded)))

    def quantity(self, name: str) -> Quantity:
        """One of `quantities`, of all runs; `InputError` for another name."""
        if name not in self.quantities:
            raise unknown_name("quantity", name, self.quantities)
        split, _, kind = name.partition(".")
        measure = self.curves.measure if kind == "loss" else None
        if split == SCALAR and not self.runs:
            return quantity_of(kind, self.scalars[kind], by_step=self.curves.counted == "steps")
        if not self.runs:
            epochs = self.curves.places if self.curves.counted == "epochs" else None
            return Quantity(name, getattr(self.curves, split), epochs, self.curves.steps_at, measure)
        recorded = [run.recorded for run in self.runs]
        missing = np.full(self.curves.epochs, np.nan)
        values = np.stack([arrays.get(name, missing) for arrays in recorded])
        return Quantity(name, values, recorded[0][f"{split}.epoch"], recorded[0].get(f"{split}.step"), measure)

    @property
    def scalars(self) -> Scalars:
        """What another program recorded beside the losses; the wall time of epochs that genconv trained."""
        if self.runs:
            seconds = np.stack([run.epoch_seconds for run in self.runs])
            return {} if np.isnan(seconds).all() else {WALL_TIME: Scalar(self.curves.places, seconds)}
        return {} if self.imported is None else self.imported.scalars

    @property
    def settings(self) -> dict[str, Any]:
        """Every number of the configuration by its dotted name, such as `training.epochs`; of an imported cell the
        hyper-parameters that its runs have in common, as text.
        """
        if self.config is not None:
            return flattened(self.config.model_dump(mode="json"))
        return {} if self.imported is None else self.imported.common_settings


@dataclass(frozen=True, repr=False)
class Results:
    """Everything that was found under some paths: a sequence of cells, and what could not be read."""

    cells: tuple[StoredCell, ...]
    problems: tuple[str, ...] = field(default=())
    """One line for each thing that could not be read."""
    notes: tuple[str, ...] = field(default=())
    """One line for each thing that was decided for the user while reading."""
    looks: tuple[UntilRecord, ...] = field(default=())
    """Of studies that were looked at until they were decided: their plans, and what each look said."""
    uncounted: tuple[UncountedRun, ...] = field(default=())
    """Recorded runs that are in no number: they failed, were interrupted, still run, or have no loss."""

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[StoredCell]:
        return iter(self.cells)

    def __getitem__(self, place: int) -> StoredCell:
        return self.cells[place]

    def __add__(self, other: object) -> "Results":
        """All runs of both, those that are in both once.

        Raises:
            InputError: If the same run is in both with other contents.

        Example:
            `genconv.compare(genconv.train("vae", "moons", seeds=10) + genconv.train("flow", "moons", seeds=10))`

        """
        from genconv.store.together import together  # noqa: PLC0415  it needs this module

        return together(self, other) if isinstance(other, Results) else NotImplemented

    @property
    def curves(self) -> list[CellCurves]:
        """The curves of every cell."""
        return [cell.curves for cell in self.cells]

    def where(
        self,
        *,
        model: str | list[str] | None = None,
        dataset: str | list[str] | None = None,
        protocol: str | list[str] | None = None,
        **settings: Any,
    ) -> "Results":
        """The cells with these names and settings.

        Args:
            model: name of the model, or a list of names.
            dataset: name of the dataset, or a list of names.
            protocol: name of the protocol, or a list of names.
            settings: `epochs=40`, `training__epochs=40` or `**{"training.epochs": 40}`; a list means any of its values.

        Returns:
            The cells that fulfil everything, perhaps none, and all `problems`.

        Raises:
            InputError: no cell at all has such a name or such a setting.

        Example:
            `results.where(model="flow", training__batch_size=[256, 512])`

        """
        kept, uncounted = self.cells, self.uncounted
        for key, wanted in (("model", model), ("dataset", dataset), ("protocol", protocol)):
            if wanted is not None:
                names = wanted if isinstance(wanted, list) else [wanted]
                known = {getattr(cell.curves, key) for cell in self.cells}
                if key != "protocol":
                    known |= {getattr(run, key) for run in self.uncounted}
                    uncounted = tuple(run for run in uncounted if getattr(run, key) in names)
                if unknown := next((name for name in names if name not in known), None):
                    raise unknown_name(key, unknown, known)
                kept = tuple(cell for cell in kept if getattr(cell.curves, key) in names)
        for key, wanted in settings.items():
            kept = self._with_setting(kept, key.replace("__", "."), wanted)
        return replace(self, cells=kept, uncounted=uncounted)

    def _with_setting(self, kept: tuple[StoredCell, ...], key: str, wanted: object) -> tuple[StoredCell, ...]:
        known = {name for cell in self.cells for name in cell.settings}
        key = full_key(key, known)
        if key not in known:
            raise unknown_name("setting", key, known)
        lists = isinstance(wanted, list) and not any(isinstance(c.settings.get(key), list) for c in self.cells)
        values = wanted if isinstance(wanted, list) and lists else [wanted]
        return tuple(cell for cell in kept if key in cell.settings and cell.settings[key] in values)

    def to_polars(self, *, final: bool = False) -> "pl.DataFrame":
        """Everything that was recorded, as a table in long form.

        Args:
            final: one row a run instead, with how it ended: divergence, last losses, final evaluation.

        Returns:
            One row for each cell, run, quantity and place: dataset, model, protocol, variant, run (the seed, or the
            coordinates in words), diverged, split, quantity, kind, unit, epoch (from 0), step, value.

        """
        from genconv.store.frames import curves_frame, final_frame  # noqa: PLC0415  it is needed here only

        return final_frame(self.cells) if final else curves_frame(self.cells)

    def to_pandas(self, *, final: bool = False) -> "pd.DataFrame":
        """`to_polars` as a pandas table; `InputError` if pandas is not installed."""
        table = self.to_polars(final=final)
        frame: pd.DataFrame = _imported("pandas").DataFrame({name: table[name].to_numpy() for name in table.columns})
        return frame

    def to_xarray(self) -> "xr.Dataset":
        """A variable for each quantity over cell, run and epoch, NaN where a cell has no such run or epoch.

        `InputError` if xarray is not installed.
        """
        from genconv.store.frames import labelled_arrays  # noqa: PLC0415  it is needed here only

        arrays: xr.Dataset = _imported("xarray").Dataset(**labelled_arrays(self.cells))
        return arrays

    def __repr__(self) -> str:
        rows = [_HEADER, *_rows(self.cells[:_LINES])]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
        lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join([_title(self), *(line.rstrip() for line in lines), *_rest(self)])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(text)}</th>" for text in _HEADER)
        rows = ("".join(f"<td>{escape(text)}</td>" for text in row) for row in _rows(self.cells[:_LINES]))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        rest = "".join(f"<p>{escape(line)}</p>" for line in _rest(self))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"<p>{escape(_title(self))}</p>{table}{rest}"


def _title(results: Results) -> str:
    cells, runs = len(results.cells), sum(len(cell.curves.seeds) for cell in results.cells)
    return f"Results: {cells} cell{'s' * (cells != 1)}, {runs} run{'s' * (runs != 1)}"


def _rows(cells: tuple[StoredCell, ...]) -> list[tuple[str, ...]]:
    return [_row(cell.curves) for cell in cells]


def _row(curves: CellCurves) -> tuple[str, ...]:
    last = curves.validation[~curves.diverged, -1]
    last = last[np.isfinite(last)]
    model = f"{curves.model} ({curves.variant})" if curves.variant else curves.model
    counts = str(len(curves.seeds)), str(int(curves.diverged.sum()))
    number = f"{np.mean(last):.4g}" if last.size else "–"
    return curves.dataset, model, curves.protocol, *counts, number, curves.measure.label


def _rest(results: Results) -> list[str]:
    more = len(results.cells) - _LINES
    problems = len(results.problems)
    lines = [f"… and {more} more"] if more > 0 else []
    if results.uncounted:
        states = ", ".join(f"{count} {state}" for state, count in by_state(results.uncounted).items())
        lines.append(f"in no number: {states}, see .uncounted")
    return [*lines, f"{problems} could not be read, see .problems"] if problems else lines


def _imported(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise InputError(f"{name} is not installed: pip install 'genconv[{name}]'") from None


__all__ = ["Results", "StoredCell"]
