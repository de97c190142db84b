"""The folders of a store: their names, which of them are runs, and the output folder itself."""

import re
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from genconv.config.run import Run
from genconv.errors import InputError, WorkError
from genconv.store.files import MANIFEST, folders_with, one_line
from genconv.store.writing import remove_abandoned

CONFIG = "config.json"


def folder_name(run: Run) -> str:
    """`dataset-model-protocol-s7-` and the first 16 digits of the run's SHA-256; safe as a file name whatever the
    names are. Other coordinates than those of a seed stand there as `init5-order7-noise7`.
    """
    return name_of_folder(run, run.coordinates.file_name, run.identity)


def name_of_folder(run: Run, place: str, identity: str) -> str:
    """The name of the folder of `run` with its place among the runs in a word, under the identity as stored."""
    names = (run.cell.dataset, run.cell.model, run.cell.protocol)
    safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in names)
    return f"{safe[:80]}-{place}-{identity[:16]}"


def prepare(root: Path) -> Path:
    """Make the output folder and check that it can be written; `InputError` if not."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
        _check_links(root / ".training")
        remove_abandoned(root)
    except OSError as error:
        raise InputError(f"output folder '{root}' cannot be written: {one_line(error)}") from None
    return root


def set_aside(root: Path, folders: Iterable[Path], when: datetime) -> Path | None:
    """Move folders under `root` into a hidden one named after the time; returns it, or None if there was nothing."""
    target = root / f".replaced-{when:%Y%m%d-%H%M%S-%f}"
    try:
        for folder in folders:
            target.mkdir(exist_ok=True)
            folder.rename(target / folder.name)
    except OSError as error:
        raise WorkError(f"cannot move {folder} to {target}: {one_line(error)}") from None
    return target if target.exists() else None


def stored_runs(root: Path) -> list[Path]:
    """The run folders directly under `root`, sorted by name; one is known by its `config.json` or manifest."""
    return folders_with(root, (CONFIG, MANIFEST), closed=True)


def is_run(path: Path) -> bool:
    """Whether `path` looks like a run folder."""
    return path.is_dir() and _is_run(path)


def _is_run(path: Path) -> bool:
    try:
        return (path / CONFIG).exists() or (path / MANIFEST).exists()
    except OSError:  # a folder that may not be entered: whoever opens it is told
        return True


def _check_links(folder: Path) -> None:
    """Saved states are written into this folder and those below it, not to wherever a link may lead."""
    inside = [path for path in folder.glob("*") if path.name == path.name.strip(".")]
    for path in (folder, *inside, *(each for one in inside if not one.is_symlink() for each in one.glob("*"))):
        if path.is_symlink():
            raise InputError(f"'{path}' is a symbolic link: nothing is saved through it")
