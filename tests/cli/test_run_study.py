"""`genconv run`: a study file becomes run folders that say exactly what was trained, a table and a page."""

import json
from pathlib import Path
from typing import Any

import pytest

from genconv.store.folders import stored_runs
from tests.cli.commands import genconv
from tests.cli.conftest import Ran, files_of
from tests.experiment.compiling import TINY


@pytest.fixture(scope="module")
def configs(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads((folder / "config.json").read_text()) for folder in stored_runs(ran.folder)]


def test_it_succeeds(ran: Ran) -> None:
    assert ran.done.code == 0, ran.done.err
    assert "report: " in ran.done.out
    assert "rings" in ran.done.out


def test_every_cell_has_every_seed(configs: list[dict[str, Any]]) -> None:
    assert sorted((one["cell"]["dataset"], one["cell"]["model"], one["coordinates"]["order"]) for one in configs) == [
        (dataset, model, seed) for dataset in ("moons", "rings") for model in ("flow", "vae") for seed in (1, 3)
    ]


def test_precedence_reaches_the_disk(configs: list[dict[str, Any]]) -> None:
    for one in configs:
        cell = one["cell"]
        vae = cell["model"] == "vae"
        assert cell["study_seed"] == 5
        assert cell["training"]["epochs"] == 2, "the command line outranks the study"
        assert cell["training"]["learning_rate"] == (0.001 if vae else 0.5), "a cell outranks the study"
        seed = one["coordinates"]["noise"]
        pinned = {"data": 0, "init": 4 if vae else seed, "order": seed, "noise": seed, "perturbation": None}
        assert one["coordinates"] == pinned
        assert cell["architecture"]["hidden"] == [4]


def test_a_pinned_stream_gives_every_seed_its_numbers(ran: Ran) -> None:
    curves = {folder.name: (folder / "weights.safetensors").read_bytes() for folder in stored_runs(ran.folder)}
    assert len(set(curves.values())) == len(curves), "seeds still differ in their other streams"


def test_the_page_is_beside_the_runs(ran: Ran) -> None:
    page = ran.folder / "report-grid.html"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in ran.folder.iterdir() if path.is_file()] == [page.name]


def test_running_it_again_trains_nothing(ran: Ran) -> None:
    before = {name: state for name, state in files_of(ran.folder).items() if not name.endswith(".html")}
    again = genconv("run", ran.file, "training.epochs=2", *TINY, "-o", ran.folder)
    assert again.code == 0
    assert "8 runs in 4 cells: all finished already, nothing to train" in again.err
    assert {name: state for name, state in files_of(ran.folder).items() if not name.endswith(".html")} == before


def test_a_study_that_cannot_be_trains_nothing(ran: Ran, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(ran.file.read_text().replace('["flow"]', '["flow", "flwo"]'))
    done = genconv("run", file, "-o", tmp_path / "runs")
    assert done.code == 2
    assert "unknown model 'flwo'" in done.error
    assert not (tmp_path / "runs").exists()
