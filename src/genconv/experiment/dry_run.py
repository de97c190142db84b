"""What a study or a command would train, without training or writing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment.launch import Command
from genconv.experiment.observer import Observer, PlannedCell
from genconv.experiment.planned_cells import planned_cells
from genconv.experiment.study_cells import study_cells
from genconv.experiment.study_store import StudyStore
from genconv.store.recorded import is_recorded, open_recorded


@dataclass(frozen=True)
class PlannedRun:
    """What would become of one run of a command."""

    seed: int
    state: str
    """What is there of it: `finished`, `failed`, …; empty for nothing."""
    command: tuple[str, ...]
    """The words that would be started; none for a run that is finished."""


def dry_run(study: Study, root: Path) -> list[PlannedCell]:
    """Each cell with its runs that are stored under `root` and those that are missing.

    `InputError` for whatever is wrong with the study. No data is loaded, and `root` need not exist.
    """
    cells = study_cells(study, StudyStore(root, study.execution, Observer()))
    return planned_cells(cells, [one.missing() if root.is_dir() else one.runs for one in cells])


def dry_launch(command: Command, seeds: Sequence[int], root: Path) -> list[PlannedRun]:
    """What is there of each seed, and what would be started for it."""
    return [_planned(command, seed, root) for seed in seeds]


def _planned(command: Command, seed: int, root: Path) -> PlannedRun:
    folder = root.resolve() / command.run(seed).folder_name
    state = ""
    if is_recorded(folder):
        try:
            state = open_recorded(folder).state
        except InputError:
            state = "damaged"
    words = () if state == "finished" else tuple(command.filled(word, seed, folder) for word in command.words)
    return PlannedRun(seed, state, words)
