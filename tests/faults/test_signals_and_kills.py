"""A study that is stopped, killed or started twice ends with the same files as an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genconv.store.checkpoints import FOLDER
from genconv.store.load import load
from genconv.store.plans import FOLDER as STUDIES
from tests.cli.commands import genconv
from tests.experiment.compiling import TINY, variables

STUDY = """
name = "long"
seeds = 2
[[cells]]
models = ["vae"]
datasets = ["rings", "moons"]
[cells.model]
hidden = [4]
latent = 1
[execution]
checkpoint_seconds = 0
"""
EPOCHS = 60
"""So many that a process that is told of the first one is still in training when it is stopped."""
FILES = ("config.json", "curves.safetensors", "outcome.json", "samples.safetensors", "weights.safetensors")


@contextmanager
def started(folder: Path, epochs: int, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """`genconv run` as a process of its own."""
    file = folder.with_suffix(".toml")
    file.write_text(STUDY)
    words = [*TINY, f"training.epochs={epochs}"]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "genconv", "run", str(file), "-o", str(folder), *words, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables()},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: "subprocess.Popen[str]", words: str) -> None:
    """Read what the process says until it says these words."""
    assert process.stderr is not None
    said = ""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line


def contents(folder: Path) -> dict[str, bytes]:
    return {f"{run.name}/{name}": (run / name).read_bytes() for run in folder.glob("*-s*-*") for name in FILES}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "runs"
    with started(folder, EPOCHS) as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "report:" in out
    return contents(folder)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 138)])
def test_a_signal_saves_what_is_in_training_and_ends_within_ten_seconds(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    with started(runs, 100_000) as process:
        until(process, "rings · vae · corrected: epoch")
        process.send_signal(number)
        began = time.monotonic()
        out, rest = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert process.returncode == code
    (told,) = [line for line in rest.splitlines() if "epoch" not in line]
    assert told.endswith("what is finished is kept, what was in training is saved; the same command goes on from there")
    assert out == ""
    assert sorted(path.name for path in runs.iterdir()) == [STUDIES, FOLDER]
    status = genconv("status", runs)
    assert status.code == 0
    assert "rings-vae-corrected" in status.out
    assert "interrupted" in status.out


def test_ctrl_c_keeps_finished_cells(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with started(runs, 2000) as process:
        until(process, "moons · vae · corrected: epoch")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    (cell,) = load([runs]).cells
    assert (cell.curves.dataset, cell.curves.seeds) == ("rings", (0, 1))


def test_killed_at_random_moments_it_ends_with_the_same_bytes(undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    runs, generator = tmp_path / "runs", random.Random(0)  # noqa: S311
    for _ in range(4):
        with started(runs, EPOCHS) as process:
            time.sleep(generator.uniform(1, 8))  # the imports alone take two of them
            process.kill()
    with started(runs, EPOCHS) as process:
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert contents(runs) == undisturbed
    assert {path.name for path in runs.iterdir()} == {
        *(name.split("/")[0] for name in undisturbed),
        "report-long.html",
        STUDIES,
    }


def test_two_at_once_train_each_cell_once(undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with started(runs, EPOCHS) as one, started(runs, EPOCHS) as other:
        said = [process.communicate(timeout=300)[1] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), said
    assert contents(runs) == undisturbed
    assert sum(text.count("runs stored after") for text in said) == 2


def test_one_that_is_paused_is_followed_and_writes_no_run_when_it_wakes(
    undisturbed: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    monkeypatch.setenv("GENCONV_LEASE_SECONDS", "2")
    with started(runs, EPOCHS) as paused:
        until(paused, "rings · vae · corrected: epoch")
        paused.send_signal(signal.SIGSTOP)
        with started(runs, EPOCHS) as other:
            _, said = other.communicate(timeout=300)
        assert other.returncode == 0, said
        assert "left to it" in said
        before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")}
        paused.send_signal(signal.SIGCONT)
        _, said = paused.communicate(timeout=300)
    assert paused.returncode == 0, said
    assert "was taken for dead after a pause" in said
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")} == before
    assert contents(runs) == undisturbed
    assert not (runs / FOLDER).exists()


def test_the_log_says_what_happened(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with started(tmp_path / "runs", 2, "--log", str(log), "--quiet") as process:
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    lines = log.read_text().splitlines()
    assert "4 runs in 2 cells to train" in lines[0]
    assert sum("runs stored after" in line for line in lines) == 2


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    done = genconv("train", "-m", "vae", "-d", "rings", "-o", tmp_path / "runs", "--log", tmp_path / "no" / "log")
    assert done.code == 2
    assert "--log" in done.error
    assert not (tmp_path / "runs").exists()


def test_the_status_of_nothing(tmp_path: Path) -> None:
    assert "nothing in" in genconv("status", tmp_path).out
    assert genconv("status", tmp_path / "no").code == 2
