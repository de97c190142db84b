"""Programs that get ready side by side and are then measured one at a time, within a budget of seconds.

Getting ready means compiling, which takes many cores and most of the time; measuring takes one device and little time.
Uses the standard library alone.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HELD = 4
"""How many times more programs may be ready than get ready at a time, where that is more than one."""
COMPILING = 2 / 3
"""Share of the time that is left in which programs get ready; the others are measured in the rest."""


class Budget:
    """Seconds that are left."""

    def __init__(self, total: float) -> None:
        self._end = time.monotonic() + total

    @property
    def left(self) -> float:
        """Not below 0."""
        return max(self._end - time.monotonic(), 0.0)


@dataclass
class Job:
    """A program of `serving.py`, and the file into which its answers go: what it says of itself, and `walls`."""

    command: Sequence[str]
    file: Path
    process: "subprocess.Popen[str] | None" = field(default=None, repr=False)
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What it writes to its standard error; kept if it fails."""
        return self.file.with_suffix(".log")

    def start(self) -> Any:
        """Start it; returns the stream on which it says that it is ready."""
        with self.log.open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(  # noqa: S603  this folder's own programs
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(),
                preexec_fn=end_with_parent,  # noqa: PLW1509  there are no threads here
                start_new_session=True,
            )
        return self.process.stdout

    def is_ready(self) -> bool:
        """Hear what it says first; False, and its error written, if it ended instead."""
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            self.about = json.loads(line)
            return True
        self.fail()
        return False

    def measure(self, rounds: int, budget: Budget) -> None:
        """Let it work so many times, and write what it took."""
        assert self.process is not None
        try:
            printed, _ = self.process.communicate("\n" * rounds, timeout=budget.left)
        except subprocess.TimeoutExpired:
            return
        said = [json.loads(line)["wall"] for line in printed.splitlines()]
        if len(said) < rounds:
            self.fail()
            return
        save(self.file, {**self.about, "walls": said})
        self.log.unlink()

    def fail(self) -> None:
        """Write what it said at its end."""
        assert self.process is not None
        code = self.process.wait()
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no word"]
        save(self.file, {"error": f"exit {code}: {lines[-1][:300]}"})

    def end(self) -> None:
        """Stop it, and all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


def measure(jobs: Sequence[Job], at_once: int, rounds: int, budget: Budget) -> None:
    """Every job whose file is missing; what the budget's end stops leaves no file."""
    missing = [job for job in jobs if not job.file.exists()]
    size = HELD * at_once if at_once > 1 else 1
    for first in range(0, len(missing), size):
        if budget.left:
            _measure_group(missing[first : first + size], at_once, rounds, budget)


def _measure_group(jobs: Sequence[Job], at_once: int, rounds: int, budget: Budget) -> None:
    waiting, ready, starting = list(jobs), list[Job](), 0
    compiling = Budget(COMPILING * budget.left)
    try:
        with selectors.DefaultSelector() as selector:
            while (waiting or starting) and compiling.left:
                while waiting and starting < at_once:
                    job = waiting.pop(0)
                    selector.register(job.start(), selectors.EVENT_READ, job)
                    starting += 1
                for key, _ in selector.select(timeout=compiling.left):
                    selector.unregister(key.fileobj)
                    starting -= 1
                    ready += [key.data] if key.data.is_ready() else []
        for job in jobs:
            if job not in ready:
                job.end()
        for job in ready:
            job.measure(rounds, budget)
            job.end()
    finally:
        for job in jobs:
            job.end()


def environment() -> dict[str, str]:
    """With genconv's sources; several programs share the device's memory and the cores."""
    sources = os.pathsep.join(part for part in (str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")) if part)
    shared = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TORCHINDUCTOR_COMPILE_THREADS": "2"}
    return {**os.environ, **shared, "PYTHONPATH": sources}


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed; genconv saves itself then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def save(file: Path, what: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(what, indent=1), encoding="utf-8")
    part.replace(file)
