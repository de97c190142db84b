"""The whole way: read, then write what is not in the store yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genconv.curves import CellCurves
from genconv.errors import printable
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions
from genconv.store.folders import prepare
from genconv.store.imported import ImportedCell, save_imported


@dataclass(frozen=True)
class Imported:
    """What an import left behind."""

    paths: tuple[Path, ...]
    """The folder of each cell."""
    cells: tuple[ImportedCell, ...]
    lines: tuple[str, ...]
    """What was taken for what, and what is where now."""


def import_into(root: Path, sources: Sequence[Path], options: ImportOptions | None = None) -> Imported:
    """Read all sources, then write their cells under `root`; if one source cannot be read, nothing is written."""
    options = options or ImportOptions()
    imports, lines = read_cells(sources, options)
    prepare(root)
    found = []
    told = list(lines)
    for one in imports:
        path, new = save_imported(root, one.cell)
        found.append(path)
        told += _about(one, path, new)
    return Imported(tuple(found), tuple(one.cell for one in imports), tuple(told))


def _about(one: Import, path: Path, new: bool) -> list[str]:
    cell = one.cell
    curves = cell.curves()
    name = f"{cell.model} on {cell.dataset}"
    state = "" if new else " (there already, unchanged)"
    return [*(f"{name}: {note}" for note in one.notes), f"{name}: {_size(curves)} → {printable(str(path))}{state}"]


def _size(curves: CellCurves) -> str:
    count, lost = len(curves.seeds), int(curves.diverged.sum())
    seeds = f"1 seed ({curves.seeds[0]})" if count == 1 else f"{count} seeds"
    return f"{seeds}, {curves.epochs} epochs, {lost} diverged"
