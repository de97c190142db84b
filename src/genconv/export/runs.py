"""What is exported of a run: names, hyper-parameters, and every recorded quantity at its places."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genconv.coordinates import RunLabel
from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.store.curves import Quantity
from genconv.store.results import Results, StoredCell
from genconv.store.selection import as_text

LOSSES = {"training.loss": "train_loss", "validation.loss": "val_loss"}
"""Recorded name → the name by which every tool knows it."""


@dataclass(frozen=True)
class Track:
    """One quantity of a run, shape (K,) each. A value is NaN only from the place on at which the run diverged."""

    epochs: FloatArray | None
    """Counted from 0; None where only steps are known."""
    steps: FloatArray | None
    values: FloatArray

    @property
    def places(self) -> list[int]:
        """Whole numbers for tools that count steps: optimizer steps, else epochs, else the order of the places."""
        for at in (self.steps, self.epochs):
            if at is not None and bool(np.all(at == np.round(at))):
                return [int(place) for place in at]
        return list(range(len(self.values)))


@dataclass(frozen=True)
class ExportedRun:
    """One run."""

    dataset: str
    model: str
    """Unique among the cells of the dataset: `vae`, or `vae (epochs=40)`."""
    label: RunLabel
    settings: dict[str, str]
    """Hyper-parameters by dotted names, and what the losses say."""
    tracks: dict[str, Track]
    """By name: `train_loss`, `val_loss`, `training/kl`, …"""
    diverged: bool
    place: int
    """Among the runs of its cell, from 0."""

    @property
    def seed(self) -> int | None:
        """The seed; None for runs at other coordinates."""
        return self.label if isinstance(self.label, int) else None

    @property
    def cell_folder(self) -> str:
        """`MODEL_DATASET`, safe as a file name."""
        return f"{safe(self.model)}_{safe(self.dataset)}"

    @property
    def folder(self) -> str:
        """`seed_3`, or for a run at other coordinates its place in the cell, `run_3`."""
        return f"seed_{self.label}" if isinstance(self.label, int) else f"run_{self.place}"


def safe(name: str) -> str:
    """A name with nothing that a file name must not have."""
    return re.sub(r"[^A-Za-z0-9.+=-]+", "_", name).strip("._")[:80] or "x"


def exported_cells(results: Results) -> list[list[ExportedRun]]:
    """The runs of each cell. `InputError` if there are none."""
    cells = [cell for cell in results.cells if len(cell.curves.seeds)]
    if not cells:
        raise InputError("there is nothing to export: no cell has runs")
    return [list(_runs(cell, name)) for cell, name in zip(cells, model_names(cells), strict=True)]


def model_names(cells: Sequence[StoredCell]) -> list[str]:
    """The model of each cell; with protocol and variant where a dataset has several cells of one model."""
    plain = [(cell.curves.dataset, cell.curves.model) for cell in cells]
    protocols = [(*name, cell.curves.protocol) for name, cell in zip(plain, cells, strict=True)]
    several, alike = Counter(plain), Counter(protocols)
    names = []
    for name, full, cell in zip(plain, protocols, cells, strict=True):
        curves = cell.curves
        words = [curves.protocol] if several[name] > 1 and alike[full] < several[name] else []
        words += [curves.variant] if curves.variant and several[name] > 1 else []
        names.append(f"{curves.model} ({', '.join(words)})" if words else curves.model)
    return names


def _runs(cell: StoredCell, name: str) -> Iterator[ExportedRun]:
    curves = cell.curves
    quantities = [cell.quantity(one) for one in cell.quantities]
    settings = {key: as_text(value) for key, value in cell.settings.items()}
    said = {"loss.kind": curves.measure.kind, "loss.unit": curves.measure.unit, "loss.method": curves.measure.method}
    for row, label in enumerate(curves.seeds):
        by_run = {} if cell.imported is None else cell.imported.settings_of(row)
        end = curves.divergences[row]
        tracks = {_name(one): _track(one, row, None if end is None else end.epoch) for one in quantities}
        yield ExportedRun(
            dataset=curves.dataset,
            model=name,
            label=label,
            settings={**settings, **by_run, **{key: value for key, value in said.items() if value}},
            tracks={key: track for key, track in tracks.items() if len(track.values)},
            diverged=end is not None,
            place=row,
        )


def _name(quantity: Quantity) -> str:
    return LOSSES.get(quantity.name, quantity.name.replace(".", "/", 1))


def _track(quantity: Quantity, row: int, diverged: int | None) -> Track:
    """The places of a run that have a value, and those after its divergence."""
    values = quantity.values[row]
    lost = np.zeros(len(values), dtype=bool) if diverged is None else quantity.places >= diverged
    kept = ~np.isnan(values) | lost
    epochs = None if quantity.epochs is None else quantity.epochs[kept]
    return Track(epochs, None if quantity.steps is None else quantity.steps[kept], values[kept])
