"""Results: a sequence of cells, selected by name and setting, shown in short, and turned into tables."""

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.experiment.synthetic_runs import EPOCHS, cell, losses, record, store

from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.measure import ELBO
from genconv.store.load import load
from genconv.store.results import Results
from genconv.store.runs import RunRecord, StoredRun, save_run


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three cells: two runs of rings, one diverged; three of moons; one of moons with other data."""
    root = tmp_path_factory.mktemp("results")
    save_run(root, record(0))
    save_run(root, record(1, divergence=Divergence(2, "blow-up", 9)))
    store(root, 3, cell(dataset="moons", model="flow"))
    store(root, 1, cell(dataset="moons", model="flow", data={"training_size": 9}))
    return load([root])


def test_it_is_a_sequence_of_cells(results: Results) -> None:
    assert len(results) == 3
    assert [one.curves.dataset for one in results] == ["moons", "moons", "rings"]
    assert results[2] is results.cells[2]


def test_cells_are_selected_by_name_and_setting(results: Results) -> None:
    assert len(results.where(dataset="moons")) == 2
    assert len(results.where(dataset=["moons", "rings"], model="vae")) == 1
    assert len(results.where(data__training_size=9)) == 1
    assert len(results.where(**{"data.training_size": [9, 512]}, training__epochs=EPOCHS)) == 3
    assert len(results.where(dataset="rings", model="flow")) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"model": "flwo"}, "unknown model 'flwo': did you mean 'flow'"),
        ({"training__epoch": 3}, "unknown setting 'training.epoch': did you mean 'training.epochs'"),
    ],
)
def test_a_name_that_no_cell_has_is_told(results: Results, names: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        results.where(**names)


def test_what_is_shown_is_a_short_table(results: Results) -> None:
    title, header, *rows = repr(results).splitlines()
    assert title == "Results: 3 cells, 6 runs"
    assert header.split() == ["dataset", "model", "protocol", "runs", "diverged", "last", "validation", "says"]
    assert rows[2].split()[:5] == ["rings", "vae", "corrected", "2", "1"]
    assert rows[2].endswith(ELBO.label)
    assert results._repr_html_().count("<tr>") == 4


def test_no_repr_shows_an_array(results: Results) -> None:
    one = results[2]
    for shown in (one, one.curves, one.runs[0], one.quantity("validation.loss")):
        assert "\n" not in repr(shown)
        assert len(repr(shown)) < 300


def test_a_name_that_acts_on_a_page_is_text(tmp_path: Path) -> None:
    store(tmp_path, 1, cell(model="<script>"))
    assert "<script>" not in load([tmp_path])._repr_html_()


def test_the_long_table_has_a_row_for_each_cell_run_quantity_and_epoch(results: Results) -> None:
    table = results.to_polars()
    assert table.height == 6 * 2 * EPOCHS
    rows = table.filter(dataset="rings", run="1", split="validation", quantity="loss").sort("epoch")
    np.testing.assert_array_equal(rows["value"], losses(1)[1])
    np.testing.assert_array_equal(rows["step"], 4 * np.arange(1, EPOCHS + 1))
    assert rows["kind"].unique().to_list() == ["bound"]
    assert rows["diverged"].all()


def test_the_final_table_has_a_row_a_run(results: Results) -> None:
    table = results.to_polars(final=True)
    (row,) = table.filter(dataset="rings", run="1").to_dicts()
    assert (row["init"], row["diverged"], row["diverged_epoch"], row["cause"]) == (1, True, 2, "blow-up")
    assert (row["loss"], row["last_validation"]) == (4.25, losses(1)[1][-1])
    assert table.height == 6


def test_pandas_and_xarray_hold_the_same_numbers(results: Results) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("xarray")
    frame = results.to_pandas()
    assert list(frame.columns) == results.to_polars().columns
    np.testing.assert_array_equal(frame["value"], results.to_polars()["value"])
    arrays = results.to_xarray()
    assert dict(arrays.sizes) == {"cell": 3, "run": 3, "epoch": EPOCHS}
    np.testing.assert_array_equal(arrays["validation.loss"].sel(run="1")[2], losses(1)[1])
    assert np.isnan(arrays["validation.loss"].sel(run="2")[2]).all()


@pytest.mark.parametrize(("name", "call"), [("pandas", Results.to_pandas), ("xarray", Results.to_xarray)])
def test_a_package_that_is_missing_is_named(
    name: str, call: Callable[[Results], object], results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(wanted: str, *more: Any, **others: Any) -> Any:
        if wanted == name:
            raise ImportError(wanted)
        return real(wanted, *more, **others)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=rf"{name} is not installed: pip install 'genconv\[{name}\]'"):
        call(results)


def test_quantities_are_found_by_name_and_a_wrong_one_is_told(results: Results) -> None:
    assert set(results[0].quantities) == {"training.loss", "validation.loss"}
    kl = results[2].quantity("training.loss")
    assert (kl.values.shape, kl.measure) == ((2, EPOCHS), ELBO)
    with pytest.raises(InputError, match=r"unknown quantity 'validation\.los': did you mean 'validation\.loss'"):
        results[2].quantity("validation.los")


def with_new_field(one: RunRecord, value: int, default: int) -> RunRecord:
    """The run as a version stores it whose model has one more field."""
    changed = one.run.cell.model_copy(update={"architecture": {**one.run.cell.architecture, "depth": value}})
    at_default = ("architecture.depth",) if value == default else ()
    run = type(one.run)(changed, one.run.coordinates)
    return replace(one, run=run, at_default=at_default)


def test_a_later_field_of_a_model_parts_no_cell_while_it_is_at_its_default(tmp_path: Path) -> None:
    save_run(tmp_path, record(0))
    save_run(tmp_path, with_new_field(record(1), 3, default=3))
    save_run(tmp_path, with_new_field(record(2), 4, default=3))
    assert sorted(one.curves.seeds for one in load([tmp_path])) == [(0, 1), (2,)]


def test_runs_of_one_cell_at_other_coordinates_are_in_it(tmp_path: Path) -> None:
    for run in (Coordinates(0, 1, 0, 0), Coordinates(0, 2, 0, 0)):
        one = record(run.init)
        moved = type(one.run)(one.run.cell, run)
        path = save_run(tmp_path, RunRecord(moved, one.curves, one.outcome, one.environment, one.weights, one.samples))
        assert StoredRun.open(path).run.coordinates == run
        assert f"-init{run.init}-order0-noise0-" in path.name
    (one_cell,) = load([tmp_path])
    assert one_cell.curves.seeds == (1, 2)


def test_an_empty_table_has_its_columns(results: Results) -> None:
    empty = results.where(dataset="rings", model="flow").to_polars()
    assert isinstance(empty, pl.DataFrame)
    assert empty.columns == results.to_polars().columns
