"""Cells in training on disk: the last two states of each set of runs, written atomically, recognised when changed.

They live in a hidden folder beside the runs, `.training/CELL/SET/000120`: the cell's identity, a digest of the runs
that are trained together, the number of finished epochs. What belongs to one set of runs is touched by nobody who
works on another. A set goes when its runs are stored.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genconv.config.base import canonical_json
from genconv.config.run import FORMAT, Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.store.arrays import Arrays
from genconv.store.files import damage, one_line, read_json, unwritten, write_json
from genconv.store.lock import acquire, holder
from genconv.store.writing import remove_abandoned, write_file, write_folder

FOLDER = ".training"
DIGITS = 32
"""Of a cell's identity in the name of its folder."""
_KEPT = 2
_ABOUT, _STATE, _RUNS = "checkpoint.json", "state.safetensors", "runs.json"
_FAULTS = (InputError, KeyError, TypeError, ValueError, OSError, SafetensorError)
"""What comes of reading a changed file."""


@dataclass(frozen=True)
class Checkpoint:
    """A set of runs of a cell after some epochs."""

    runs: tuple[Coordinates, ...]
    epochs: int
    """How many are finished."""
    made_with: Mapping[str, Any]
    """What has to be the same for the training to go on bit by bit."""
    arrays: Arrays


class Identified(Protocol):
    """A cell, trained or launched, as far as its sets of runs need it."""

    @property
    def identity(self) -> str:
        """64 hexadecimal digits."""


def cell_folder(root: Path, cell: Identified) -> Path:
    """Where the sets of runs of a cell in training are kept."""
    return root / FOLDER / cell.identity[:DIGITS]


def set_folder(root: Path, cell: Identified, runs: Sequence[Coordinates]) -> Path:
    """Where these runs of a cell are kept while they are trained together."""
    digest = hashlib.sha256(canonical_json([run.as_json() for run in runs]).encode()).hexdigest()
    return cell_folder(root, cell) / digest[:16]


def write_runs(folder: Path, runs: Mapping[Coordinates, str]) -> None:
    """Say in the folder of a set which runs it is of, each with the name of its folder, before anything is saved."""
    about = {"format": FORMAT, "runs": [run.as_json() for run in runs], "folders": list(runs.values())}
    try:
        write_file(folder / _RUNS, lambda path: write_json(path, about))
    except OSError as error:
        raise unwritten(f"cannot write {folder}", folder.parent, error) from None


def stored_folders(folder: Path) -> list[str]:
    """The names of the folders that the runs of a set have once they are stored; none if it does not tell."""
    with suppress(*_FAULTS):
        return [Path(name).name for name in read_json(folder / _RUNS)["folders"]]
    return []


def saved_sets(root: Path, cell: Identified) -> dict[Path, tuple[Coordinates, ...]]:
    """The folders of the cell's sets of runs, and which runs they are of; a folder that does not tell is left out."""
    found = {}
    for folder in _folders(cell_folder(root, cell)):
        for file in (folder / _RUNS, *(saved / _ABOUT for saved in _checkpoints(folder))):
            with suppress(*_FAULTS):
                found[folder] = tuple(Coordinates.from_json(run) for run in read_json(file)["runs"])
                break
    return found


def empty_sets(root: Path, cell: Identified) -> list[Path]:
    """The folders of the cell's sets that neither tell which runs they are of nor hold a saved state."""
    folders = _folders(cell_folder(root, cell))
    return [folder for folder in folders if not (folder / _RUNS).exists() and not _checkpoints(folder)]


def save_checkpoint(root: Path, cell: Cell, checkpoint: Checkpoint, check: Callable[[], None] = lambda: None) -> None:
    """Write a checkpoint, unless `check` refuses, and let go of all but the last two of its set of runs."""
    folder = set_folder(root, cell, checkpoint.runs)
    about = {
        "format": FORMAT,
        "cell_identity": cell.identity,
        "runs": [run.as_json() for run in checkpoint.runs],
        "epochs": checkpoint.epochs,
        "made_with": dict(checkpoint.made_with),
    }
    writers = {
        _ABOUT: lambda path: write_json(path, about),
        _STATE: lambda path: save_file(dict(checkpoint.arrays), path),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        write_folder(folder / f"{checkpoint.epochs:06d}", writers, check=check)
    except (OSError, SafetensorError) as error:
        raise unwritten(f"cannot write {folder}", root, error) from None
    for old in _checkpoints(folder)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def latest_checkpoint(folder: Path, cell: Cell) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint in the folder of a set that is whole, and one line for each newer one that is not."""
    problems: list[str] = []
    for saved in _checkpoints(folder):
        problem = damage(saved, (_ABOUT, _STATE))
        if problem is None:
            try:
                return _read(saved, cell), problems
            except _FAULTS as error:
                problem = f"{saved}: cannot be read ({one_line(error)})"
        problems.append(problem)
    return None, problems


def forget(folder: Path) -> None:
    """Remove what is kept of a set of runs."""
    shutil.rmtree(folder, ignore_errors=True)


def tidy(root: Path, cell: Path | None = None) -> None:
    """Remove the folder of a cell, and that of all cells in training, if nothing is left in them but what killed
    processes have left.
    """
    for place in (*([cell] if cell else ()), root / FOLDER):
        remove_abandoned(place)
        for lock in place.glob("*.lock"):
            with suppress(OSError):
                if holder(lock) is None and (taken := acquire(lock)) is not None:
                    taken.release()
    for empty in (*([cell] if cell else ()), root / FOLDER):
        with suppress(OSError):
            empty.rmdir()


def of_earlier_versions(root: Path) -> list[Path]:
    """Folders of cells in training that an earlier version saved: their states lie in the cell's folder itself."""
    return [folder for folder in _folders(root / FOLDER) if _checkpoints(folder)]


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".") and path.suffix != ".lock"
    )


def _checkpoints(folder: Path) -> list[Path]:
    """Newest first."""
    return [path for path in reversed(_folders(folder)) if path.name.isdigit() and len(path.name) < 16]


def _read(folder: Path, cell: Cell) -> Checkpoint:
    about = read_json(folder / _ABOUT)
    if about["format"] != FORMAT or about["cell_identity"] != cell.identity:
        raise InputError(f"{folder}: belongs to another configuration or format")
    return Checkpoint(
        runs=tuple(Coordinates.from_json(run) for run in about["runs"]),
        epochs=int(about["epochs"]),
        made_with=dict(about["made_with"]),
        arrays=dict(load_file(folder / _STATE)),
    )
