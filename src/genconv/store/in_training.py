"""What is in training in a store at this moment, read from its files: each look reads only what was added."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from genconv.config.base import canonical_json
from genconv.errors import InputError
from genconv.store.checkpoints import stored_folders
from genconv.store.folders import CONFIG, stored_runs
from genconv.store.grouping import differing_settings
from genconv.store.growing import GrowingFile, growing_files
from genconv.store.growing_cells import GrowingCell, recorded_cell, trained_cells
from genconv.store.recorded import FollowedRun, RecordedRun, recorded_runs


class Growing(NamedTuple):
    """What a look has found."""

    cells: tuple[GrowingCell, ...]
    """With at least one epoch."""
    finished: tuple[Path, ...]
    """The folders of all runs that are not in training, however they have ended."""
    recorded: tuple[tuple[RecordedRun, ...], ...]
    """Runs of scripts, a group a cell, of cells that have one that is recorded now."""
    problems: tuple[str, ...]
    """One line for each thing that could not be read."""


SoFar = Callable[[RecordedRun], RecordedRun]
"""A run with what its command has left by now in a file of another format, which readers know and not the store."""


class InTraining:
    """A store that is looked at again and again."""

    def __init__(self, root: Path, so_far: SoFar = lambda run: run) -> None:
        self.root, self._so_far = root, so_far
        self._files: dict[Path, GrowingFile] = {}
        self._runs: dict[Path, FollowedRun] = {}

    def look(self) -> Growing:
        """What there is now."""
        if not self.root.is_dir():
            return Growing((), (), (), ())
        problems: list[str] = []
        trained = self._trained(problems)
        finished, recorded = self._recorded(problems)
        cells = [*trained_cells(trained), *filter(None, map(recorded_cell, recorded))]
        over = (*stored_runs(self.root), *finished)
        return Growing(tuple(_named(cells)), over, recorded, tuple(problems))

    def _trained(self, problems: list[str]) -> list[GrowingFile]:
        """The files of runs that are not all stored, with at least one epoch."""
        found = []
        paths = growing_files(self.root)
        self._files = {path: self._files.get(path) or GrowingFile(path) for path in paths}
        for path, file in self._files.items():
            try:
                file.follow()
            except InputError as error:
                if path.exists():
                    problems.append(str(error))
                continue
            names = stored_folders(path.parent)
            if file.epochs and not (names and all((self.root / name / CONFIG).exists() for name in names)):
                found.append(file)
        return found

    def _recorded(self, problems: list[str]) -> tuple[list[Path], tuple[tuple[RecordedRun, ...], ...]]:
        """The folders of runs that are over, and the runs of each cell that has one that is not."""
        folders = recorded_runs(self.root)
        self._runs = {path: self._runs.get(path) or FollowedRun(path) for path in folders}
        by_cell: dict[str, list[RecordedRun]] = defaultdict(list)
        over: list[Path] = []
        for path, followed in self._runs.items():
            try:
                one = self._so_far(followed.look())
            except InputError as error:
                problems.append(str(error))
                continue
            if one.state != "running":
                over.append(path)
            about = one.run
            key = canonical_json([about.dataset, about.model, about.config, about.measure.as_json()])
            by_cell[key].append(one)
        alive = (tuple(runs) for runs in by_cell.values() if any(run.state == "running" for run in runs))
        return over, tuple(alive)


def _named(cells: Sequence[GrowingCell]) -> Iterator[GrowingCell]:
    """Cells of the same names with what sets them apart; where nothing else does, a number."""
    variants = differing_settings([(cell.curves, cell.config) for cell in cells])
    times: dict[str, int] = defaultdict(int)
    for cell, variant in zip(cells, variants, strict=True):
        curves = replace(cell.curves, variant=variant)
        times[curves.label] += 1
        if (number := times[curves.label]) > 1:
            curves = replace(curves, variant=f"{variant}, {number}".removeprefix(", "))
        yield replace(cell, curves=curves)
