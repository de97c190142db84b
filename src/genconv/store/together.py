"""Two results as one: `results + more`."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.store.dependence import dependence_notes
from genconv.store.load import cells_of_runs
from genconv.store.results import Results, StoredCell
from genconv.store.runs import StoredRun

T = TypeVar("T")


def together(one: Results, other: Results) -> Results:
    """All cells and runs of both, each run once; cells of one configuration become one.

    Cells without run folders, as imported ones, stay as they are: one that is in both, once.

    Raises:
        InputError: If a run is in both with other contents, or two cells without run folders have one name.

    """
    problems = [*_once((*one.problems, *other.problems))]
    cells = [*one.cells, *other.cells]
    runs = _each_once([run for cell in cells for run in cell.runs])
    found = (*cells_of_runs(runs, problems), *_plain([cell for cell in cells if not cell.runs]))
    _check_names(found)
    old = {*dependence_notes(one.cells), *dependence_notes(other.cells)}
    notes = [note for note in (*one.notes, *other.notes) if note not in old]
    return Results(
        cells=found,
        problems=tuple(problems),
        notes=(*_once(notes), *dependence_notes(found)),
        looks=_once((*one.looks, *other.looks)),
        uncounted=_once((*one.uncounted, *other.uncounted)),
    )


def _once(values: Iterable[T]) -> tuple[T, ...]:
    """Each value once, in order; they need not have a hash."""
    kept: list[T] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return tuple(kept)


def _each_once(runs: Sequence[StoredRun]) -> list[StoredRun]:
    kept: dict[tuple[str, Coordinates], StoredRun] = {}
    for run in runs:
        key = run.run.cell.identity, run.run.coordinates
        before = kept.setdefault(key, run)
        if before is not run and not _same(before, run):
            cell = run.run.cell
            raise InputError(
                f"{cell.model} on {cell.dataset}, {run.run.name}: is in both results, with other curves "
                f"('{before.path}' and '{run.path}'): take one of the two"
            )
    return list(kept.values())


def _same(one: StoredRun, other: StoredRun) -> bool:
    """Whether two folders hold the same curves, to the last bit."""
    mine, yours = one.recorded, other.recorded
    return mine.keys() == yours.keys() and all(np.array_equal(mine[name], yours[name], equal_nan=True) for name in mine)


def _plain(cells: Sequence[StoredCell]) -> list[StoredCell]:
    kept: list[StoredCell] = []
    for cell in cells:
        if not any(_alike(cell, before) for before in kept):
            kept.append(cell)
    return kept


def _alike(one: StoredCell, other: StoredCell) -> bool:
    a, b = one.curves, other.curves
    if (a.label, a.seeds, a.measure) != (b.label, b.seeds, b.measure):
        return False
    pairs = (a.validation, b.validation), (a.training, b.training), (a.places, b.places)
    return all(np.array_equal(mine, yours, equal_nan=True) for mine, yours in pairs)


def _check_names(cells: Sequence[StoredCell]) -> None:
    names: set[str] = set()
    for curves in (cell.curves for cell in cells):
        if curves.label in names:
            raise InputError(
                f"{curves.label}: two cells have this name and other curves: read both folders in one "
                "genconv.load([…]), which tells them apart, or choose one"
            )
        names.add(curves.label)
