"""From the paths that a user names to results: run folders, imported cells, folders of both, loss-curve files."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genconv.coordinates import Coordinates, run_labels
from genconv.curves import CellCurves, Reference
from genconv.errors import InputError
from genconv.store.dependence import dependence_notes
from genconv.store.files import one_line
from genconv.store.folders import is_run, stored_runs
from genconv.store.grouping import differing_settings, runs_by_cell
from genconv.store.imported import ImportedCell, is_imported, open_imported
from genconv.store.nothing import nothing_in
from genconv.store.recorded import is_recorded, recorded_runs
from genconv.store.results import Results, StoredCell
from genconv.store.runs import StoredRun
from genconv.store.study_json import open_curve_file
from genconv.store.uncounted import UncountedRun
from genconv.store.until import UntilRecord, records_under


class RecordedCell(NamedTuple):
    """Recorded runs of one configuration."""

    path: Path
    """Of one of them."""
    cell: ImportedCell
    coordinates: tuple[Coordinates, ...]
    """One a run."""
    has_streams: bool
    """Whether the coordinates are on record, not only seeds."""
    unfinished: Mapping[str, int]
    """Runs that are left out, by state."""


class RecordedCells(NamedTuple):
    """What some folders of recorded runs hold."""

    cells: tuple[RecordedCell, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    uncounted: tuple[UncountedRun, ...] = ()
    """Runs that are in none of the cells."""


ReadRecorded = Callable[[Sequence[Path]], RecordedCells]
"""How recorded runs become cells: by the rules of imports, which know the store and not the other way round."""


def _unread(folders: Sequence[Path]) -> RecordedCells:
    return RecordedCells((), tuple(f"{folder}: is a recorded run, which is not read here" for folder in folders), ())


def load(
    paths: Iterable[Path],
    references: Mapping[str, Reference | None] | None = None,
    read_recorded: ReadRecorded = _unread,
) -> Results:
    """Read every run, imported cell and curve file under `paths`.

    A path is a run folder, the folder of an imported cell or of a recorded run, a folder of those, a loss-curve JSON
    file, or a folder of such files. `references` gives the exact entropies of datasets by name for curves that do not
    carry them. A damaged run is named in `problems` and left out; `InputError` if nothing at all could be read. Of runs
    that all failed there is no cell, but each is in `uncounted`.
    """
    paths = list(paths)
    runs: list[StoredRun] = []
    recorded: list[Path] = []
    files: list[tuple[Path, StoredCell]] = []
    problems: list[str] = []
    notes: dict[Path, tuple[str, ...]] = {}
    copies: set[str] = set()
    for path in _expand(paths):
        try:
            if is_recorded(path):
                recorded.append(path)
            elif is_run(path) and not is_imported(path):
                runs.append(StoredRun.open(path))
            elif is_imported(path):
                if cell := _open_once(path, references or {}, copies):
                    files.append((path, cell))
            else:
                found = open_curve_file(path, references or {})
                files.append((path, StoredCell(found.curves)))
                notes[path] = found.notes
        except InputError as error:
            problems.append(str(error))
    found_recorded = read_recorded(recorded) if recorded else RecordedCells((), (), ())
    problems += found_recorded.problems
    files = _without_imported_copies(files)
    files += [(one.path, _recorded_cell(one, references or {})) for one in found_recorded.cells]
    cells = cells_of_runs(runs, problems) + _imported(files)
    if not cells and not found_recorded.uncounted:
        lines = (*problems, *found_recorded.notes)
        more = f" (and {len(lines) - 1} more like it)" if len(lines) > 1 else ""
        raise InputError(lines[0] + more if lines else "no path given")
    alike: dict[str, list[str]] = {}
    for path, _ in files:
        for note in notes.get(path, ()):
            alike.setdefault(note, []).append(path.name)
    said = tuple(f"{', '.join(names)}: {note}" for note, names in alike.items())
    notes_of_all = (*said, *found_recorded.notes, *dependence_notes(cells))
    return Results(cells, tuple(problems), notes_of_all, _looks(paths), found_recorded.uncounted)


def _looks(paths: Iterable[Path]) -> tuple[UntilRecord, ...]:
    """Of the stores that the paths are, or lie in."""
    inside = [path if path.is_dir() and not (is_run(path) or is_recorded(path)) else path.parent for path in paths]
    return records_under(dict.fromkeys(inside))


def cell_of(runs: Sequence[StoredRun], variant: str = "") -> StoredCell:
    """Runs of one cell, stacked into curves: seeds by number, then the runs at other coordinates."""
    runs = sorted(runs, key=_order)
    first, cell = runs[0], runs[0].run.cell
    recorded = [run.recorded for run in runs]
    names = sorted({name for run in runs for name in run.outcome.evaluation})
    coordinates = tuple(run.run.coordinates for run in runs)
    curves = CellCurves(
        dataset=cell.dataset,
        model=cell.model,
        protocol=cell.protocol,
        seeds=run_labels(coordinates),
        training=np.stack([arrays["training.loss"] for arrays in recorded]),
        validation=np.stack([arrays["validation.loss"] for arrays in recorded]),
        divergences=tuple(run.outcome.divergence for run in runs),
        reference=first.outcome.reference,
        evaluation={name: np.array([run.outcome.evaluation.get(name, np.nan) for run in runs]) for name in names},
        variant=variant,
        measure=first.outcome.curve_measure,
        measures={name: measure for name, measure in first.outcome.measures.items() if name != "curve"},
        epochs_at=recorded[0]["validation.epoch"],
        steps_at=recorded[0].get("validation.step"),
        coordinates=coordinates,
    )
    return StoredCell(curves, cell, tuple(runs))


def _order(run: StoredRun) -> tuple[bool, tuple[int, ...]]:
    coordinates = run.run.coordinates
    return coordinates.seed is None, tuple(-1 if value is None else value for value in coordinates)


def _recorded_cell(one: RecordedCell, references: Mapping[str, Reference | None]) -> StoredCell:
    curves = replace(
        one.cell.curves(references),
        seeds=run_labels(one.coordinates),
        coordinates=one.coordinates if one.has_streams else None,
        unfinished=one.unfinished,
    )
    return StoredCell(curves, imported=one.cell)


def _open_once(path: Path, references: Mapping[str, Reference | None], copies: set[str]) -> StoredCell | None:
    """An imported cell; None for one that is among `copies`, which grows."""
    cell = open_imported(path)
    if cell.identity in copies:
        return None
    copies.add(cell.identity)
    return StoredCell(cell.curves(references), imported=cell)


def _expand(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        try:
            path.stat()
        except FileNotFoundError:
            raise InputError(f"'{path}' does not exist") from None
        except OSError as error:
            raise InputError(f"'{path}' cannot be read: {one_line(error)}") from None
        if not path.is_dir() or is_run(path) or is_recorded(path):
            found.append(path)
            continue
        inside = [*stored_runs(path), *recorded_runs(path)] or sorted(path.glob("*_*_*.json"))
        if not inside:
            raise nothing_in(path)
        found.extend(inside)
    return list(dict.fromkeys(found))


def cells_of_runs(runs: Sequence[StoredRun], problems: list[str]) -> tuple[StoredCell, ...]:
    """Runs as cells, called by what sets them apart; a line in `problems` for runs that are no cell together."""
    cells: list[StoredCell] = []
    for group in runs_by_cell(runs):
        try:
            cells.append(cell_of(group))
        except InputError as error:
            problems.append(str(error))
    variants = differing_settings([(cell.curves, cell.config) for cell in cells])
    named = (replace(cell.curves, variant=variant) for cell, variant in zip(cells, variants, strict=True))
    return tuple(replace(cell, curves=curves) for cell, curves in zip(cells, named, strict=True))


def _without_imported_copies(files: Sequence[tuple[Path, StoredCell]]) -> list[tuple[Path, StoredCell]]:
    """A curve file beside the folder that it was imported into is the same cell: the folder is kept."""

    def key(cell: StoredCell) -> tuple[object, ...]:
        curves = cell.curves
        losses = (curves.training.tobytes(), curves.validation.tobytes())
        return curves.dataset, curves.model, curves.seeds, curves.measure, *losses

    imported = {key(cell) for path, cell in files if path.is_dir()}
    return [(path, cell) for path, cell in files if path.is_dir() or key(cell) not in imported]


def _imported(files: Sequence[tuple[Path, StoredCell]]) -> tuple[StoredCell, ...]:
    """Cells of curve files and imports; those of the same dataset and model are told apart by the settings that they
    were grouped by, and else by their paths.
    """
    named = [replace(cell, curves=replace(cell.curves, variant=_settings(cell))) for _, cell in files]
    times = Counter(cell.curves.label for cell in named)
    return tuple(
        replace(cell, curves=replace(cell.curves, variant=str(path))) if times[cell.curves.label] > 1 else cell
        for (path, _), cell in zip(files, named, strict=True)
    )


def _settings(cell: StoredCell) -> str:
    settings = cell.imported.settings if cell.imported else {}
    return ", ".join(f"{name}={value}" for name, value in settings.items())
