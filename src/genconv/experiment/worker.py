"""A worker: takes blocks of the studies in a store until none is left. Every engine only starts such workers."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType

from genconv.errors import InputError, Stopped
from genconv.experiment.observer import Observer
from genconv.experiment.start import agree
from genconv.experiment.study_cells import cells_of_plan
from genconv.experiment.study_store import StudyStore
from genconv.experiment.work import Work, tidied
from genconv.experiment.work_cell import WorkCell
from genconv.store.folders import prepare
from genconv.store.plans import Plan, change_plan, planned_studies, read_plan

WORK_LEFT = 75
"""Exit code of a worker that ended while work was left: EX_TEMPFAIL of sysexits.h, "try again"."""


@dataclass(frozen=True)
class WorkerEnd:
    """How a worker ended."""

    left: int = 0
    """Runs that are neither stored nor failed for good; other workers may be at work on them."""
    failed: int = 0
    """Runs that have failed."""

    def __add__(self, other: "WorkerEnd") -> "WorkerEnd":
        """Of two studies."""
        return WorkerEnd(self.left + other.left, self.failed + other.failed)

    @property
    def exit_code(self) -> int:
        """75 if work is left; else 1 if runs failed; else 0."""
        return WORK_LEFT if self.left else 1 if self.failed else 0


def run_worker(
    root: Path | str,
    study: str | None = None,
    *,
    stop_after: float | None = None,
    wait: bool = True,
    observer: Observer | None = None,
) -> WorkerEnd:
    """Take blocks of a study, or of all unfinished studies of a store, until none is left.

    Ctrl-C, `Stopped` (see `genconv.cli.app.heard`) and `stop_after` end it: what is in training is saved, and what is
    left is told by the result.

    Args:
        root: The store. `genconv run` has made it, with the plan of each study.
        study: The name of a study; None for all that are not finished.
        stop_after: Seconds after which it saves and ends, such as the rest of a walltime.
        wait: Wait for blocks that other workers hold, and take them over if these die. Else leave them to them.
        observer: It is told of every block.

    Raises:
        InputError: If there is no such plan, or this worker would give other bits than the first one.
        WorkError: If a run cannot be trained or written.

    """
    root, observer = prepare(existing(Path(root))).resolve(), observer or Observer()
    plans = [read_plan(root, name) for name in ([study] if study is not None else planned_studies(root))]
    end = WorkerEnd()
    with _alarm(stop_after) as stopping:
        for plan in plans:
            if study is not None or not plan.finished:
                end += _work_on(plan, root, observer, stopping, wait=wait)
    return end


def trains(root: Path, study: str | None = None) -> bool:
    """Whether a worker of this store would train, and not only launch."""
    names = [study] if study is not None else planned_studies(existing(root))
    plans = [read_plan(root, name) for name in names]
    return any(plan.study.grids for plan in plans if study is not None or not plan.finished)


def work_on(
    plan: Plan, root: Path, observer: Observer, cells: Sequence[WorkCell] | None = None, *, wait: bool = True
) -> WorkerEnd:
    """Work on one study in this process; whatever interrupts it leaves what is needed to go on.

    `cells` are those of the plan, if they are known.
    """
    while True:
        if cells is None:
            cells = cells_of_plan(plan, StudyStore(root, plan.study.execution, observer))
        agree(root, plan.name, cells)
        try:
            complete = Work(cells, observer, wait=wait).run()
        finally:
            tidied(cells)
        after = read_plan(root, plan.name)
        if complete and (after.cells, after.study) != (plan.cells, plan.study):
            plan, cells = after, None
            continue
        end = _end(cells)
        if not end.left:
            finished = partial(_finished, plan)
            change_plan(root, plan.name, finished)
        return end


def _work_on(plan: Plan, root: Path, observer: Observer, stopping: threading.Event, *, wait: bool) -> WorkerEnd:
    """The same; what stops it is told by the result."""
    with _in_directory(plan.directory):
        try:
            if not stopping.is_set():
                return work_on(plan, root, observer, wait=wait)
        except (KeyboardInterrupt, Stopped):
            stopping.set()
        return _end(cells_of_plan(read_plan(root, plan.name), StudyStore(root, plan.study.execution, observer)))


def _end(cells: Sequence[WorkCell]) -> WorkerEnd:
    return WorkerEnd(sum(len(one.missing()) for one in cells), sum(one.failed() for one in cells))


def _finished(plan: Plan, now: Plan | None) -> Plan:
    """The plan as finished, if it is still the one that was worked on."""
    if now is None:
        raise InputError(f"the plan of '{plan.name}' went while it was worked on")
    same = (now.cells, now.study, now.start) == (plan.cells, plan.study, plan.start)
    return replace(now, finished=True) if same else now


def existing(root: Path) -> Path:
    """The folder of a store; `InputError` if there is none."""
    if not root.is_dir():
        raise InputError(f"'{root}' is not a folder: genconv run STUDY -o {root} makes it")
    return root


@contextmanager
def _in_directory(directory: str) -> Iterator[None]:
    """In the folder where the study was started, if this machine has it."""
    here = Path.cwd()
    if Path(directory).is_dir():
        os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(here)


@contextmanager
def _alarm(seconds: float | None) -> Iterator[threading.Event]:
    """Raise `Stopped` in the block after so many seconds; yields what is set once something has stopped the worker."""
    stopping = threading.Event()
    if seconds is None:
        yield stopping
        return
    if seconds <= 0 or threading.current_thread() is not threading.main_thread():
        raise InputError(f"stop after {seconds:g} seconds: must be above 0, in the main thread")

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        raise Stopped(number)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield stopping
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
