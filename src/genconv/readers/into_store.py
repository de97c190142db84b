"""Import sources into a store: read all of them, then write the cells that the store does not have."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from genconv.curves import CellCurves
from genconv.errors import InputError, printable, quoted
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions
from genconv.store.files import read_json
from genconv.store.folders import prepare, stored_runs
from genconv.store.imported import IMPORT, ImportedCell, is_imported, save_imported


@dataclass(frozen=True, repr=False)
class Imported:
    """The result of an import."""

    paths: tuple[Path, ...]
    """The folder of each cell."""
    cells: tuple[ImportedCell, ...]
    lines: tuple[str, ...]
    """One line for each source and each cell: how it was read, and where it is stored."""

    def __repr__(self) -> str:
        cells, runs = len(self.cells), sum(len(cell.seeds) for cell in self.cells)
        title = f"Imported: {cells} cell{'s' * (cells != 1)}, {runs} run{'s' * (runs != 1)}"
        return "\n".join([title, *self.lines])


def import_into(root: Path, sources: Sequence[Path], options: ImportOptions | None = None) -> Imported:
    """Read all sources, then write their cells under `root`; if one source cannot be read, nothing is written."""
    options = options or ImportOptions()
    imports, lines = read_cells(sources, options)
    prepare(root)
    paths = []
    reported = list(lines)
    before = _there(root)
    for imported in imports:
        path, new = save_imported(root, imported.cell)
        paths.append(path)
        reported += _about(imported, path, new)
        reported += _beside(imported.cell, path, before) if new else []
    return Imported(tuple(paths), tuple(imported.cell for imported in imports), tuple(reported))


def _there(root: Path) -> dict[tuple[str, str], list[str]]:
    """Dataset and model of the imported cells that are in the store already, and their folders."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in stored_runs(root):
        if is_imported(path):
            with suppress(InputError, KeyError, TypeError):
                document = read_json(path / IMPORT)
                found[document["dataset"], document["model"]].append(path.name)
    return found


def _beside(cell: ImportedCell, path: Path, before: Mapping[tuple[str, str], Sequence[str]]) -> list[str]:
    """A line if the store holds other imports of the model and dataset, which may be the same runs read otherwise."""
    others = [name for name in before.get((cell.dataset, cell.model), ()) if name != path.name]
    if not others:
        return []
    name = f"{cell.model} on {cell.dataset}"
    return [f"{name}: stands beside {quoted(others, 3)}: if these are the same runs read otherwise, remove one folder"]


def _about(imported: Import, path: Path, new: bool) -> list[str]:
    cell = imported.cell
    curves = cell.curves()
    chosen = ", ".join(f"{setting}={value}" for setting, value in cell.settings.items())
    name = printable(f"{cell.model} on {cell.dataset}{f' ({chosen})' if chosen else ''}")
    state = "" if new else " (there already, unchanged)"
    return [*(f"{name}: {note}" for note in imported.notes), f"{name}: {_size(curves)} → {printable(str(path))}{state}"]


def _size(curves: CellCurves) -> str:
    count, diverged = len(curves.seeds), int(curves.diverged.sum())
    seeds = f"1 seed ({curves.seeds[0]})" if count == 1 else f"{count} seeds"
    places = curves.epochs
    every = curves.counted == "epochs" and places == curves.trained
    word = "epoch" if every else "validation"
    reach = f"over {curves.trained:.12g} epochs" if curves.counted == "epochs" else f"until step {curves.trained:.12g}"
    end = "" if every else f" {reach}"
    return f"{seeds}, {places} {word}{'s' * (places != 1)}{end}, {diverged} diverged"
