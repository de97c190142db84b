"""Blocks of a cell whose runs are processes of a command."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.experiment.command import Command, Launched, Place, failed_at, run_command
from genconv.experiment.observer import PlannedCell
from genconv.experiment.work_cell import WorkCell
from genconv.store.claims import Claim, Claims
from genconv.store.recorded import is_recorded, open_recorded

_HEARING = 0.1
"""Seconds until a signal is heard that another thread has received."""
_PAUSE = 1.0
_BLOCK_SECONDS = 20.0
"""How long a block takes, about: others that look for work wait no longer, and claiming costs little."""
_MOST_BLOCK = 1000


@dataclass(frozen=True)
class Slots:
    """What runs at once on this machine."""

    jobs: int = 1
    gpus: int = 0
    """Of each job, which sees these alone; 0 for all."""

    def environment(self, slot: int) -> dict[str, str]:
        """The variables of a job in a slot."""
        if not self.gpus:
            return {}
        chosen = visible_gpus()[slot * self.gpus : (slot + 1) * self.gpus]
        return {"CUDA_VISIBLE_DEVICES": ",".join(chosen)}

    def check(self) -> None:
        """`InputError` if there are fewer GPUs than the jobs need."""
        if self.gpus and len(visible_gpus()) < self.jobs * self.gpus:
            raise InputError(
                f"execution.jobs = {self.jobs} with execution.gpus = {self.gpus}: need {self.jobs * self.gpus} GPUs, "
                f"and {len(visible_gpus())} are visible"
            )


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, by the names that CUDA gives them."""
    if (said := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name.strip() for name in said.split(",") if name.strip()]
    devices = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return sorted((name for name in devices if name.isdigit()), key=int)


@dataclass(frozen=True)
class _Cell:
    identity: str


class LaunchedCell(WorkCell):
    """A command with some seeds."""

    at_work = "being run"

    def __init__(
        self,
        command: Command,
        runs: tuple[Coordinates, ...],
        root: Path,
        slots: Slots,
        *,
        start: int = 0,
        block: int | None = None,
        told: Callable[[Launched], None] = lambda _: None,
    ) -> None:
        """`start`: of the study, whose failed runs are not run again; 0 for no study."""
        self.command, self.runs = command, runs
        self.claims = Claims(root.resolve(), _Cell(self.identity), lambda run: self.folder(run).name)
        self._root, self._slots, self._start, self._block, self._told = root.resolve(), slots, start, block, told
        self._folders: dict[Coordinates, Path] = {}
        self._over: dict[Coordinates, bool] = {}
        """Runs that are over; whether each has failed."""
        self._elsewhere: set[Coordinates] = set()
        """Runs whose processes outlive an earlier launcher, which are left to them where there is no study."""
        self._seconds = 0.0
        """That a run has taken, on the average of the last block."""

    @cached_property
    def identity(self) -> str:
        """Of the command with its values."""
        return self.command.run(0).identity

    @property
    def name(self) -> str:
        """`mine on photos (lr=0.1)`."""
        return self.command.name

    @property
    def settings(self) -> Mapping[str, Any]:
        """The values of the command's placeholders."""
        return self.command.values

    def begin(self, start: int, workers: int) -> None:
        """Know what has failed at this start of the study."""
        del workers
        self._start, self._over, self._elsewhere = start, {}, set()

    def check(self, *, here: bool) -> None:
        """`InputError` if the command is not there, or this machine has too few GPUs."""
        if here:
            self.command.check()
            self._slots.check()

    def notes(self) -> Sequence[str]:
        """None."""
        return ()

    def planned(self, missing: Sequence[Coordinates]) -> PlannedCell:
        """Finished and missing runs."""
        wanted = set(missing)
        finished = [run for run in self.runs if run not in wanted]
        return PlannedCell(self.identity, self.command.dataset, self.command.model, "launched", finished, missing)

    def folder(self, run: Coordinates) -> Path:
        """Where the run is recorded, or will be."""
        if run not in self._folders:
            self._folders[run] = self._root / self.command.run(run.init).folder_name
        return self._folders[run]

    def missing(self, *, warn: bool = False) -> list[Coordinates]:
        """The runs that are neither finished, nor have failed at this start of the study."""
        del warn
        return [run for run in self.runs if not self.stored(run) and run not in self._elsewhere]

    def stored(self, run: Coordinates) -> bool:
        """Whether the run is over."""
        if run not in self._over and is_recorded(folder := self.folder(run)):
            with suppress(InputError):
                state = open_recorded(folder).state
                if state == "finished":
                    self._over[run] = False
                elif state == "failed" and self._start and failed_at(folder) == self._start:
                    self._over[run] = True
        return run in self._over

    def failed(self) -> int:
        """How many have failed at this start of the study."""
        return sum(self._over.get(run, False) for run in self.runs)

    def holder(self, seed: int) -> str | None:
        """Who has the run of a seed in hand."""
        _, by = self.claims.held_or_saved([Coordinates.of_seed(seed)])
        return by[0] if by else None

    def usable(self, folder: Path, runs: Sequence[Coordinates], *, last: bool) -> bool:
        """Always: there is nothing that could not go on."""
        del folder, runs, last
        return True

    def most(self) -> int:
        """As many as take about twenty seconds; one a job before that is known."""
        jobs = self._slots.jobs
        if self._block is not None:
            return self._block
        turns = int(_BLOCK_SECONDS / self._seconds) if self._seconds else 1
        return max(jobs, min(jobs * turns, _MOST_BLOCK))

    def made_with(self) -> dict[str, Any]:
        """The version of genconv; what the bits of a command depend on is not known."""
        return {"genconv": version("genconv")}

    def work(self, block: Claim) -> None:
        """Run the command for each run of a block, some at once."""
        left = [run for run in block.runs if run in set(self.runs) and not self.stored(run)]
        free: Queue[int] = Queue()
        for slot in range(self._slots.jobs):
            free.put(slot)
        place = Place(self._root, self._start, check=block.lock.check)
        over: Queue[Future[Launched]] = Queue()

        def run(one: Coordinates) -> Launched:
            slot = free.get()
            try:
                own = Place(place.root, place.start, place.stop, self._slots.environment(slot), place.check)
                return run_command(self.command, one.init, own)
            finally:
                free.put(slot)

        began = time.monotonic()
        with ThreadPoolExecutor(self._slots.jobs) as pool:
            try:
                for one in left:
                    pool.submit(run, one).add_done_callback(over.put)
                self._wait(over, len(left))
            except BaseException:
                place.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        if left and not any(map(self.stored, left)) and self._start:
            time.sleep(_PAUSE)  # their processes outlive an earlier worker
        elif left:
            self._seconds = max((time.monotonic() - began) * self._slots.jobs / len(left), 1e-3)

    def _wait(self, over: "Queue[Future[Launched]]", count: int) -> None:
        """Hear of each run when it is over; signals are heard between such waits."""
        heard = 0
        while heard < count:
            with suppress(Empty):
                one = over.get(timeout=_HEARING).result()
                heard += 1
                if one.state in ("finished", "failed"):
                    self._over[Coordinates.of_seed(one.seed)] = one.state == "failed"
                elif one.state == "running" and not self._start:
                    self._elsewhere.add(Coordinates.of_seed(one.seed))
                self._told(one)
