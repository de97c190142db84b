"""Recorded runs are read by every command like any others, and what is left out of a table is told."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import genconv
from tests.cli.commands import genconv as command
from tests.cli.commands import genconv_process


def record(root: Path, seed: int | None, epochs: int = 4, fail: bool = False, **more: Any) -> Path:
    names = {"model": "mine", "dataset": "photos", "seed": seed, **more}
    run = genconv.record(root, **names)
    with run:
        for epoch in range(1, epochs + 1):
            run.log(epoch=epoch, validation=((seed or 0) + 2) / epoch, training=1 / epoch, kl=0.5)
        if fail:
            run.end("failed", "out of memory")
    return run.path


def test_a_recorded_cell_is_what_the_same_numbers_are_when_imported(tmp_path: Path) -> None:
    rows = [f"{s},{e},{(s + 2) / e!r},{1 / e!r}" for s in range(3) for e in range(1, 5)]
    (tmp_path / "curves.csv").write_text("\n".join(["seed,epoch,val_loss,train_loss", *rows]))
    for seed in range(3):
        record(tmp_path / "recorded", seed)
    command("import", tmp_path / "curves.csv", "-o", tmp_path / "imported", "--model", "mine", "--dataset", "photos")
    tables = [command("metrics", tmp_path / name, "--format", "csv") for name in ("recorded", "imported")]
    assert tables[0].out == tables[1].out
    assert [table.code for table in tables] == [0, 0]


def test_nan_to_the_end_is_divergence_even_of_a_run_that_failed(tmp_path: Path) -> None:
    for seed in range(2):
        record(tmp_path, seed)
    run = genconv.record(tmp_path, model="mine", dataset="photos", seed=7)

    def training() -> None:
        with run:
            run.log(epoch=1, validation=3.0, training=1.0)
            run.log(epoch=2, validation=math.nan, training=math.nan)
            raise FloatingPointError("NaN in the loss")

    with pytest.raises(FloatingPointError):
        training()
    (cell,) = genconv.load(tmp_path)
    assert cell.curves.seeds == (0, 1, 7)
    assert cell.curves.diverged.tolist() == [False, False, True]
    assert cell.curves.divergences[2] is not None
    assert cell.curves.divergences[2].epoch == 1


def test_what_is_not_finished_is_told_by_every_command(tmp_path: Path) -> None:
    for seed in range(3):
        record(tmp_path, seed)
    record(tmp_path, 3, fail=True)
    running = genconv.record(tmp_path, model="mine", dataset="photos", seed=4).start()
    running.log(epoch=1, validation=1.0)
    try:
        for words in (
            ["metrics"],
            ["metrics", "--format", "json"],
            ["plot", "--kind", "curves", "-o", tmp_path / "figures"],
        ):
            done = command(*words, tmp_path)
            told = " ".join(f"{done.out} {done.err}".split())
            assert "mine on photos: seed 3 failed (out of memory)" in told
            assert "mine on photos: seed 4 still runs (process" in told
        captions = (tmp_path / "figures" / "captions.md").read_text()
        assert "In no number: mine on photos: seed 3 failed; mine on photos: seed 4 still runs." in captions
        status = genconv_process("status", tmp_path, COLUMNS="200").out
        assert [line.split()[:2] for line in status.splitlines()[2:]] == [["photos-mine-recorded", n] for n in "131"]
        assert "failed (out of memory)" in status
        assert "running (process" in status
    finally:
        running.end("interrupted")
    table = command("metrics", tmp_path, "--format", "markdown").out
    assert "| 0 of 3, 1 failed, 1 interrupted |" in table
    (row,) = json.loads(command("metrics", tmp_path, "--format", "json").out)
    assert (row["seeds"], row["failed"], row["interrupted"], row["running"]) == (3, 1, 1, 0)
    page = tmp_path / "page.html"
    command("report", tmp_path, "-o", page)
    assert "left out: seed 4" in page.read_text()
    assert "left out: seed 3: out of memory" in page.read_text()


def test_a_cell_of_which_every_run_failed_has_a_row_everywhere(tmp_path: Path) -> None:
    for seed in (1, 0, 4):
        record(tmp_path, seed, config={"lr": 9}, fail=True)
    alone = command("metrics", tmp_path)
    assert "imported" not in alone.out
    assert alone.code == 1
    assert "mine  3 failed" in alone.out
    assert "In no number:\n  mine on photos: seeds 0..1,4 failed (out of memory)\n" in alone.out
    refused = command("report", tmp_path, "-o", tmp_path / "page.html")
    assert (refused.code, refused.error[:31]) == (2, "no page: no run has a number (m")
    for model in ("mine", "other"):
        for seed in range(3):
            run = genconv.record(tmp_path, model=model, dataset="photos", seed=seed, config={"lr": 1}).start()
            run.log(epoch=0, validation=1.0 + seed + (model == "other"))
            run.end("finished")
    rows = json.loads(command("metrics", tmp_path, "--format", "json").out)
    assert [(row["variant"], row["seeds"], row["failed"]) for row in rows] == [
        ("lr=1", 3, 0),
        ("", 3, 0),
        ("lr=9", 0, 3),
    ]
    assert [row["last_mean"] for row in rows] == [2.0, 3.0, None]
    for words in (["compare"], ["metrics", "--format", "markdown"]):
        assert "mine on photos (lr=9): seeds 0..1,4 failed (out of memory)" in command(*words, tmp_path).out.replace(
            "\\", ""
        )
    assert command("metrics", tmp_path, "--where", "lr=1", "--quiet").out.count("failed") == 0
    assert command("report", tmp_path, "-o", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text()
    assert "In no number</a>: mine on photos (lr=9): seeds 0..1,4 failed (out of memory)." in page
    assert "nothing was left out" not in page
    results = genconv.load(tmp_path)
    assert len(results.uncounted) == 3
    assert "in no number: 3 failed" in repr(results)
    assert results.where(model="other").uncounted == ()


def test_curves_of_interrupted_runs_alone_are_taken_and_told(tmp_path: Path) -> None:
    for seed, epochs in ((0, 3), (1, 2)):
        run = genconv.record(tmp_path, model="mine", dataset="photos", seed=seed).start()
        for epoch in range(epochs):
            run.log(epoch=epoch, validation=1.0 + seed)
        run.end("interrupted")
    results = genconv.load(tmp_path)
    assert results[0].curves.validation.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    said = " ".join(results.notes)
    assert "no run is finished (2 interrupted): what they have logged so far is taken" in said
    assert "cut from 3 to 2 validations" in said


def test_configurations_are_cells_and_the_seed_in_them_is_not(tmp_path: Path) -> None:
    for lr in (0.1, 0.01):
        for seed in range(2):
            record(tmp_path, seed, config={"lr": lr, "seed": seed, "optimizer": {"name": "adam"}})
    results = genconv.load(tmp_path)
    assert sorted(cell.curves.variant for cell in results) == ["lr=0.01", "lr=0.1"]
    assert results[0].settings["optimizer.name"] == "adam"
    assert {cell.curves.seeds for cell in results} == {(0, 1)}
    chosen = command("metrics", tmp_path, "--where", "lr=0.1", "--format", "json")
    assert chosen.code == 0
    assert chosen.out.count('"model"') == 1


def test_streams_are_coordinates(tmp_path: Path) -> None:
    for init in range(2):
        for order in range(2):
            record(tmp_path, None, streams={"init": init, "order": order})
    (cell,) = genconv.load(tmp_path)
    assert cell.curves.coordinates is not None
    assert cell.curves.coordinates[1] == genconv.Coordinates(data=0, init=0, order=1, noise=0)
    assert cell.curves.seeds == ("init 0, order 0", "init 0, order 1", "init 1, order 0", "init 1, order 1")


def test_steps_kinds_and_units(tmp_path: Path) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=0, kind="bound", unit="bits/dim") as run:
        for step in (0, 500, 1000):
            run.log(step=step, validation=4.0)
    (cell,) = genconv.load(run.path)
    assert cell.curves.counted == "steps"
    assert np.array_equal(cell.curves.places, [0, 500, 1000])
    assert cell.curves.measure.label == "NLL bound, bits/dim"


def test_nothing_but_runs_without_a_loss_is_one_line(tmp_path: Path) -> None:
    record(tmp_path, 0, epochs=0)
    done = command("metrics", tmp_path)
    assert (done.code, done.err) == (1, "")
    assert "In no number:\n  mine on photos: seed 0 has no loss" in done.out


def test_damage_is_a_problem_and_verify_finds_it(tmp_path: Path) -> None:
    for seed in range(2):
        record(tmp_path, seed)
    assert command("verify", tmp_path).out == "2 runs are as they were written, 0 are not\n"
    log = record(tmp_path, 2) / "log.jsonl"
    log.write_text(log.read_text().replace("0.5", "0.25"))
    assert command("verify", tmp_path).code == 1
    done = command("metrics", tmp_path)
    assert done.code == 1
    assert "were changed after they were written" in done.err
    assert "damaged" in command("status", tmp_path).out


def test_a_recorded_run_is_not_imported_once_more(tmp_path: Path) -> None:
    run = record(tmp_path / "runs", 0)
    done = command("import", run, "-o", tmp_path / "other")
    assert done.error == f"'{run}' is in the store already: give it to metrics, compare, plot or report as it is"
