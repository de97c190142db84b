"""Workers as the tasks of a SLURM job array."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from genconv.errors import InputError, WorkError, printable
from genconv.experiment.engines import slurm_jobs
from genconv.experiment.engines.follow import follow
from genconv.experiment.engines.slurm_script import script
from genconv.experiment.observer import Observer
from genconv.experiment.start import Started
from genconv.store.plans import Plan, change_plan, read_plan
from genconv.store.submissions import LOGS, Submission, keep_submissions, submissions

_ERROR = "genconv: error: "
_ASK = 10.0
"""Seconds between two calls of squeue, which a site's controller has to answer."""


def slurm(started: Started, observer: Observer) -> None:
    """Submit as many workers as are wanted and not there, and look at the study until nothing is left of it.

    Ctrl-C leaves the workers at work. `InputError` if SLURM cannot be reached or does not take them; `WorkError` if
    all of them have ended and work is left.
    """
    slurm_jobs.check_installed()
    root, name = started.root.resolve(), started.plan.name
    there = submissions(root, name)
    missing = _wanted(started) - slurm_jobs.at_work(slurm_jobs.settled(there))
    if missing > 0:
        there = _submit(started, root, missing, there)
        observer.noted(_submitted(there[-1], started.root))
    jobs = f"job {there[-1].job}" if missing > 0 else "job " + ", ".join(one.job for one in there)

    def workers() -> str:
        try:
            found = slurm_jobs.tasks(there)
        except InputError as error:  # its controller is away for a while; the workers are not
            return f"SLURM {jobs}: not known, {error}"
        return f"SLURM {jobs}: {slurm_jobs.in_words(found)}" if slurm_jobs.at_work(found) else ""

    try:
        left = follow(started, observer, workers, every=_ASK)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"detached: SLURM {jobs} goes on; the same command looks at it again, genconv status {started.root} shows "
            f"it, genconv cancel {started.root} ends it"
        ) from None
    if left:
        reason = _last_error(root / LOGS, there)
        raise WorkError(f"SLURM {jobs} has ended, and {left} runs are left{reason}; logs: {started.root / LOGS}")
    slurm_jobs.let_end(there)
    _tidy(root, name, there)


def _wanted(started: Started) -> int:
    """Workers: not more than runs are missing, nor than the site allows."""
    runs = sum(len(one.missing()) for one in started.cells)
    return min(started.plan.study.execution.slurm.workers, runs, slurm_jobs.largest_array())


def _submit(started: Started, root: Path, count: int, there: Sequence[Submission]) -> list[Submission]:
    name = started.plan.name
    cells = sum(1 for one in started.cells if one.missing())
    (root / LOGS).mkdir(exist_ok=True)
    text = script(started.plan.study.execution.slurm, root, name, root / LOGS, count)

    def shared(plan: Plan | None) -> Plan:
        """Each cell cut into so many blocks that every worker has one."""
        return replace(plan or read_plan(root, name), workers=-(-_wanted(started) // cells))

    change_plan(root, name, shared)
    job = slurm_jobs.submit(text)
    jobs = [*there, Submission(job, count, datetime.now(UTC).isoformat(timespec="seconds"))]
    keep_submissions(root, name, jobs)
    return jobs


def _submitted(job: Submission, root: Path) -> str:
    return (
        f"{job.workers} workers are SLURM job {job.job}; genconv status {root} shows them, genconv cancel {root} ends "
        f"them; logs: {root / LOGS / f'slurm-{job.job}_*.out'}"
    )


def _logs(folder: Path, jobs: Sequence[Submission]) -> list[Path]:
    return [path for one in jobs for path in sorted(folder.glob(f"slurm-{one.job}_*.out"))]


def _last_error(folder: Path, jobs: Sequence[Submission]) -> str:
    """The last error that a worker has written, in brackets; empty if none has."""
    for path in reversed(_logs(folder, jobs)):
        with suppress(OSError):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            errors = [line for line in lines if line.startswith(_ERROR) or "genconv: ends here: " in line]
            if errors:
                return f" ({printable(errors[-1].removeprefix(_ERROR))[:300]})"
    return ""


def _tidy(root: Path, name: str, jobs: Sequence[Submission]) -> None:
    """One log instead of one a worker; nothing is known of the jobs any more."""
    with suppress(OSError), (root / LOGS / f"{name}.log").open("ab") as whole:
        for path in _logs(root / LOGS, jobs):
            whole.write(f"== {path.name}\n".encode() + path.read_bytes())
            path.unlink()
    keep_submissions(root, name, [])


def cancel(root: Path, name: str) -> list[Submission]:
    """Cancel the jobs of a study; what was cancelled. `InputError` if SLURM does not answer."""
    jobs = [one for one in submissions(root, name) if slurm_jobs.at_work(slurm_jobs.tasks([one]))]
    slurm_jobs.cancel(jobs)
    return jobs


def states(root: Path, name: str) -> list[slurm_jobs.Task]:
    """The tasks of a study that wait or are at work; `not known` is the state of each job if SLURM does not answer."""
    jobs = submissions(root, name)
    try:
        return slurm_jobs.tasks(jobs)
    except InputError as error:
        return [slurm_jobs.Task(one.job, "not known", "", str(error)) for one in jobs]
