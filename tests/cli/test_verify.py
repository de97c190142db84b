"""Stored runs are checked file by file, and come out again."""

from pathlib import Path

import pytest

from tests.cli.commands import genconv
from tests.experiment.compiling import TINY_VAE, quick_compilation


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "runs"
    with quick_compilation():
        words = [*TINY_VAE]
        assert genconv("train", "-m", "vae", "-d", "rings", "-e", "2", "-n", "3", "-o", folder, *words).code == 0
    return folder


def test_runs_are_as_they_were_written(runs: Path) -> None:
    done = genconv("verify", runs)
    assert (done.code, done.out) == (0, "3 runs are as they were written, 0 are not\n")


def test_what_training_printed_names_the_command_that_shows_more(runs: Path) -> None:
    again = genconv("train", "-m", "vae", "-d", "rings", "-e", "2", "-n", "3", "-o", runs, *TINY_VAE)
    assert f"(genconv metrics {runs} --wide)" in " ".join(again.out.split())


def test_trained_again_they_have_the_same_bits(runs: Path) -> None:
    with quick_compilation():
        done = genconv("verify", runs, "--retrain", "2")
    assert done.code == 0
    lines = done.out.splitlines()[1:]
    assert len(lines) == 5
    assert all(line.endswith("the same bits (curves, weights, evaluation)") for line in lines[:4])
    assert lines[4] == "no verdict to compare: no dataset has two cells"


def test_a_changed_file_and_a_renamed_folder_are_named(runs: Path, tmp_path: Path) -> None:
    first, second, _ = sorted(runs.iterdir())
    for folder in (first, second):
        copy = tmp_path / folder.name
        copy.mkdir()
        for file in folder.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
    (tmp_path / first.name / "outcome.json").write_text("{}")
    (tmp_path / second.name).rename(tmp_path / "renamed")
    done = genconv("verify", tmp_path)
    assert done.code == 1
    assert "0 runs are as they were written, 2 are not" in done.out
    assert "outcome.json: was changed after it was written" in done.err
    assert f"renamed: is the run {second.name}" in done.err


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_no_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert genconv("verify", tmp_path / name).code == 2
