"""Where a study stands, in small files that another process reads: what is planned, and how far each cell is."""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.store.checkpoints import FOLDER, cell_folder
from genconv.store.files import alive, read_json
from genconv.store.lock import holder

_STATUS, _PLAN = "status.json", "plan-{}-{}.json"
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
    """That it will have."""
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


def write_plan(root: Path, cells: Sequence[tuple[Cell, Sequence[Coordinates]]]) -> None:
    """Write down which cells this process is about to train, and drop what dead ones had planned."""
    for file in (root / FOLDER).glob(_PLAN.format("*", "*")):
        host, _, process = file.stem.removeprefix("plan-").rpartition("-")
        if host == socket.gethostname() and process.isdigit() and not alive(int(process)):
            file.unlink(missing_ok=True)
    plan = {cell_folder(root, cell).name: asdict(CellStatus.of(cell, len(runs))) for cell, runs in cells}
    if plan:
        _put(_plan_file(root), plan)


def forget_plan(root: Path) -> None:
    """The work is done, or given up."""
    _plan_file(root).unlink(missing_ok=True)


def write_status(root: Path, cell: Cell, status: CellStatus) -> None:
    """Write down how far a cell is."""
    _put(cell_folder(root, cell) / _STATUS, asdict(status))


def statuses(root: Path) -> list[CellStatus]:
    """Every cell that is in training or waits for it under `root`; only files are read."""
    folder, found = root / FOLDER, dict[str, CellStatus]()
    for file in sorted(folder.glob(_PLAN.format("*", "*"))):
        found |= {name: one for name, values in _get(file).items() if (one := CellStatus.read(values))}
    for file in sorted(folder.glob(f"*/{_STATUS}")):
        if one := CellStatus.read(_get(file)):
            found[file.parent.name] = replace(one, state=_state(file.parent))
    return list(found.values())


def _plan_file(root: Path) -> Path:
    return root / FOLDER / _PLAN.format(socket.gethostname(), os.getpid())


def _state(folder: Path) -> str:
    return holder(folder.with_suffix(".lock")) or "interrupted"


def _put(path: Path, value: Mapping[str, Any]) -> None:
    """Atomic, not durable: it is worth nothing after a power failure."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}-{os.getpid()}")
        temporary.unlink(missing_ok=True)
        temporary.write_text(json.dumps(value), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        return  # a full disk is told by what matters more


def _get(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except InputError:
        return {}
