"""Studies whose cells are commands: a grid over placeholders, workers that share it, retries, edits."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import genconv
from genconv.store.plans import read_plan
from genconv.store.recorded import open_recorded, recorded_runs
from tests.cli.commands import genconv as command

SCRIPT = """
import csv, os, sys, time
seed, rate = int(sys.argv[1]), float(sys.argv[2])
with open("count", "a") as file:
    file.write(f"{seed} {rate} {os.environ.get('CUDA_VISIBLE_DEVICES', '')}\\n")
if seed == 1 and rate == 0.1:
    sys.exit("no luck" if "always" in sys.argv else f"no luck {time.time()}")
if "slow" in sys.argv:
    time.sleep(0.5)
with open(sys.argv[3], "w") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "val_loss"])
    for epoch in range(3):
        rows.writerow([epoch, rate + seed / 10 + 1 / (epoch + 1)])
"""
STUDY = f"""
name = "rates"
seeds = 3

[[cells]]
command = ["{sys.executable}", "train.py", "{{seed}}", "{{lr}}", "out/{{seed}}-{{lr}}.csv", "WORD"]
model = "mine"
dataset = "photos"
values = {{ lr = [0.1, 0.01] }}
read = "out/{{seed}}-{{lr}}.csv"
columns = {{ validation = "val_loss" }}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "train.py").write_text(SCRIPT)
    written("once")
    return tmp_path


def written(word: str, more: str = "", **replaced: str) -> None:
    text = STUDY.replace("WORD", word) + more
    for old, new in replaced.items():
        text = text.replace(old, new)
    Path("rates.toml").write_text(text)


def counted(seed: int, rate: float) -> int:
    return sum(line.split()[:2] == [str(seed), str(rate)] for line in Path("count").read_text().splitlines())


def test_the_values_of_a_grid_tell_cells_apart(folder: Path) -> None:
    done = command("run", "rates.toml", "--quiet")
    assert done.code == 1, done.err
    assert "In no number:\n  mine on photos (lr=0.1): seed 1 failed (exit code 1, last line: no luck" in done.out
    results = genconv.load(folder / "runs")
    assert {cell.settings["lr"]: cell.curves.seeds for cell in results} == {"0.1": (0, 2), "0.01": (0, 1, 2)}
    chosen = command("metrics", "runs", "--where", "lr=0.1", "--format", "json")
    assert chosen.code == 0
    assert [row["model"] for row in json.loads(chosen.out)] == ["mine"]
    assert (folder / "runs" / "report-rates.html").exists()


def test_the_next_start_runs_what_has_failed_and_a_worker_does_not(folder: Path) -> None:
    command("run", "rates.toml", "--quiet")
    assert counted(1, 0.1) == 1
    worked = command("work", "runs", "--study", "rates")
    assert (worked.code, worked.err) == (1, "0 runs left, 1 failed\n")
    assert counted(1, 0.1) == 1
    (folder / "train.py").write_text(SCRIPT.replace("seed == 1", "seed == 99"))
    assert command("run", "rates.toml", "--quiet").code == 0
    assert counted(1, 0.1) == 2
    assert counted(0, 0.1) == 1
    assert command("work", "runs").code == 0


@pytest.mark.parametrize(("word", "times"), [("always", 2), ("once", 4)])
def test_a_run_is_retried_but_not_once_it_has_failed_twice_the_same_way(word: str, times: int, folder: Path) -> None:
    written(word, "retries = 3\n")
    assert command("run", "rates.toml", "--quiet").code == 1
    assert counted(1, 0.1) == times
    (process,) = [path for path in folder.glob("runs/*/process.json") if "no luck" in path.read_text()]
    assert len(json.loads(process.read_text())["failed_before"]) == times - 1


def test_jobs_have_slots_of_gpus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    written("once", "[execution]\njobs = 2\ngpus = 2\n")
    command("run", "rates.toml", "--quiet")
    assert {line.split()[2] for line in (folder / "count").read_text().splitlines()} == {"4,5", "6,7"}
    done = command("run", "rates.toml", "--quiet", "execution.jobs=3")
    assert (done.code, done.error) == (2, "execution.jobs = 3 with execution.gpus = 2: need 6 GPUs, and 4 are visible")


def test_a_study_that_was_edited_says_what_is_new_and_what_is_gone(folder: Path) -> None:
    command("run", "rates.toml", "--quiet")
    written("once", **{"[0.1, 0.01]": "[0.01, 0.001]"})
    done = command("run", "rates.toml")
    assert done.code == 0
    assert "new in it is 'mine on photos (lr=0.001)'" in done.err
    assert "no longer in it is 'mine on photos (lr=0.1)'; its runs stay in the store" in done.err


def test_workers_share_a_study_and_one_that_is_killed_is_followed(folder: Path) -> None:
    written("slow", "[execution]\nblock = 1\n")
    words = [sys.executable, "-m", "genconv"]
    first = subprocess.Popen([*words, "run", "rates.toml", "--quiet"], stderr=subprocess.PIPE)  # noqa: S603
    while not list(folder.glob("runs/*/output.txt")):
        time.sleep(0.05)
    others = [subprocess.Popen([*words, "work", "runs", "--quiet"]) for _ in range(2)]  # noqa: S603
    time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert [one.wait(120) for one in others] == [1, 1]
    found = [open_recorded(path) for path in recorded_runs(folder / "runs")]
    assert sorted(one.state for one in found) == ["failed", *["finished"] * 5]
    assert read_plan(folder / "runs", "rates").finished
    assert not (folder / "runs" / ".training").exists()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("{ lr = [0.1, 0.01] }", "{ rate = 1 }", "rates.toml: cells.0: '{lr}': {lr} has no values; known are {seed}"),
        ("{ lr = [0.1, 0.01] }", "{ lr = [] }", "rates.toml: cells.0.values = {'lr': []}: lr = []: must be a number"),
        ("{ lr = [0.1, 0.01] }", "{ lr = 1, seed = 2 }", "rates.toml: cells.0: values: seed is filled in by itself"),
        ("read =", "raed =", "rates.toml: unknown key 'cells.0.raed': did you mean 'read'? allowed are blank,"),
        ('model = "mine"', "", "rates.toml: cells.0.model is missing"),
        (sys.executable, "no-such-command", "command 'no-such-command': is not there, or cannot be executed"),
    ],
)
def test_wrong_input_is_one_line(folder: Path, old: str, new: str, error: str) -> None:
    written("once", **{old: new})
    done = command("run", "rates.toml", "--quiet")
    assert done.code == 2
    assert done.error.startswith(error)


def test_settings_of_trainings_are_none_of_commands(folder: Path) -> None:
    done = command("run", "rates.toml", "training.epochs=3")
    assert (done.code, done.error) == (
        2, "training.epochs: all cells are commands, which have no training"
    )  # fmt: skip
    assert not (folder / "runs").exists()
    assert os.environ
