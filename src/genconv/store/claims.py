"""Who trains which runs of a cell: sets of runs that one process holds, so that several share a cell and none is lost.

A set is a folder under `.training/CELL` and a lock beside it. Whoever looks for work holds the cell's own lock for a
moment, so that no two claim the same runs.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError, WorkError
from genconv.store.checkpoints import (
    Checkpoint,
    cell_folder,
    forget,
    save_checkpoint,
    saved_sets,
    set_folder,
    tidy,
    write_runs,
)
from genconv.store.files import one_line
from genconv.store.lock import Lock, acquire, claim, owner

_NAP = 0.05
"""Seconds between two looks at the lock of a cell that another process holds for a moment."""
Missing = Callable[[], Sequence[Coordinates]]
"""The runs of the study that are not stored at this moment."""
Usable = Callable[[Path, Sequence[Coordinates]], bool]
"""Whether the saved state of these runs in this folder may go on now."""


@dataclass(frozen=True)
class Claim:
    """Runs that this process trains together until it releases them."""

    runs: tuple[Coordinates, ...]
    folder: Path
    lock: Lock


@dataclass(frozen=True)
class Taken:
    """Nothing to claim now: other processes hold these locks, and these saved sets may not go on yet."""

    locks: tuple[Path, ...]
    unusable: bool


def next_claim(root: Path, cell: Cell, missing: Missing, usable: Usable, most: int) -> Claim | Taken | None:
    """Claim runs of the cell that are missing: first a saved set of them, then at most `most` that nobody has begun.

    None if nothing is missing. Saved sets of which no run is missing in this study are left alone.
    """
    with _alone(root, cell):
        locks: dict[Path, Lock] = {}
        chosen: Path | None = None
        try:
            sets = saved_sets(root, cell)
            busy = _locked(sets, locks)
            needed = missing()  # after the locks: a set that went in between has stored its runs
            if not needed:
                return None
            saved = [folder for folder in locks if set(sets[folder]) & set(needed)]
            chosen = next((folder for folder in saved if usable(folder, sets[folder])), None)
            if chosen is not None:
                locks[chosen].name_owner()
                return Claim(sets[chosen], chosen, locks[chosen])
            begun = {run for folder in (*busy, *saved) for run in sets[folder]}
            free = [run for run in needed if run not in begun][:most]
            if free:
                return _new(root, cell, free)
            return Taken(tuple(_lock_of(folder) for folder in busy), unusable=bool(saved))
        finally:
            for folder, lock in locks.items():
                if folder != chosen:
                    lock.release()


@contextmanager
def released(root: Path, held: Claim) -> Iterator[None]:
    """Release the claim after the block; what is saved of it stays only if the block is interrupted."""
    try:
        yield
        forget(held.folder)
    finally:
        if not any(held.folder.glob("[0-9]*")):
            forget(held.folder)
        held.lock.release()
        tidy(root, held.folder)


def divide(root: Path, cell: Cell, parts: Sequence[Checkpoint]) -> None:
    """Save the parts of a set that is claimed as sets of their own, so that nothing is lost when the claim is released.

    Nobody looks for work in the cell meanwhile.
    """
    with _alone(root, cell):
        for part in parts:
            write_runs(set_folder(root, cell, part.runs), cell, part.runs)
            save_checkpoint(root, cell, part)


def remove_useless(root: Path, cell: Cell, stored: Callable[[Coordinates], bool]) -> None:
    """Remove saved sets that nobody trains and all of whose runs are stored."""
    with _alone(root, cell):
        for folder, runs in saved_sets(root, cell).items():
            if all(map(stored, runs)) and (lock := acquire(_lock_of(folder))) is not None:
                forget(folder)
                lock.release()
                tidy(root, folder)


def refuse_if_held(root: Path, cell: Cell, runs: Collection[Coordinates]) -> list[Path]:
    """The folders of the saved sets that have one of these runs; `InputError` if one of them is in training."""
    found = []
    for folder, of in saved_sets(root, cell).items():
        if not set(of) & set(runs):
            continue
        lock = acquire(_lock_of(folder))
        if lock is None:
            raise InputError(f"--fresh: {cell.model} on {cell.dataset} is in training by {owner(_lock_of(folder))}")
        lock.release()
        found.append(folder)
    return found


def _new(root: Path, cell: Cell, runs: Sequence[Coordinates]) -> Claim | Taken:
    folder = set_folder(root, cell, runs)
    lock = claim(_lock_of(folder))
    if lock is None:
        return Taken((_lock_of(folder),), unusable=False)
    try:
        write_runs(folder, cell, runs)
    except BaseException:
        lock.release()
        raise
    return Claim(tuple(runs), folder, lock)


def _locked(sets: Collection[Path], locks: dict[Path, Lock]) -> list[Path]:
    """Lock every set that nobody holds; the folders of the others."""
    busy = []
    for folder in sets:
        try:
            lock = acquire(_lock_of(folder))
        except OSError as error:
            raise WorkError(f"cannot lock {_lock_of(folder)}: {one_line(error)}") from None
        if lock is None:
            busy.append(folder)
        else:
            locks[folder] = lock
    return busy


@contextmanager
def _alone(root: Path, cell: Cell) -> Iterator[None]:
    """Hold the cell's own lock; whoever else looks for work in the cell waits."""
    path = cell_folder(root, cell).with_suffix(".lock")
    while (lock := claim(path)) is None:
        time.sleep(_NAP)
    try:
        yield
    finally:
        lock.release()


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
