"""The output folder of a study at work: what is finished in it, and who is told what happens."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Cell, Run
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.experiment.observer import Observer
from genconv.experiment.work_cell import WorkCell
from genconv.store.checkpoints import of_earlier_versions
from genconv.store.finished import FinishedRuns
from genconv.store.folders import folder_name, set_aside
from genconv.store.lock import holder
from genconv.store.runs import StoredRun


@runtime_checkable
class OfStudy(Protocol):
    """A trained cell, as far as its stored runs need it."""

    @property
    def cell(self) -> Cell:
        """Its configuration."""

    @property
    def runs(self) -> tuple[Coordinates, ...]:
        """That the study wants."""

    def complete(self, stored: Cell) -> Cell:
        """A stored cell with today's fields."""


class StudyStore:
    """The output folder, how the study is executed, and the observer."""

    def __init__(self, root: Path, execution: ExecutionConfig, observer: Observer) -> None:
        self.root, self.execution, self.observer = root, execution, observer
        self._finished = FinishedRuns(root)
        self._whole: set[Path] = set()

    def folder(self, one: OfStudy, run: Coordinates) -> Path:
        """Where the run is stored, or will be."""
        wanted = Run(one.cell, run)
        return self._finished.folder(wanted, one.complete) or self.root / folder_name(wanted)

    def stored(self, one: OfStudy, run: Coordinates, *, warn: bool = False) -> bool:
        """Whether the run is stored, and whole; its files are hashed once."""
        folder = self.folder(one, run)
        if not folder.exists():
            return False
        if folder not in self._whole:
            try:
                StoredRun.open(folder)
            except InputError as error:
                if warn:
                    self.observer.warned(f"{error}; the run is trained again")
                return False
            self._whole.add(folder)
        return True

    def missing(self, one: OfStudy, *, warn: bool = False) -> list[Coordinates]:
        """The cell's runs that are not stored, or not whole."""
        return [run for run in one.runs if not self.stored(one, run, warn=warn)]

    def start_over(self, cells: Sequence[WorkCell]) -> None:
        """Move what is there of these cells aside; `InputError` if a worker is at work on a part of it."""
        saved: list[Path] = []
        for one in cells:
            found, by = one.claims.held_or_saved(one.runs)
            if by:
                raise InputError(f"--fresh: {one.name} is {one.at_work} by {by[0]}")
            saved += found
        runs = [one.folder(run) for one in cells for run in one.runs]
        if moved := self.set_aside([folder for folder in (*runs, *saved) if folder.exists()]):
            self.observer.warned(f"what was there of this study is now in {moved}")
            self._finished, self._whole = FinishedRuns(self.root), set()

    def set_aside(self, folders: Sequence[Path]) -> Path | None:
        """Move folders into a hidden one; returns it."""
        return set_aside(self.root, folders, datetime.now())

    def set_earlier_versions_aside(self) -> None:
        """Say of cells in training that an earlier version saved that they cannot go on, and move them aside."""
        for folder in of_earlier_versions(self.root):
            if holder(folder.with_suffix(".lock")) is None:
                moved = self.set_aside([folder])
                self.observer.warned(
                    f"{folder}: an earlier version saved a cell in training there, which cannot go on; it is now in "
                    f"{moved}, and what is missing of its runs is trained from the first epoch"
                )
