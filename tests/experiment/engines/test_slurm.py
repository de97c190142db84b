"""A real SLURM: the same runs through signals and kills; workers that are left at work, seen and cancelled."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from genconv.experiment.engines.slurm_jobs import ENDING
from genconv.experiment.engines.slurm_jobs import tasks as tasks_of
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from genconv.store.submissions import submissions
from tests.cli.commands import genconv
from tests.experiment.small_study import contents, study

ON_SLURM = ("execution.engine=slurm", "execution.slurm.workers=2", "execution.slurm.memory=1G")
LONG = ("seeds=2", "training.epochs=100")
pytest.importorskip("submitit", reason="submitit is not installed")


def unreachable() -> bool:
    """Whether no SLURM answers here."""
    if not all(map(shutil.which, ("sbatch", "srun", "squeue"))):
        return True
    return subprocess.run(["sinfo"], capture_output=True, check=False).returncode != 0  # noqa: S607


pytestmark = pytest.mark.skipif(unreachable(), reason="no SLURM runs on this machine: .ci/slurm starts one")


def wait_for(wanted: Callable[[], object]) -> None:
    end = time.monotonic() + 100
    while not wanted():
        assert time.monotonic() < end, wanted
        time.sleep(0.2)


def worker(job: str, task: int) -> int | None:
    """The process of a worker by its job and task."""
    wanted = {f"SLURM_ARRAY_JOB_ID={job}".encode(), f"SLURM_ARRAY_TASK_ID={task}".encode()}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program, *words = (folder / "cmdline").read_bytes().split(b"\0")
            of_job = wanted <= set((folder / "environ").read_bytes().split(b"\0"))
            if of_job and b"work" in words and not program.endswith(b"srun"):
                return int(folder.name)
    return None


def disturb(root: Path, over: threading.Event, done: list[str]) -> None:
    """As soon as both are at work, one worker is killed; the other is told to save, as before its walltime ends."""
    while len({path.parent for path in root.glob(".training/*/*/[0-9]*")}) < 2:
        if over.wait(0.1):
            return
    job = submissions(root, "a")[0].job
    process = worker(job, 1)
    if process is None:
        return
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
        done.append("killed")
    with suppress(subprocess.TimeoutExpired):  # it asks again and again while the job is in transition
        subprocess.run(["scancel", "--signal=USR1", f"{job}_0"], check=False, capture_output=True, timeout=5)  # noqa: S603, S607
    done.append("told")


def test_workers_that_are_signalled_and_killed_give_the_same_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = contents(run_study(study("vae", *LONG), tmp_path / "alone"))
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # as here
    root, over, done = tmp_path / "runs", threading.Event(), list[str]()
    disturbing = threading.Thread(target=disturb, args=(root, over, done))
    disturbing.start()
    try:
        folders = run_study(study("vae", *LONG, *ON_SLURM), root)
    finally:
        over.set()
        disturbing.join()
    assert repr(contents(folders)) == repr(alone)
    left = {path.name for path in root.iterdir()} - {folder.name for folder in folders}
    assert left == {".studies", "logs"}
    assert [path.name for path in (root / "logs").iterdir()] == ["a.log"]
    assert submissions(root, "a") == []
    said = (root / "logs" / "a.log").read_text()
    if done != ["killed", "told"] or "genconv: queued again" not in said or "ended with code 137" not in said:
        pytest.skip("the same runs, but the workers were done before both could be disturbed")


def test_workers_are_left_at_work_seen_and_cancelled(tmp_path: Path) -> None:
    class Interrupts(Observer):
        def noted(self, message: str) -> None:
            if message.startswith("SLURM job"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="detached: SLURM job"):
        run_study(study("vae", *LONG, *ON_SLURM), tmp_path, Interrupts())
    (job,) = submissions(tmp_path, "a")
    assert f"SLURM job {job.job}_" in genconv("status", tmp_path).out
    assert genconv("cancel", tmp_path).out.startswith(f"cancelled: SLURM job {job.job} of 2 workers")
    wait_for(lambda: all(task.state in ENDING for task in tasks_of([job])))
