"""From the paths that a user names to cells: run folders, imported cells, folders of both, loss-curve files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from genconv.config.run import Cell, Run
from genconv.coordinates import run_labels
from genconv.curves import CellCurves, FloatArray, Reference
from genconv.errors import InputError, unknown_name
from genconv.store.curves import Quantity, quantities
from genconv.store.files import one_line
from genconv.store.folders import is_run, stored_runs
from genconv.store.imported import is_imported, open_imported
from genconv.store.runs import StoredRun
from genconv.store.study_json import read_curve_file


@dataclass(frozen=True)
class StoredCell:
    """The curves of one cell, with the configuration and run folders behind them (none for imported curves)."""

    curves: CellCurves
    config: Cell | None = None
    runs: tuple[StoredRun, ...] = ()
    """In the order of `curves.seeds`."""

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of everything that was recorded along the training, such as `validation.kl`."""
        if not self.runs:
            losses = {"training.loss": self.curves.training, "validation.loss": self.curves.validation}
            return tuple(name for name, values in losses.items() if not np.isnan(values).all())
        return tuple(dict.fromkeys(name for run in self.runs for name in quantities(run.recorded)))

    def quantity(self, name: str) -> Quantity:
        """One of `quantities`, of all runs; `InputError` for another name."""
        if name not in self.quantities:
            raise unknown_name("quantity", name, self.quantities)
        split, _, kind = name.partition(".")
        measure = self.curves.measure if kind == "loss" else None
        if not self.runs:
            return Quantity(name, getattr(self.curves, split), self.curves.places, self.curves.steps_at, measure)
        recorded = [run.recorded for run in self.runs]
        missing = np.full(self.curves.epochs, np.nan)
        values = np.stack([arrays.get(name, missing) for arrays in recorded])
        return Quantity(name, values, recorded[0][f"{split}.epoch"], recorded[0].get(f"{split}.step"), measure)


@dataclass(frozen=True)
class Results:
    """Everything that was found under the paths, and one line for each thing that could not be read."""

    cells: tuple[StoredCell, ...]
    problems: tuple[str, ...] = field(default=())

    @property
    def curves(self) -> list[CellCurves]:
        """The curves of every cell."""
        return [cell.curves for cell in self.cells]


def load(paths: Iterable[Path], references: Mapping[str, Reference | None] | None = None) -> Results:
    """Read every run, imported cell and curve file under `paths`.

    A path is a run folder, the folder of an imported cell, a folder of those, a loss-curve JSON file, or a folder of
    such files. `references` gives the exact entropies of datasets by name for curves that do not carry them. A damaged
    run is named in `problems` and left out; `InputError` if nothing at all could be read.
    """
    runs: list[StoredRun] = []
    files: list[tuple[Path, CellCurves]] = []
    problems: list[str] = []
    copies: set[str] = set()
    for path in _expand(paths):
        try:
            if is_run(path) and not is_imported(path):
                runs.append(StoredRun.open(path))
            elif curves := _read_curves(path, references or {}, copies):
                files.append((path, curves))
        except InputError as error:
            problems.append(str(error))
    cells = _cells(runs, problems) + _imported(files)
    if not cells:
        more = f" (and {len(problems) - 1} more like it)" if len(problems) > 1 else ""
        raise InputError(problems[0] + more if problems else "no path given")
    return Results(cells, tuple(problems))


def cell_of(runs: Sequence[StoredRun], variant: str = "") -> StoredCell:
    """Runs of one cell, stacked into curves by seed."""
    runs = sorted(runs, key=lambda run: _order(run.run))
    cell = runs[0].run.cell
    first = runs[0].recorded
    names = sorted({name for run in runs for name in run.outcome.evaluation})
    curves = CellCurves(
        dataset=cell.dataset,
        model=cell.model,
        protocol=cell.protocol,
        seeds=run_labels([run.run.coordinates for run in runs]),
        training=_stack(runs, "training"),
        validation=_stack(runs, "validation"),
        divergences=tuple(run.outcome.divergence for run in runs),
        reference=runs[0].outcome.reference,
        evaluation={name: np.array([run.outcome.evaluation.get(name, np.nan) for run in runs]) for name in names},
        variant=variant,
        measure=runs[0].outcome.curve_measure,
        measures={name: measure for name, measure in runs[0].outcome.measures.items() if name != "curve"},
        epochs_at=first["validation.epoch"],
        steps_at=first.get("validation.step"),
        coordinates=tuple(run.run.coordinates for run in runs),
    )
    return StoredCell(curves, cell, tuple(runs))


def _read_curves(path: Path, references: Mapping[str, Reference | None], copies: set[str]) -> CellCurves | None:
    """Curves of an imported cell or a curve file; None for an imported cell that is among `copies`, which grows."""
    if not is_imported(path):
        return read_curve_file(path, references)
    cell = open_imported(path)
    if cell.identity in copies:
        return None
    copies.add(cell.identity)
    return cell.curves(references)


def _expand(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        try:
            path.stat()
        except FileNotFoundError:
            raise InputError(f"'{path}' does not exist") from None
        except OSError as error:
            raise InputError(f"'{path}' cannot be read: {one_line(error)}") from None
        if not path.is_dir() or is_run(path):
            found.append(path)
            continue
        inside = stored_runs(path) or sorted(path.glob("*_*_*.json"))
        if not inside:
            raise InputError(f"'{path}' holds no runs and no loss-curve files")
        found.extend(inside)
    return list(dict.fromkeys(found))


def _cells(runs: Sequence[StoredRun], problems: list[str]) -> tuple[StoredCell, ...]:
    groups: dict[str, list[StoredRun]] = defaultdict(list)
    for run in {run.run.identity: run for run in runs}.values():
        groups[run.run.cell.identity].append(run)
    cells: list[StoredCell] = []
    for group in groups.values():
        try:
            cells.append(cell_of(group))
        except InputError as error:
            problems.append(str(error))
    return tuple(_with_variants(cells))


def _imported(files: Sequence[tuple[Path, CellCurves]]) -> tuple[StoredCell, ...]:
    """Cells of curve files and imports; those of the same dataset and model are told apart by their paths."""
    times = Counter(curves.label for _, curves in files)
    return tuple(
        StoredCell(replace(curves, variant=str(path)) if times[curves.label] > 1 else curves) for path, curves in files
    )


def _with_variants(cells: Sequence[StoredCell]) -> list[StoredCell]:
    """Name what differs between cells of the same dataset, model and protocol."""
    same: dict[tuple[str, str, str], list[StoredCell]] = defaultdict(list)
    for cell in cells:
        same[cell.curves.dataset, cell.curves.model, cell.curves.protocol].append(cell)
    named = []
    for group in same.values():
        flat = [_flatten(cell.config.model_dump(mode="json")) if cell.config else {} for cell in group]
        differing = sorted(key for key in set().union(*flat) if len({repr(one.get(key)) for one in flat}) > 1)
        for cell, values in zip(group, flat, strict=True):
            variant = ", ".join(f"{key}={values.get(key)}" for key in differing)
            named.append(replace(cell, curves=replace(cell.curves, variant=variant)))
    return named


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flatten(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return flat


def _order(run: Run) -> tuple[bool, tuple[int, ...]]:
    """Seeds by number, then other coordinates."""
    return run.coordinates.seed is None, tuple(-1 if value is None else value for value in run.coordinates)


def _stack(runs: Sequence[StoredRun], split: str) -> FloatArray:
    return np.stack([run.recorded[f"{split}.loss"] for run in runs])
