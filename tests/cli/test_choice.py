"""Options that choose among results: `--model`, `--dataset`, `--study`, `--where`, `--group-by`."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import cell, store


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models on two datasets, one of them with two batch sizes."""
    root = tmp_path_factory.mktemp("choice")
    for model, dataset in (("vae", "rings"), ("flow", "rings"), ("vae", "moons")):
        store(root, 3, cell(model=model, dataset=dataset))
    store(root, 3, cell(data={"training_size": 64, "validation_size": 128, "test_size": 128}))
    return root


def chosen(runs: Path, *options: str) -> list[tuple[str, str, int]]:
    done = genconv("metrics", runs, *options, "--format", "json")
    assert done.code == 0, done.err
    return sorted((row["model"], row["dataset"], row["seeds"]) for row in json.loads(done.out))


def test_names_and_settings_choose_cells(runs: Path) -> None:
    assert chosen(runs, "--model", "flow") == [("flow", "rings", 3)]
    assert chosen(runs, "--model", "flow,vae", "--dataset", "moons") == [("vae", "moons", 3)]
    assert chosen(runs, "--where", "data.training_size=64") == [("vae", "rings", 3)]
    assert len(chosen(runs, "--where", "data.training_size=64,512", "--dataset", "rings")) == 3


def test_how_much_is_left_is_said(runs: Path) -> None:
    done = genconv("metrics", runs, "--where", "data.training_size=64")
    assert "genconv: note: --where: 1 of 4 cells, 3 of 12 runs" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "flwo"), "unknown model 'flwo': did you mean 'flow'"),
        (("--where", "data.training_size"), "must be KEY=VALUE"),
        (("--where", "data.training=3"), "unknown setting 'data.training'"),
        (("--study", "quickstart"), "--study quickstart: none of its runs is among these results"),
        (("--group-by", "training.epochs"), "differ in 'data.training_size'"),
    ],
)
def test_what_chooses_nothing_is_one_line(runs: Path, options: tuple[str, ...], message: str) -> None:
    for command in ("metrics", "compare", "plot", "report"):
        done = genconv(command, runs, *options)
        assert done.code == 2
        assert message in done.error


def test_settings_tell_cells_apart(runs: Path) -> None:
    done = genconv("metrics", runs, "--dataset", "rings", "--group-by", "data.training_size", "--format", "json")
    assert sorted({row["variant"] for row in json.loads(done.out)}) == [
        "training_size=512",
        "training_size=64",
    ]


def test_compare_reads_what_is_chosen(runs: Path) -> None:
    done = genconv("compare", runs, "--where", "data.training_size=512", "--dataset", "rings", "--format", "json")
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["comparisons"]) == 1
