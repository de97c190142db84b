"""Cells whose runs were trained elsewhere: one folder each, with `curves.safetensors`, `import.json` and a manifest."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors import SafetensorError

from genconv.config.base import canonical_json
from genconv.config.seeds import checked_seeds
from genconv.curves import CellCurves, FloatArray, Reference, bounded, find_divergence
from genconv.errors import InputError, shown
from genconv.measure import LOSS, Measure
from genconv.store.arrays import read_arrays, write_arrays
from genconv.store.files import damage, one_line, read_json, unwritten, write_json
from genconv.store.parquet import read_parquet
from genconv.store.study_json import NO_REFERENCES, PROTOCOL, measure_of
from genconv.store.upgrades import checked_format
from genconv.store.writing import write_folder

IMPORT, CURVES = "import.json", "curves.safetensors"
_CURVES_1 = "curves.parquet"
FORMAT = 2
"""Version of the imported form; part of every identity."""

_LONGEST_NAME = 1000
_NAME = re.compile(rf"-{PROTOCOL}-[0-9a-f]{{16}}$")


@dataclass(frozen=True, repr=False)
class ImportedCell:
    """One model on one dataset, N seeds at E places, as another tool recorded them."""

    dataset: str
    model: str
    seeds: tuple[int, ...]
    training: FloatArray | None
    """Shape (N, E); None where the source has one loss only."""
    validation: FloatArray
    """Shape (N, E)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from (names and SHA-256 of the files, what was taken for what); no part of the identity."""
    measure: Measure = LOSS
    """What the losses say."""
    epochs_at: FloatArray | None = None
    """Shape (E,): the epoch of each place, counted from 0; None for 0, 1, 2, … No part of the identity."""
    steps_at: FloatArray | None = None
    """Shape (E,): the step of each place; None where the source counts no steps. No part of the identity."""

    @property
    def identity(self) -> str:
        """SHA-256 of names, seeds, measure and losses: the same runs are the same cell, whatever file they came in."""
        header = {"format": FORMAT, "measure": self.measure.as_json()}
        return _digest(header, self)

    @property
    def folder_name(self) -> str:
        """`DATASET-MODEL-imported-HASH`, safe as a file name whatever the names are."""
        safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in (self.dataset, self.model))
        return f"{safe[:80]}-{PROTOCOL}-{self.identity[:16]}"

    def __repr__(self) -> str:
        runs, places = self.validation.shape
        return f"ImportedCell({self.dataset} · {self.model}: {runs} runs, {places} places, {self.measure.label})"

    def curves(self, references: Mapping[str, Reference | None] = NO_REFERENCES) -> CellCurves:
        """What every reader of results works on; divergence is read off the curves, see `find_divergence`."""
        validation = bounded(self.validation)
        training = validation if self.training is None else bounded(self.training)
        return CellCurves(
            dataset=self.dataset,
            model=self.model,
            protocol=PROTOCOL,
            seeds=self.seeds,
            training=np.full_like(validation, np.nan) if self.training is None else training,
            validation=validation,
            divergences=tuple(
                find_divergence(*rows, self.epochs_at) for rows in zip(training, validation, strict=True)
            ),
            reference=references.get(self.dataset),
            measure=self.measure,
            epochs_at=self.epochs_at,
            steps_at=self.steps_at,
        )


def save_imported(root: Path, cell: ImportedCell) -> tuple[Path, bool]:
    """Write the cell's folder under `root`, atomically; its path, and False if it was there already."""
    target = root / cell.folder_name
    if is_imported(target) and damage(target, (IMPORT, CURVES)) is None:
        return target, False
    document = {
        "format": FORMAT,
        "identity": cell.identity,
        "dataset": cell.dataset,
        "model": cell.model,
        "seeds": list(cell.seeds),
        "measure": cell.measure.as_json(),
        "provenance": dict(cell.provenance),
    }
    arrays = {"training": cell.training, "validation": cell.validation, "epoch": cell.epochs_at, "step": cell.steps_at}
    present = {name: np.asarray(values, dtype=np.float64) for name, values in arrays.items() if values is not None}
    try:
        write_folder(
            target,
            {IMPORT: lambda path: write_json(path, document), CURVES: lambda path: write_arrays(path, present)},
        )
    except SafetensorError as error:
        raise unwritten(f"cannot write {target}", target.parent, error) from None
    return target, True


