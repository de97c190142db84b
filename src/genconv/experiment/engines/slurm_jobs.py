"""SLURM's commands: submit, ask, cancel. Each answers, or raises one line."""

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from subprocess import CompletedProcess

from genconv.errors import InputError
from genconv.store.submissions import Submission

SECONDS = 60.0
"""After so many seconds a command of SLURM is given up: sbatch tries again and again while the queue is full."""
_COUNT = re.compile(r"\[([\d,-]+)(?:%\d+)?\]$")
ENDING = ("CANCELLED", "COMPLETED", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "DEADLINE", "BOOT_FAIL")
"""States of tasks that work no more, as long as squeue still shows them. COMPLETING is none of them: a task that is
queued again is so for some seconds, as one that ends is.
"""


@dataclass(frozen=True)
class Task:
    """One task of a job array, or several that wait."""

    name: str
    """`12_3`, or `12_[4-9]`."""
    state: str
    """`RUNNING`, `PENDING`, …"""
    time: str
    """That it has run, as SLURM writes it."""
    where: str
    """Its node, or in brackets why it waits."""

    @property
    def count(self) -> int:
        """Of how many tasks it tells."""
        found = _COUNT.search(self.name)
        ranges = [part.partition("-") for part in found[1].split(",")] if found else [("1", "", "")]
        return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def check_installed() -> None:
    """`InputError` if this machine has no SLURM."""
    for program in ("sbatch", "srun", "squeue"):
        if shutil.which(program) is None:
            raise InputError(
                f'execution.engine = "slurm": {program} is not on this machine: run this on a login node of the cluster'
            )


def submit(script: str) -> str:
    """Submit a script; the number of its job. `InputError` if SLURM does not take it."""
    done = _run(["sbatch", "--parsable"], script)
    if done.returncode:
        raise InputError(f"SLURM does not take the workers: {_reason(done)}")
    job = done.stdout.strip().partition(";")[0]
    if not job.isdigit():
        raise InputError(f"SLURM does not take the workers: sbatch answers '{job[:80]}', which is no job number")
    return job


def largest_array() -> int:
    """How many tasks the site allows in an array; 1000 if it does not tell."""
    done = _run(["scontrol", "show", "config"])
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", done.stdout, re.MULTILINE)
    return max(1, int(found[1])) if found else 1000


def tasks(jobs: Sequence[Submission]) -> list[Task]:
    """What of these jobs waits or is at work; `InputError` if SLURM does not answer."""
    return [task for one in jobs for task in _tasks_of(one.job)]


def settled(jobs: Sequence[Submission]) -> list[Task]:
    """The same once none of them is COMPLETING, which does not tell what it becomes; after a minute at the latest."""
    end, found = time.monotonic() + SECONDS, tasks(jobs)
    while any(task.state == "COMPLETING" for task in found) and time.monotonic() < end:
        time.sleep(1)
        found = tasks(jobs)
    return found


def at_work(found: Sequence[Task]) -> int:
    """How many tasks work, or will."""
    return sum(task.count for task in found if task.state not in ENDING)


def in_words(found: Sequence[Task]) -> str:
    """`2 running, 14 pending`."""
    states = Counter[str]()
    for task in found:
        states[task.state.lower()] += task.count
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items(), reverse=True)) or "none"


def let_end(jobs: Sequence[Submission]) -> None:
    """Cancel tasks that still wait, and wait for the others: nothing is left to do, so they end by themselves."""
    for one in jobs:
        _run(["scancel", "--state=PENDING", one.job])
    end = time.monotonic() + SECONDS
    while any(task.state != "PENDING" for task in tasks(jobs)) and time.monotonic() < end:
        time.sleep(1)


def cancel(jobs: Sequence[Submission]) -> None:
    """End them: workers that run save first. `InputError` if SLURM does not answer."""
    for one in jobs:
        done = _run(["scancel", one.job])
        if done.returncode and "Invalid job id" not in done.stderr and at_work(list(_tasks_of(one.job))):
            raise InputError(f"SLURM does not cancel job {one.job}: {_reason(done)}")


def _tasks_of(job: str) -> Iterator[Task]:
    done = _run(["squeue", "--noheader", "--jobs", job, "--format", "%i|%T|%M|%R"])
    if done.returncode:
        if "Invalid job id" in done.stderr:
            return  # long over
        raise InputError(f"SLURM does not answer: {_reason(done)}")
    for line in done.stdout.splitlines():
        parts = line.strip().split("|", 3)
        if len(parts) == 4:
            yield Task(*parts)


def _run(words: list[str], text: str | None = None) -> CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            words, input=text, capture_output=True, text=True, errors="replace", check=False, timeout=SECONDS
        )
    except FileNotFoundError:
        raise InputError(f"SLURM does not answer: {words[0]} is not on this machine") from None
    except subprocess.TimeoutExpired as error:
        said = error.stderr.decode(errors="replace") if isinstance(error.stderr, bytes) else error.stderr or ""
        reason = _last_line(said) or "no answer"
        raise InputError(f"SLURM does not answer {words[0]} within {SECONDS:.0f} s: {reason}") from None


def _reason(done: CompletedProcess[str]) -> str:
    return _last_line(done.stderr) or _last_line(done.stdout) or f"{done.args[0]} ended with code {done.returncode}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^\w+: (error|fatal): ", "", lines[-1])[:300] if lines else ""
