"""`results + more`: all runs of both, each once."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.experiment.synthetic_runs import cell, record, store

import genconv
from genconv.errors import InputError
from genconv.store.imported import ImportedCell, save_imported
from genconv.store.load import load
from genconv.store.runs import save_run


def test_two_cells_stand_beside_each_other_and_are_compared(tmp_path: Path) -> None:
    store(tmp_path / "a", 4)
    store(tmp_path / "b", 4, cell(model="flow"))
    both = load([tmp_path / "a"]) + load([tmp_path / "b"])
    assert [one.curves.model for one in both] == ["vae", "flow"]
    assert len(genconv.compare(both, metric="last").results) == 1


def test_runs_of_one_cell_are_one_cell_and_each_is_there_once(tmp_path: Path) -> None:
    store(tmp_path / "all", 5)
    first, last = (load(sorted((tmp_path / "all").iterdir())[some]) for some in (slice(0, 3), slice(2, 5)))
    assert [one.curves.seeds for one in first + last] == [(0, 1, 2, 3, 4)]
    assert (first + first).cells[0].curves.seeds == first[0].curves.seeds


def test_cells_of_one_model_are_called_by_what_differs(tmp_path: Path) -> None:
    store(tmp_path / "a", 2)
    store(tmp_path / "b", 2, cell(data={"training_size": 9}))
    both = load([tmp_path / "a"]) + load([tmp_path / "b"])
    assert len({one.curves.label for one in both}) == 2
    assert all("_size=" in one.curves.variant for one in both)


def test_the_same_run_with_other_contents_is_an_error(tmp_path: Path) -> None:
    store(tmp_path / "a", 2)
    other = record(1)
    curves = {**other.curves, "validation.loss": other.curves["validation.loss"] + 1}
    save_run(tmp_path / "b", replace(other, curves=curves))
    with pytest.raises(InputError, match="vae on rings, seed 1: is in both results, with other curves"):
        load([tmp_path / "a"]) + load([tmp_path / "b"])


def test_imported_cells_are_kept_once_and_other_ones_of_that_name_refused(tmp_path: Path) -> None:
    values = record(0).curves["validation.loss"][None]
    mine = ImportedCell("photos", "mine", (0,), None, values)
    save_imported(tmp_path / "a", mine)
    save_imported(tmp_path / "b", replace(mine, validation=values + 1))
    one, other = load([tmp_path / "a"]), load([tmp_path / "b"])
    assert len(one + one) == 1
    with pytest.raises(InputError, match=r"mine .*: two cells have this name"):
        one + other


def test_what_is_no_result_is_told(tmp_path: Path) -> None:
    store(tmp_path, 2)
    results = load([tmp_path])
    wrongs = {r"results \+ more": [results, results], "load reads": str(tmp_path), "where": results[0]}
    for hint, wrong in wrongs.items():
        with pytest.raises(InputError, match=rf"results of type .*: must be what genconv.load .*{hint}"):
            genconv.summarise(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"metric = .*: must be the name of one metric"):
        genconv.plan(results, ["last", "best"], effect=1)  # type: ignore[arg-type]
    assert "epochs_to:3" in genconv.summarise(results, metric="epochs_to:3,last")[0].metrics
