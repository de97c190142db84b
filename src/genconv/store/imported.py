"""Cells whose runs were trained elsewhere: one folder each, with `curves.safetensors`, `import.json` and a manifest."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from safetensors import SafetensorError

from genconv.config.base import canonical_json
from genconv.config.seeds import checked_seeds
from genconv.curves import Cause, CellCurves, Divergence, FloatArray, Reference, bounded, find_divergence
from genconv.errors import InputError, shown
from genconv.measure import LOSS, Measure
from genconv.store.arrays import read_arrays, write_arrays
from genconv.store.files import damage, one_line, read_json, unwritten, write_json
from genconv.store.scalars import Scalars, as_arrays, from_arrays, is_scalar
from genconv.store.study_json import NO_REFERENCES, PROTOCOL, measure_of
from genconv.store.upgrades import checked_format
from genconv.store.writing import write_folder

IMPORT, CURVES = "import.json", "curves.safetensors"
_CURVES_1 = "curves.parquet"
FORMAT = 3
"""Version of the imported form; part of every identity. Format 3 has places, divergences and settings in the identity;
format 2 leaves the divergences to `find_divergence`.
"""

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
    """Shape (E,): the epoch of each place, counted from 0; None for 0, 1, 2, …"""
    steps_at: FloatArray | None = None
    """Shape (E,): the step of each place; None where the source counts no steps."""
    divergences: tuple[Divergence | None, ...] | None = None
    """One a run, as it was decided when the runs were imported; None for what `find_divergence` says of the curves."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Hyper-parameters that tell this cell apart from others of its dataset and model."""
    scalars: Scalars = field(default_factory=dict)
    """What was recorded beside the losses; no part of the identity."""

    @property
    def identity(self) -> str:
        """SHA-256 of names, seeds, settings, measure, losses, places and divergences: the same runs are the same cell,
        whatever file they came in.
        """
        header = {
            "format": FORMAT,
            "measure": self.measure.as_json(),
            "settings": dict(self.settings),
            "divergences": _as_json(self.divergences),
            "places": [None if at is None else at.tolist() for at in (self.epochs_at, self.steps_at)],
        }
        return _digest(header, self)

    @property
    def common_settings(self) -> dict[str, str]:
        """The hyper-parameters that all runs of the cell have in common."""
        common = self.provenance.get("settings", {})
        return {**(common if isinstance(common, dict) else {}), **self.settings}

    @property
    def differing_settings(self) -> dict[str, list[str]]:
        """The hyper-parameters in which the runs differ: a value for each run."""
        found = self.provenance.get("by_run", {})
        whole = found.items() if isinstance(found, dict) else ()
        return {str(name): [str(one) for one in values] for name, values in whole if len(values) == len(self.seeds)}

    def settings_of(self, row: int) -> dict[str, str]:
        """Those of one run."""
        return {name: values[row] for name, values in self.differing_settings.items()}

    @property
    def folder_name(self) -> str:
        """`DATASET-MODEL-imported-HASH`, safe as a file name whatever the names are."""
        safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in (self.dataset, self.model))
        return f"{safe[:80]}-{PROTOCOL}-{self.identity[:16]}"

    def __repr__(self) -> str:
        runs, places = self.validation.shape
        return f"ImportedCell({self.dataset} · {self.model}: {runs} runs, {places} places, {self.measure.label})"

    def curves(self, references: Mapping[str, Reference | None] = NO_REFERENCES) -> CellCurves:
        """What every reader of results works on."""
        validation = bounded(self.validation)
        training = validation if self.training is None else bounded(self.training)
        return CellCurves(
            dataset=self.dataset,
            model=self.model,
            protocol=PROTOCOL,
            seeds=self.seeds,
            training=np.full_like(validation, np.nan) if self.training is None else training,
            validation=validation,
            divergences=self.divergences
            if self.divergences is not None
            else tuple(find_divergence(*rows, self.epochs_at) for rows in zip(training, validation, strict=True)),
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
        "divergences": _as_json(cell.divergences),
        "settings": dict(cell.settings),
        "provenance": dict(cell.provenance),
    }
    arrays = {"training": cell.training, "validation": cell.validation, "epoch": cell.epochs_at, "step": cell.steps_at}
    arrays |= as_arrays(cell.scalars)
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
        identity = cell.identity if number == FORMAT else _older_identity(number, cell)
    except (InputError, KeyError, TypeError, ValueError) as error:
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
        if values.dtype != np.float64 or not (is_scalar(name) or values.shape == shapes.get(name, validation.shape)):
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
        divergences=_divergences(document.get("divergences"), len(seeds)),
        settings={str(name): str(value) for name, value in document.get("settings", {}).items()},
        scalars=from_arrays(arrays, len(seeds)),
    )


def _as_json(divergences: Sequence[Divergence | None] | None) -> list[dict[str, object] | None] | None:
    if divergences is None:
        return None
    return [None if end is None else {"epoch": end.epoch, "cause": end.cause} for end in divergences]


def _divergences(stored: Any, count: int) -> tuple[Divergence | None, ...] | None:
    """The inverse of `_as_json`; `ValueError` for anything else."""
    if stored is None:
        return None
    found = tuple(None if end is None else Divergence(end["epoch"], end["cause"]) for end in stored)
    wrong = [end for end in found if end and (type(end.epoch) is not int or end.cause not in get_args(Cause))]
    if len(found) != count or wrong:
        raise ValueError(f"divergences = {shown(stored)}")
    return found


def _older_identity(number: int, cell: ImportedCell) -> str:
    """The identity as format 1 or 2 has it."""
    return _digest({"format": 1} if number == 1 else {"format": 2, "measure": cell.measure.as_json()}, cell)


def _read_1(path: Path, document: Mapping[str, Any]) -> ImportedCell:
    """A cell of format 1: a table of rows by seed, then epoch, and no word on what the losses say."""
    from genconv.store.format_1 import imported_losses  # noqa: PLC0415  few stores are as old

    seeds = checked_seeds(tuple(document["seeds"]))
    curves = imported_losses(path / _CURVES_1, len(seeds), document["epochs"])
    dataset, model = _checked_name(document["dataset"]), _checked_name(document["model"])
    provenance = dict(document["provenance"])
    training = curves["training"] if document["training"] else None
    measure = measure_of(model, dataset) if _is_of_the_study(provenance) else LOSS
    return ImportedCell(dataset, model, seeds, training, curves["validation"], provenance, measure)


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
