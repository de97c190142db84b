"""Where a study stands, in small files that another process reads: what is planned, and how far each cell is."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from genconv.config.run import Cell
from genconv.errors import InputError
from genconv.store.checkpoints import DIGITS, FOLDER, stored_folders
from genconv.store.files import read_json
from genconv.store.folders import CONFIG
from genconv.store.lock import acquire, holder
from genconv.store.recorded import RECORD
from genconv.store.writing import write_file

_STATUS, _PLAN = "status.json", "plan-{}.json"
_LONGEST = 1e12
"""Seconds; no epoch takes longer."""


@dataclass(frozen=True)
class CellStatus:
    """A cell in training, or waiting for it."""

    dataset: str
    model: str
    protocol: str
    runs: int
    """In training, or waiting."""
    epochs: int
    """That it will have; 0 where that is not known."""
    done: int = 0
    diverged: int = 0
    seconds_per_epoch: float | None = None
    """None before the first epoch is done."""
    state: str = "waiting"
    """`waiting`, `interrupted`, or who trains it."""

    @classmethod
    def of(cls, cell: Cell, runs: int, **more: Any) -> Self:
        """From a cell's names."""
        return cls(cell.dataset, cell.model, cell.protocol, runs, cell.training.epochs, **more)

    @classmethod
    def read(cls, values: object) -> Self | None:
        """From what `asdict` gave; None if it is something else."""
        if not isinstance(values, dict) or set(values) != set(cls.__dataclass_fields__):
            return None
        one = cls(**values)
        words = (one.dataset, one.model, one.protocol, one.state)
        counts = (one.runs, one.epochs, one.done, one.diverged)
        pace = one.seconds_per_epoch
        if not all(isinstance(word, str) for word in words) or not all(type(count) is int for count in counts):
            return None
        return one if pace is None or (isinstance(pace, (int, float)) and 0 <= pace < _LONGEST) else None

    @property
    def seconds_left(self) -> float | None:
        """Training that is left at the present pace; None if that is not known."""
        return None if self.seconds_per_epoch is None else self.seconds_per_epoch * (self.epochs - self.done)


@contextmanager
def planned(root: Path, cells: Mapping[str, tuple[CellStatus, Sequence[Path]]]) -> Iterator[None]:
    """Say for the block which cells this process is about to work on, each with the folders that its runs will have.

    What processes had planned that are gone is removed.
    """
    drop_abandoned(root)
    if not cells:
        yield
        return
    file = root / FOLDER / _PLAN.format(secrets.token_hex(4))
    lock = None
    with suppress(OSError):
        lock = acquire(_lock_of(file))
    plan = {
        identity[:DIGITS]: {"status": asdict(one), "folders": [folder.name for folder in folders]}
        for identity, (one, folders) in cells.items()
    }
    try:
        _put(file, plan)
        yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        if lock is not None:
            lock.release()


def write_status(folder: Path, status: CellStatus) -> None:
    """Write down in the folder of a set of runs how far it is."""
    _put(folder / _STATUS, asdict(status))


def statuses(root: Path) -> list[CellStatus]:
    """Every cell that is in training or waits for it under `root`; only files are read."""
    folder, waiting = root / FOLDER, dict[str, CellStatus]()
    for file in sorted(folder.glob(_PLAN.format("*"))):
        if holder(_lock_of(file)):
            waiting |= {name: one for name, values in _get(file).items() if (one := _still_waiting(root, values))}
    begun = []
    for file in sorted(folder.glob(f"*/*/{_STATUS}")):
        if one := CellStatus.read(_get(file)):
            waiting.pop(file.parent.parent.name, None)
            stored = sum((root / name / CONFIG).exists() for name in stored_folders(file.parent))
            who = holder(file.parent.with_suffix(".lock"))
            if who or stored < one.runs:
                begun.append(replace(one, runs=one.runs - stored, state=who or "interrupted"))
    return [*begun, *waiting.values()]


def unreadable(root: Path) -> list[Path]:
    """What lies under the folder of cells in training that this user may not read."""
    refused: list[Path] = []

    def note(error: OSError) -> None:
        if isinstance(error, PermissionError):
            refused.append(Path(error.filename))

    for folder, inside, names in os.walk(root / FOLDER, onerror=note):
        inside[:] = [name for name in sorted(inside) if not name.isdigit()]
        files = [Path(folder) / name for name in sorted(names) if Path(name).suffix == ".json"]
        refused += [file for file in files if file.exists() and not os.access(file, os.R_OK)]
    return refused


def _still_waiting(root: Path, values: object) -> CellStatus | None:
    """A planned cell with as many runs as are not stored by now; None if that is none."""
    if not isinstance(values, dict) or not isinstance(names := values.get("folders"), list):
        return None
    one = CellStatus.read(values.get("status"))
    folders = [root / Path(str(name)).name for name in names]
    left = sum(not ((folder / CONFIG).exists() or (folder / RECORD).exists()) for folder in folders)
    return None if one is None or not left else replace(one, runs=left)


def drop_abandoned(root: Path) -> None:
    """Plans of processes that are gone."""
    for file in (root / FOLDER).glob(_PLAN.format("*")):
        with suppress(OSError):  # of another user
            if (lock := acquire(_lock_of(file))) is not None:
                file.unlink(missing_ok=True)
                lock.release()


def _lock_of(plan: Path) -> Path:
    return plan.with_suffix(".lock")


def _put(path: Path, value: Mapping[str, Any]) -> None:
    """Atomic, not durable."""
    with suppress(OSError):  # a full disk is told by what matters more
        write_file(path, lambda temporary: temporary.write_text(json.dumps(value), encoding="utf-8"), durable=False)


def _get(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except InputError:
        return {}
