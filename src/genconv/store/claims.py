"""Who works on which runs of a cell: sets of runs that one process holds, so that several share a cell.

A set is a folder under `.training/CELL` and a lock beside it. Whoever looks for work holds the cell's own lock for a
moment, so that no two claim the same runs.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.errors import WorkError
from genconv.store.checkpoints import (
    Checkpoint,
    Identified,
    cell_folder,
    empty_sets,
    forget,
    save_checkpoint,
    saved_sets,
    set_folder,
    tidy,
    write_runs,
)
from genconv.store.files import one_line
from genconv.store.lock import Lock, acquire, claim, holder

_NAP = 0.05
"""Seconds between two looks at the lock of a cell that another process holds for a moment."""
Missing = Callable[[], Sequence[Coordinates]]
"""The runs of the study that are not stored at this moment."""
Usable = Callable[[Path, Sequence[Coordinates]], bool]
"""Whether the saved state of these runs in this folder may go on now."""


@dataclass(frozen=True)
class Claim:
    """A block: runs that this process works on until it releases them."""

    runs: tuple[Coordinates, ...]
    folder: Path
    lock: Lock


@dataclass(frozen=True)
class Taken:
    """Nothing to claim now: other processes hold these locks, and these saved sets may not go on yet."""

    locks: tuple[Path, ...]
    unusable: bool


class Claims:
    """The sets of runs of one cell, trained or launched, in a store that several processes may share."""

    def __init__(self, root: Path, cell: Identified, folder_of: Callable[[Coordinates], str]) -> None:
        """`folder_of`: how the folder of a run is called once it is stored."""
        self.root, self.cell, self.folder_of = root, cell, folder_of

    def next(self, missing: Missing, usable: Usable, most: int) -> Claim | Taken | None:
        """Claim runs that are missing: first a saved set of them, then at most `most` that nobody has begun.

        None if nothing is missing. Saved sets of which no run is missing in this study are left alone.
        """
        with self._alone():
            locks: dict[Path, Lock] = {}
            chosen: Path | None = None
            try:
                sets = saved_sets(self.root, self.cell)
                busy = _locked(sets, locks)
                needed = missing()  # after the locks: a set that went in between has stored its runs
                if not needed:
                    return None
                wanted = set(needed)
                saved = [folder for folder in locks if wanted & set(sets[folder])]
                chosen = next((folder for folder in saved if usable(folder, sets[folder])), None)
                if chosen is not None:
                    return Claim(sets[chosen], chosen, locks[chosen])
                begun = {run for folder in (*busy, *saved) for run in sets[folder]}
                free = [run for run in needed if run not in begun][:most]
                if free:
                    return self._new(free)
                return Taken(tuple(_lock_of(folder) for folder in busy), unusable=bool(saved))
            finally:
                for folder, lock in locks.items():
                    if folder != chosen:
                        lock.release()

    @contextmanager
    def released(self, held: Claim) -> Iterator[None]:
        """Release the claim after the block; what is saved of it stays only if the block is interrupted.

        Nothing is touched of a block that another process has taken over: `TakenOverError` if that made the work fail.
        """
        over = False
        try:
            yield
            over = True
        except WorkError:
            held.lock.fence()  # what cannot be read or written may be gone because another process has finished it
            raise
        finally:
            with suppress(WorkError):
                held.lock.fence()
                if over or not any(held.folder.glob("[0-9]*")):
                    forget(held.folder)
            held.lock.release()
            tidy(self.root, held.folder.parent)

    def write(self, folder: Path, runs: Sequence[Coordinates]) -> None:
        """Say in the folder of a set which runs it is of."""
        write_runs(folder, {run: self.folder_of(run) for run in runs})

    def divide(self, cell: Cell, parts: Sequence[Checkpoint]) -> None:
        """Save the parts of a set that is claimed as sets of their own, so that nothing is lost when it is released.

        Nobody looks for work in the cell meanwhile.
        """
        with self._alone():
            for part in parts:
                self.write(set_folder(self.root, self.cell, part.runs), part.runs)
                save_checkpoint(self.root, cell, part)

    def remove_useless(self, stored: Callable[[Coordinates], bool]) -> None:
        """Remove saved sets that nobody works on, if all of their runs are stored, or nothing is in them to go on with.

        The latter is what a process leaves that was paused while it wrote, and wakes when another one has finished.
        """
        with self._alone():
            useless = [folder for folder, runs in saved_sets(self.root, self.cell).items() if all(map(stored, runs))]
            for folder in (*useless, *empty_sets(self.root, self.cell)):
                if (lock := acquire(_lock_of(folder))) is not None:
                    forget(folder)
                    lock.release()
        tidy(self.root, cell_folder(self.root, self.cell))

    def held_or_saved(self, runs: Collection[Coordinates]) -> tuple[list[Path], list[str]]:
        """The folders of the saved sets that have one of these runs, and who holds some of them now, in words."""
        found, by = [], []
        for folder, of in saved_sets(self.root, self.cell).items():
            if set(of) & set(runs):
                found.append(folder)
                by += [who] if (who := holder(_lock_of(folder))) else []
        return found, by

    def _new(self, runs: Sequence[Coordinates]) -> Claim | Taken:
        folder = set_folder(self.root, self.cell, runs)
        lock = claim(_lock_of(folder))
        if lock is None:
            return Taken((_lock_of(folder),), unusable=False)
        try:
            self.write(folder, runs)
        except BaseException:
            lock.release()
            raise
        return Claim(tuple(runs), folder, lock)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the cell's own lock; whoever else looks for work in the cell waits."""
        path = cell_folder(self.root, self.cell).with_suffix(".lock")
        while (lock := claim(path)) is None:
            time.sleep(_NAP)
        try:
            yield
        finally:
            lock.release()


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


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
