"""The workers of this machine: this process, or some processes that it starts."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

from genconv.experiment.launched import LaunchedCell, Slots
from genconv.experiment.observer import Observer
from genconv.experiment.start import Started
from genconv.experiment.worker import work_on
from genconv.store.plans import change_plan


def local(started: Started, observer: Observer) -> None:
    """Work on the study until nothing is left: in this process, with `execution.jobs` above 1 in as many others.

    Where all cells are commands, this process has all jobs at once.
    """
    execution = started.plan.study.execution
    if execution.jobs == 1 or all(isinstance(one, LaunchedCell) for one in started.cells):
        work_on(started.plan, started.root, observer, started.cells)
    else:
        _in_processes(started, Slots(execution.jobs, execution.gpus), observer)


def _in_processes(started: Started, slots: Slots, observer: Observer) -> None:
    """Start as many workers, wait for them, and hand on what stops this process."""
    slots.check()
    name = started.plan.name
    change_plan(started.root, name, lambda plan: replace(plan or started.plan, workers=slots.jobs))
    words = [sys.executable, "-m", "genconv", "work", str(started.root.resolve()), "--study", name, "--quiet"]
    workers = [
        subprocess.Popen(words, env={**os.environ, **slots.environment(slot)})  # noqa: S603
        for slot in range(slots.jobs)
    ]
    try:
        codes = [worker.wait() for worker in workers]
    except BaseException:
        for worker in workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait()
        raise
    if failed := [code for code in codes if code not in (0, 1)]:
        observer.warned(f"{len(failed)} of {slots.jobs} workers ended with exit code {failed[0]}: this process goes on")
        work_on(started.plan, started.root, observer, started.cells)