def is_imported(path: Path) -> bool:
    """Whether `path` looks like the folder of an imported cell, by what it holds or by its name."""
    try:
        return path.is_dir() and (_NAME.search(path.name) is not None or (path / IMPORT).exists())
    except OSError:  # a folder that may not be entered
        return False


def open_imported(path: Path) -> ImportedCell:
    """Open a cell's folder; `InputError` naming the file that is missing, changed or of a newer version."""
    document = read_json(path / IMPORT)
    number = checked_format(document, path / IMPORT, FORMAT)
    if problem := damage(path, (IMPORT, _CURVES_1 if number == 1 else CURVES)):
        raise InputError(problem)
    try:
        cell = _read_1(path, document) if number == 1 else _read(path, document)
        identity = _digest({"format": 1}, cell) if number == 1 else cell.identity
    except (pl.exceptions.PolarsError, InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not an imported cell of format {number} ({one_line(error)})") from None
    if identity != document.get("identity"):
        raise InputError(f"{path}: its curves do not hash to its identity {shown(document.get('identity'))}")
    return cell


def _read(path: Path, document: Mapping[str, Any]) -> ImportedCell:
    arrays = read_arrays(path / CURVES)
    seeds = checked_seeds(tuple(document["seeds"]))
    validation = arrays["validation"]
    shapes = {"training": validation.shape, "epoch": validation.shape[1:], "step": validation.shape[1:]}
    if validation.ndim != 2 or len(validation) != len(seeds) or not validation.size:
        raise ValueError(f"{len(seeds)} seeds, but losses of shape {validation.shape}")
    for name, values in arrays.items():
        if values.dtype != np.float64 or values.shape != shapes.get(name, validation.shape):
            raise ValueError(f"{shown(name)} has type {values.dtype} and shape {values.shape}")
    return ImportedCell(
        dataset=_checked_name(document["dataset"]),
        model=_checked_name(document["model"]),
        seeds=seeds,
        training=arrays.get("training"),
        validation=validation,
        provenance=dict(document["provenance"]),
        measure=Measure.from_json(document["measure"]),
        epochs_at=arrays.get("epoch"),
        steps_at=arrays.get("step"),
    )


def _read_1(path: Path, document: Mapping[str, Any]) -> ImportedCell:
    """A cell of format 1: a table of rows by seed, then epoch, and no word on what the losses say."""
    table = read_parquet(path / _CURVES_1)
    seeds, epochs = checked_seeds(tuple(document["seeds"])), document["epochs"]
    if type(epochs) is not int or epochs < 1 or {table[name].dtype for name in _LOSSES} != {pl.Float64()}:
        raise ValueError("no curves")
    curves = {name: table[name].to_numpy().reshape(len(seeds), epochs) for name in _LOSSES}
    dataset, model = _checked_name(document["dataset"]), _checked_name(document["model"])
    provenance = dict(document["provenance"])
    training = curves["training"] if document["training"] else None
    measure = measure_of(model, dataset) if _is_of_the_study(provenance) else LOSS
    return ImportedCell(dataset, model, seeds, training, curves["validation"], provenance, measure)


_LOSSES = ("training", "validation")


def _is_of_the_study(provenance: Mapping[str, Any]) -> bool:
    """Whether format 1 read the cell from a JSON file of the published study."""
    names = [str(source["name"]) for source in provenance["sources"]]
    columns = {"training": "train", "validation": "val"}
    return len(names) == 1 and names[0].endswith(".json") and provenance["columns"] == columns


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError(f"name = {shown(name)}")
    return name


def _digest(header: Mapping[str, Any], cell: ImportedCell) -> str:
    names = {"dataset": cell.dataset, "model": cell.model, "seeds": list(cell.seeds)}
    digest = hashlib.sha256(canonical_json({**header, **names}).encode())
    for curves in (cell.training, cell.validation):
        digest.update(b"none" if curves is None else _canonical_bytes(curves))
    return digest.hexdigest()


def _canonical_bytes(curves: FloatArray) -> bytes:
    """Little-endian doubles, every NaN the same one, and shape through their number."""
    return np.where(np.isnan(curves), np.nan, curves).astype("<f8").tobytes()
