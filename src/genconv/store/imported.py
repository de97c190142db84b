"""Cells whose runs were trained elsewhere: one folder each, with `curves.parquet`, `import.json` and a manifest."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from genconv.config.base import canonical_json
from genconv.config.seeds import checked_seeds
from genconv.curves import CellCurves, FloatArray, Reference, bounded, find_divergence
from genconv.errors import InputError, shown
from genconv.store.files import damage, one_line, read_json, unwritten, write_folder, write_json
from genconv.store.parquet import read_parquet
from genconv.store.study_json import NO_REFERENCES, PROTOCOL

IMPORT, CURVES = "import.json", "curves.parquet"
FORMAT = 1
"""Version of the imported form; part of every identity."""

_LOSSES = ("training", "validation")
_LONGEST_NAME = 1000
_NAME = re.compile(rf"-{PROTOCOL}-[0-9a-f]{{16}}$")


@dataclass(frozen=True)
class ImportedCell:
    """One model on one dataset, N seeds of E epochs, as another tool recorded them."""

    dataset: str
    model: str
    seeds: tuple[int, ...]
    training: FloatArray | None
    """Shape (N, E); None where the source has one loss only."""
    validation: FloatArray
    """Shape (N, E)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from (names and SHA-256 of the files, what was taken for what); no part of the identity."""

    @property
    def identity(self) -> str:
        """SHA-256 of names, seeds and losses: the same runs are the same cell, whatever file they came in."""
        header = {"format": FORMAT, "dataset": self.dataset, "model": self.model, "seeds": list(self.seeds)}
        digest = hashlib.sha256(canonical_json(header).encode())
        for curves in (self.training, self.validation):
            digest.update(b"none" if curves is None else _canonical_bytes(curves))
        return digest.hexdigest()

    @property
    def folder_name(self) -> str:
        """`DATASET-MODEL-imported-HASH`, safe as a file name whatever the names are."""
        safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in (self.dataset, self.model))
        return f"{safe[:80]}-{PROTOCOL}-{self.identity[:16]}"

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
            divergences=tuple(map(find_divergence, training, validation)),
            reference=references.get(self.dataset),
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
        "epochs": cell.validation.shape[1],
        "training": cell.training is not None,
        "provenance": dict(cell.provenance),
    }
    try:
        write_folder(
            target,
            {
                IMPORT: lambda path: write_json(path, document),
                CURVES: lambda path: _table(cell).write_parquet(path, statistics=False),
            },
        )
    except pl.exceptions.PolarsError as error:
        raise unwritten(f"cannot write {target}", target.parent, error) from None
    return target, True


def is_imported(path: Path) -> bool:
    """Whether `path` looks like the folder of an imported cell, by what it holds or by its name."""
    return path.is_dir() and ((path / IMPORT).exists() or _NAME.search(path.name) is not None)


def open_imported(path: Path) -> ImportedCell:
    """Open a cell's folder; `InputError` naming the file that is missing, changed or of another version."""
    if problem := damage(path, (IMPORT, CURVES)):
        raise InputError(problem)
    document = read_json(path / IMPORT)
    if document.get("format") != FORMAT:
        raise InputError(
            f"{path / IMPORT}: format = {shown(document.get('format'))}, this version reads format {FORMAT}"
        )
    try:
        cell = _cell(document, read_parquet(path / CURVES))
    except (pl.exceptions.PolarsError, InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not an imported cell of this version ({one_line(error)})") from None
    if cell.identity != document.get("identity"):
        raise InputError(f"{path}: its curves do not hash to its identity {shown(document.get('identity'))}")
    return cell


def _cell(document: Mapping[str, Any], table: pl.DataFrame) -> ImportedCell:
    seeds, epochs = checked_seeds(tuple(document["seeds"])), document["epochs"]
    if type(epochs) is not int or epochs < 1 or {table[name].dtype for name in _LOSSES} != {pl.Float64()}:
        raise ValueError("no curves")
    curves = {name: table[name].to_numpy().reshape(len(seeds), epochs) for name in _LOSSES}
    return ImportedCell(
        dataset=_checked_name(document["dataset"]),
        model=_checked_name(document["model"]),
        seeds=seeds,
        training=curves["training"] if document["training"] else None,
        validation=curves["validation"],
        provenance=document["provenance"],
    )


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError(f"name = {shown(name)}")
    return name


def _table(cell: ImportedCell) -> pl.DataFrame:
    """Rows by seed, then epoch; `training` is null throughout where the source has one loss only."""
    seeds, epochs = cell.validation.shape
    training = pl.Series("training", [None] * (seeds * epochs), dtype=pl.Float64)
    if cell.training is not None:
        training = pl.Series("training", cell.training.ravel())
    return pl.DataFrame(
        [
            pl.Series("seed", np.repeat(np.array(cell.seeds, dtype=np.int64), epochs)),
            pl.Series("epoch", np.tile(np.arange(epochs, dtype=np.int32), seeds)),
            training,
            pl.Series("validation", cell.validation.ravel()),
        ]
    )


def _canonical_bytes(curves: FloatArray) -> bytes:
    """Little-endian doubles, every NaN the same one, and shape through their number."""
    return np.where(np.isnan(curves), np.nan, curves).astype("<f8").tobytes()
