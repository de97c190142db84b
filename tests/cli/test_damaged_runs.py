"""A damaged run is named, the others are still shown, and the exit code says that something is wrong."""

import csv
from pathlib import Path

import pytest

from genconv.store.runs import FILES
from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import store


def harm(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("how", ["deleted", "truncated", "flipped"])
def test_the_others_are_shown(name: str, how: str, tmp_path: Path) -> None:
    damaged = store(tmp_path, 3)[1]
    harm(damaged / name, how)
    done = genconv("metrics", tmp_path, "--format", "csv")
    assert str(damaged if (name, how) == ("manifest.json", "flipped") else damaged / name) in done.error
    assert done.code == 1
    (row,) = csv.DictReader(done.out.splitlines())
    assert row["seeds"] == "2"


def test_each_damaged_run_has_its_line(tmp_path: Path) -> None:
    for folder in store(tmp_path, 3)[:2]:
        (folder / "curves.safetensors").unlink()
    done = genconv("metrics", tmp_path)
    assert done.err.count("genconv: error: ") == done.err.count("\n") == 2
    assert done.code == 1


def test_nothing_but_damaged_runs(tmp_path: Path) -> None:
    for folder in store(tmp_path, 3):
        (folder / "curves.safetensors").unlink()
    done = genconv("metrics", tmp_path)
    assert "curves.safetensors: cannot be read" in done.error
    assert "(and 2 more like it)" in done.error
    assert done.code == 2


@pytest.mark.parametrize("command", ["plot", "report"])
def test_figures_and_page_are_made_of_the_others(command: str, tmp_path: Path) -> None:
    damaged = store(tmp_path / "runs", 3)[1]
    (damaged / "outcome.json").write_text("{}")
    done = genconv(command, tmp_path / "runs", "-o", tmp_path / "made.html")
    assert str(damaged / "outcome.json") in done.error
    assert done.code == 1
    assert (tmp_path / "made.html").exists()


def test_status_tells_damaged_runs_from_finished_ones(tmp_path: Path) -> None:
    damaged = store(tmp_path, 3)[1]
    harm(damaged / "curves.safetensors", "flipped")
    done = genconv("status", tmp_path)
    finished, other = (line.split() for line in done.out.splitlines()[2:4])
    assert (done.code, finished[1], finished[-1], other[-1]) == (0, "2", "finished", "damaged")
