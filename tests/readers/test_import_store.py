"""Imported cells in the store: written once, read beside runs, recognised when changed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.experiment.synthetic_runs import store

from genconv.curves import Reference
from genconv.errors import InputError
from genconv.store.imported import ImportedCell, is_imported, open_imported, save_imported
from genconv.store.load import load

CELL = ImportedCell("moons", "vae", (3, 9), np.array([[3.0, 2], [3, np.nan]]), np.array([[4.0, 3], [4, 5]]))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, new = save_imported(tmp_path, replace(CELL, provenance={"sources": []}))
    again = open_imported(path)
    assert new
    assert again.identity == CELL.identity
    assert (again.dataset, again.model, again.seeds, again.provenance) == ("moons", "vae", (3, 9), {"sources": []})
    np.testing.assert_array_equal(again.training, CELL.training)
    np.testing.assert_array_equal(again.validation, CELL.validation)


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    path, _ = save_imported(tmp_path, CELL)
    before = (path / "import.json").stat()
    assert save_imported(tmp_path, replace(CELL, provenance={"other": 1})) == (path, False)
    assert (path / "import.json").stat() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "change",
    [{"seeds": (3, 8)}, {"model": "flow"}, {"training": None}, {"validation": CELL.validation + 1}, {"dataset": "x"}],
)
def test_the_identity_is_of_names_seeds_and_losses(change: dict[str, object]) -> None:
    assert replace(CELL, **change).identity != CELL.identity  # type: ignore[arg-type]


def test_a_damaged_cell_is_a_line_and_is_written_again(tmp_path: Path) -> None:
    path, _ = save_imported(tmp_path, CELL)
    document = json.loads((path / "import.json").read_text())
    (path / "import.json").write_text(json.dumps({**document, "model": "flow"}))
    with pytest.raises(InputError, match=r"import\.json: was changed after it was written"):
        load([path])
    assert save_imported(tmp_path, CELL) == (path, True)
    assert load([path]).cells[0].curves.model == "vae"
    (path / "import.json").unlink()
    with pytest.raises(InputError, match=r"import\.json"):
        load([path])


def test_cells_beside_runs(tmp_path: Path) -> None:
    store(tmp_path, 2)
    path, _ = save_imported(tmp_path, CELL)
    reference = Reference(1.0, 0.5, 2.0)
    collection = load([tmp_path], {"moons": reference})
    assert [(one.curves.protocol == "imported", len(one.runs)) for one in collection.cells] == [(False, 2), (True, 0)]
    (curves,) = load([path], {"moons": reference}).curves
    assert is_imported(path)
    assert curves.reference == reference
    assert curves.seeds == (3, 9)
    assert list(curves.diverged) == [False, True]


def test_a_copy_is_the_same_cell_and_others_are_told_apart(tmp_path: Path) -> None:
    path, _ = save_imported(tmp_path / "a", CELL)
    shutil.copytree(path, tmp_path / "b" / path.name)
    assert len(load([tmp_path / "a", tmp_path / "b"]).cells) == 1
    other, _ = save_imported(tmp_path / "a", replace(CELL, validation=CELL.validation + 1))
    assert {curves.variant for curves in load([tmp_path / "a"]).curves} == {str(path), str(other)}
