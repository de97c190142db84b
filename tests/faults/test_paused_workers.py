"""A worker of commands that stands still is followed by another one; when it wakes it damages nothing."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from genconv.store.recorded import open_recorded, recorded_runs
from tests.cli.commands import genconv

SCRIPT = """
import sys, time
with open("started", "a") as file:
    file.write(sys.argv[1] + "\\n")
time.sleep(1.0)
with open(sys.argv[2], "w") as file:
    file.write("epoch,val_loss\\n0,2\\n1," + sys.argv[1] + "\\n")
"""
STUDY = f"""
name = "paused"
seeds = 4
[[cells]]
command = ["{sys.executable}", "-S", "script.py", "{{seed}}", "{{folder}}/log.csv"]
model = "mine"
dataset = "photos"
read = "{{folder}}/log.csv"
[execution]
block = 1
"""
LEASE = {"GENCONV_LEASE_SECONDS": "2"}


def worker(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "genconv", *words, "--quiet"]
    return subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **LEASE}
    )


def wait_for_processes(folder: Path, count: int) -> None:
    end = time.monotonic() + 60
    while not (folder / "started").exists() or len((folder / "started").read_text().split()) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("stands_still", ["run", "work"])
def test_a_paused_worker_is_followed_and_no_run_is_stored_twice(
    stands_still: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "paused.toml").write_text(STUDY)
    run = worker("run", "paused.toml")
    wait_for_processes(tmp_path, 1)
    work = worker("work", "runs")
    try:
        if stands_still == "work":
            wait_for_processes(tmp_path, 2)
        paused, other = (run, work) if stands_still == "run" else (work, run)
        paused.send_signal(signal.SIGSTOP)
        _, said = other.communicate(timeout=120)
        assert other.returncode == 0, said
        found = [open_recorded(path) for path in recorded_runs(tmp_path / "runs")]
        assert {one.run.coordinates.seed: one.values["validation"][1.0] for one in found} == {0: 0, 1: 1, 2: 2, 3: 3}
        before = {path: path.read_bytes() for path in tmp_path.glob("runs/*/log.jsonl")}
        paused.send_signal(signal.SIGCONT)
        _, said = paused.communicate(timeout=120)
        assert paused.returncode == 0, said
    finally:
        for one in (run, work):
            one.kill()
    assert {path: path.read_bytes() for path in tmp_path.glob("runs/*/log.jsonl")} == before
    assert [open_recorded(path).state for path in recorded_runs(tmp_path / "runs")] == ["finished"] * 4
    counts = Counter((tmp_path / "started").read_text().split())
    assert sum(counts.values()) <= 5, "only the block of the paused one is begun again"
    assert genconv("verify", "runs").code == 0
    assert not (tmp_path / "runs" / ".training").exists()
