"""Cells in training on disk: the last two states of each, written atomically, recognised when they were changed.

They live in a hidden folder beside the runs, `.training/IDENTITY/000120`, named after the cell's identity and the
number of finished epochs, and go when the cell's runs are stored.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genconv.config.run import FORMAT, Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.store.arrays import Arrays
from genconv.store.files import damage, one_line, read_json, remove_abandoned, unwritten, write_folder, write_json

FOLDER = ".training"
_KEPT = 2
_ABOUT, _STATE = "checkpoint.json", "state.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A cell after some epochs."""

    runs: tuple[Coordinates, ...]
    epochs: int
    """How many are finished."""
    made_with: Mapping[str, Any]
    """What has to be the same for the training to go on bit by bit."""
    arrays: Arrays


def cell_folder(root: Path, cell: Cell) -> Path:
    """Where what belongs to a cell in training is kept."""
    return root / FOLDER / cell.identity[:32]


def save_checkpoint(root: Path, cell: Cell, checkpoint: Checkpoint) -> None:
    """Write a checkpoint and let go of all but the last two."""
    folder = cell_folder(root, cell)
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
        write_folder(folder / f"{checkpoint.epochs:06d}", writers)
    except (OSError, SafetensorError) as error:
        raise unwritten(f"cannot write {folder}", root, error) from None
    for old in _checkpoints(folder)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def latest_checkpoint(root: Path, cell: Cell) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is whole, and one line for each newer one that is not."""
    problems: list[str] = []
    for folder in _checkpoints(cell_folder(root, cell)):
        problem = damage(folder, (_ABOUT, _STATE))
        if problem is None:
            try:
                return _read(folder, cell), problems
            except (InputError, KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
                problem = f"{folder}: cannot be read ({one_line(error)})"
        problems.append(problem)
    return None, problems


def forget(root: Path, cell: Cell) -> None:
    """Remove what is kept of a cell in training, and the folder of all cells when it is empty."""
    shutil.rmtree(cell_folder(root, cell), ignore_errors=True)
    tidy(root)


def tidy(root: Path) -> None:
    """Remove the folder of cells in training if nothing is left in it."""
    try:
        (root / FOLDER).rmdir()
    except OSError:
        return


def _checkpoints(folder: Path) -> list[Path]:
    """Newest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if path.is_dir() and path.name.isdigit()), reverse=True)


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
