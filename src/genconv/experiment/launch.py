"""Run any command over seeds, without a study file: the blocks of one cell, in this process."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from genconv.config.command import PLACEHOLDER
from genconv.coordinates import Coordinates
from genconv.errors import InputError, shown
from genconv.experiment.command import Command, Launched
from genconv.experiment.launched import LaunchedCell, Slots
from genconv.experiment.observer import Observer
from genconv.experiment.work import Work, tidied
from genconv.store.folders import prepare
from genconv.store.recorded import is_recorded, open_recorded

__all__ = ["Command", "Launched", "launch", "summary"]


def launch(
    command: Command, seeds: Sequence[int], root: Path, jobs: int = 1, told: Callable[[Launched], None] = lambda _: None
) -> list[Launched]:
    """Run the command for each seed whose run is not finished, at most `jobs` at once; in the order of the seeds.

    `told` hears of each run when it is over. Runs that another launcher holds are left to it. Whatever interrupts the
    call ends the processes, too.

    Raises:
        InputError: For a store that cannot be written, and a command that cannot be started.

    """
    if jobs < 1:
        raise InputError(f"--jobs {jobs}: must be at least 1")
    if jobs > 1 and command.read is not None and not PLACEHOLDER.search(command.read):
        raise InputError(f"--read {shown(command.read)}: with --jobs, runs write into one file; name {{seed}} in it")
    command.check()
    root = prepare(root).resolve()
    found: dict[int, Launched] = {}

    def hear(one: Launched) -> None:
        found[one.seed] = one
        told(one)

    cell = LaunchedCell(command, tuple(map(Coordinates.of_seed, seeds)), root, Slots(jobs), told=hear)
    try:
        Work([cell], Observer(), wait=False).run()
    finally:
        tidied([cell])
    for seed in seeds:
        if seed not in found:
            hear(_elsewhere(cell, seed))
    return [found[seed] for seed in seeds]


def _elsewhere(cell: LaunchedCell, seed: int) -> Launched:
    """A run that was finished before, or that another process holds."""
    folder = cell.folder(Coordinates.of_seed(seed))
    if is_recorded(folder):
        before = open_recorded(folder)
        if before.state == "finished":
            return Launched(seed, "finished", "before")
        if before.state == "running":
            return Launched(seed, "running", before.reason)
    return Launched(seed, "running", cell.holder(seed) or "another process has it in hand")


def summary(runs: Iterable[Launched]) -> str:
    """`12 runs: 9 finished, 3 failed`."""
    states: dict[str, int] = {}
    for one in runs:
        states[one.state] = states.get(one.state, 0) + 1
    total = sum(states.values())
    return f"{total} run{'s' * (total != 1)}: {', '.join(f'{count} {state}' for state, count in states.items())}"
