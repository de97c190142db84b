"""`genconv metrics`: the columns that scripts rely on, with the numbers that the curves hold."""

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from genconv.curves import Divergence
from genconv.store.runs import save_run
from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import record, store

COLUMNS = (
    "dataset,model,protocol,seeds,diverged,min_mean,min_sd,max_mean,max_sd,last_mean,last_sd,"
    "first_mean,first_sd,exceeds_mean,exceeds_sd"
)


def expected(folders: list[Path], ddof: int) -> dict[str, float]:
    """Mean and standard deviation over runs, straight from the files."""
    rows = []
    for folder in folders:
        curve = pl.Series(load_file(folder / "curves.safetensors")["validation.loss"])
        first = curve.head(5).mean()
        exceeds = (curve.slice(5) > first).sum()
        rows.append({"min": curve.min(), "max": curve.max(), "last": curve[-1], "first": first, "exceeds": exceeds})
    table = pl.DataFrame(rows, schema_overrides={"exceeds": pl.Float64})
    return {
        f"{name}_{part}": value
        for name in table.columns
        for part, value in (("mean", table[name].mean()), ("sd", table[name].std(ddof)))
    }


def test_the_header_starts_as_scripts_expect(tmp_path: Path) -> None:
    store(tmp_path, 2)
    header = genconv("metrics", tmp_path, "--format", "csv").out.splitlines()[0]
    assert header.startswith(COLUMNS + ",")


@pytest.mark.parametrize(("mode", "ddof"), [("corrected", 1), ("published", 0)])
def test_the_numbers_are_those_of_the_curves(tmp_path: Path, mode: str, ddof: int) -> None:
    folders = store(tmp_path, 5)
    done = genconv("metrics", tmp_path, "--format", "csv", "--mode", mode)
    (row,) = csv.DictReader(done.out.splitlines())
    assert (row["dataset"], row["model"], row["protocol"]) == ("rings", "vae", "corrected")
    assert (row["seeds"], row["diverged"]) == ("5", "0")
    for name, value in expected(folders, ddof).items():
        assert float(row[name]) == pytest.approx(value, rel=1e-12), name
    assert (done.code, done.err) == (0, "")


def test_a_diverged_seed_is_counted_and_left_out(tmp_path: Path) -> None:
    folders = store(tmp_path, 4)
    save_run(tmp_path, record(4, divergence=Divergence(3, "blow-up")))
    (row,) = csv.DictReader(genconv("metrics", tmp_path, "--format", "csv").out.splitlines())
    assert (row["seeds"], row["diverged"]) == ("5", "1")
    assert float(row["last_mean"]) == pytest.approx(expected(folders, 1)["last_mean"])


def test_json_is_strict_and_says_the_same(tmp_path: Path) -> None:
    def no_constant(name: str) -> None:
        raise AssertionError(name)

    store(tmp_path, 1)
    (row,) = json.loads(genconv("metrics", tmp_path, "--format", "json").out, parse_constant=no_constant)
    (line,) = csv.DictReader(genconv("metrics", tmp_path, "--format", "csv").out.splitlines())
    assert list(row) == list(line)
    assert row["last_sd"] is None, "one seed has no standard deviation"
    assert row["last_mean"] == float(line["last_mean"])


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_tables_for_people(tmp_path: Path, form: str) -> None:
    store(tmp_path, 3)
    done = genconv("metrics", tmp_path, "--format", form)
    assert "rings" in done.out
    assert "0 of 3" in done.out
    assert done.code == 0


def test_curve_files_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[3, 2], [4, 3]], "val": [[3, 2], [4, null]]}')
    (row,) = csv.DictReader(genconv("metrics", path, "--format", "csv").out.splitlines())
    assert (row["protocol"], row["seeds"], row["diverged"]) == ("imported", "2", "1")
    assert float(row["last_mean"]) == 2


def test_trained_runs_give_their_own_numbers(ran) -> None:  # type: ignore[no-untyped-def]
    done = genconv("metrics", ran.folder, "--format", "csv")
    rows = list(csv.DictReader(done.out.splitlines()))
    assert len(rows) == 4
    for row in rows:
        folders = sorted(ran.folder.glob(f"{row['dataset']}-{row['model']}-*"))
        if row["diverged"] == "0":
            assert np.isclose(float(row["min_mean"]), expected(folders, 1)["min_mean"])
