"""`genconv import`: from files of other tools to metrics, comparisons and the page."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.commands import genconv
from tests.readers.foreign_files import csv


def study_file(path: Path, shift: float, diverged: int = 0) -> Path:
    """Curves of eight seeds in the study's format."""
    generator = np.random.default_rng(int(shift * 10))
    curves = 3 + shift + np.exp(-np.arange(12) / 3) + 0.01 * generator.standard_normal((8, 12))
    validation = curves.tolist()
    for seed in range(diverged):
        validation[seed][5:] = [float("nan")] * 7
    path.write_text(json.dumps({"train": curves.tolist(), "val": validation}))
    return path


@pytest.mark.parametrize("mode", ["corrected", "published"])
def test_metrics_are_those_of_the_file_itself(tmp_path: Path, mode: str) -> None:
    files = [study_file(tmp_path / "vae_moons_8.json", 0.0, 3), study_file(tmp_path / "flow_moons_8.json", 1.0)]
    done = genconv("import", *files, "-o", tmp_path / "runs")
    assert done.code == 0, done.err
    assert "vae on moons: 8 seeds, 12 epochs, 3 diverged → " in done.out
    directly, imported = (
        genconv("metrics", *paths, "--mode", mode, "--format", "json") for paths in (files, [tmp_path / "runs"])
    )
    by_model = [{row["model"]: row for row in json.loads(one.out)} for one in (directly, imported)]
    assert by_model[0] == by_model[1]


def test_a_table_gives_the_same_cell_as_the_file_of_the_study(tmp_path: Path) -> None:
    source = study_file(tmp_path / "vae_moons_8.json", 0.0, 2)
    curves = json.loads(source.read_text())
    rows = [
        f"{seed},{epoch},{curves['train'][seed][epoch]!r},{curves['val'][seed][epoch]!r}"
        for seed in range(8)
        for epoch in range(12)
    ]
    table = csv(tmp_path / "vae_moons.csv", "seed,epoch,train_loss,val_loss", *rows)
    assert genconv("import", source, "-o", tmp_path / "runs").code == 0
    again = genconv(
        "import", table, "--nan", "diverged", "--kind", "bound", "--method", "ELBO", "-o", tmp_path / "runs"
    )
    assert "there already, unchanged" in again.out
    assert (
        "vae_moons.csv: training ← 'train_loss', validation ← 'val_loss', seed ← 'seed', epoch ← 'epoch'" in again.out
    )


def test_everything_works_on_a_table_without_a_training_loss(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for model, shift in (("a", 0.0), ("b", 1.0)):
        rows = [
            f"{seed},{epoch},{3 + shift + 1 / (1 + epoch) + 0.01 * generator.standard_normal()}"
            for seed in range(5)
            for epoch in range(6)
        ]
        path = csv(tmp_path / f"{model}.csv", "run,epoch,loss", *rows)
        done = genconv("import", path, "-o", tmp_path / "runs", "--model", model, "--dataset", "photos")
        assert done.code == 0, done.err
        assert "one loss only" in done.out
    runs = tmp_path / "runs"
    assert genconv("metrics", runs).code == 0
    compared = genconv("compare", runs, "--metric", "min", "--format", "json")
    assert compared.code == 0
    assert "a" in compared.out
    assert genconv("plan", runs, "--metric", "min", "--effect", "1").code == 0
    assert genconv("plot", runs, "-o", tmp_path / "figures").code == 0
    assert genconv("report", runs, "-o", tmp_path / "page.html").code == 0
    assert "photos" in (tmp_path / "page.html").read_text()


def test_options_of_the_command(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "k,t,elbo", "4,0,-3", "4,1,-2", "5,0,-3")
    words = ["--columns", "seed=k,epoch=t,loss=elbo", "--negate", "--align", "shortest", "--format", "long"]
    done = genconv("import", path, "-o", tmp_path / "runs", "--model", "<b>", "--dataset", "d", *words)
    assert done.code == 0, done.err
    assert "negated" in done.out
    assert "2 seeds, 1 epoch, 0 diverged" in done.out
    assert done.out.splitlines()[-1] == f"next: genconv metrics {tmp_path}/runs, genconv report {tmp_path}/runs"
    assert genconv("report", tmp_path / "runs", "-o", tmp_path / "page.html").code == 0
    assert "<b>" not in (tmp_path / "page.html").read_text().split("<main")[-1].split("<script")[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--columns", "sed=a"], "--columns 'sed=a': must be ROLE=NAME"),
        (["--format", "wild"], "'wild' is not one of"),
        (["--format", "keras"], "what 'keras' writes is read with --format long, or without --format"),
        (["--format", "Weights & Biases"], "is read with --format wandb"),
        (["--model", ""], "model = '': must be 1 to 100 printable characters"),
        (["--columns", "loss=nothing"], "has no column 'nothing' for loss: its columns are 'seed', 'epoch', 'loss'"),
    ],
)
def test_wrong_options_are_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    path = csv(tmp_path / "a.csv", "seed,epoch,loss", "0,0,3")
    done = genconv("import", path, "-o", tmp_path / "runs", *words)
    assert done.code == 2
    assert message in done.error
    assert not (tmp_path / "runs").exists()


def test_what_is_in_the_store_is_not_imported_again(tmp_path: Path) -> None:
    source = study_file(tmp_path / "vae_moons_8.json", 0.0)
    genconv("import", source, "-o", tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert "is in the store already" in genconv("import", folder, "-o", tmp_path / "more").error


def test_a_curve_file_beside_its_own_import_is_one_cell(tmp_path: Path) -> None:
    file = study_file(tmp_path / "vae_moons_8.json", 0.0, 3)
    other = study_file(tmp_path / "flow_moons_8.json", 1.0)
    genconv("import", file, "-o", tmp_path / "runs")
    rows = json.loads(genconv("metrics", file, other, tmp_path / "runs", "--format", "json").out)
    assert sorted(row["model"] for row in rows) == ["flow", "vae"]


def test_runs_that_were_imported_are_counted_and_checked(tmp_path: Path) -> None:
    genconv("import", study_file(tmp_path / "vae_moons_8.json", 0.0), "-o", tmp_path / "runs")
    assert genconv("verify", tmp_path / "runs").out == "8 runs are as they were written, 0 are not\n"
    (row,) = (line for line in genconv("status", tmp_path / "runs").out.splitlines() if "finished" in line)
    assert row.split() == ["moons-vae-imported", "8", "finished"]
    (curves,) = (tmp_path / "runs").glob("*/curves.safetensors")
    curves.write_bytes(curves.read_bytes()[:-1] + b"?")
    assert genconv("verify", tmp_path / "runs").code == 1
