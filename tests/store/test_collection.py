"""What paths turn into: cells of stacked runs, told apart by what differs, and a line for whatever is unreadable."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.experiment.synthetic_runs import EPOCHS, cell, losses, record, store

from genconv.errors import InputError
from genconv.store import files, runs
from genconv.store.files import MANIFEST
from genconv.store.load import load
from genconv.store.runs import FILES

CURVES = '{"train": [[3, 2]], "val": [[3, 2]]}'


def test_runs_of_a_cell_are_stacked_by_seed(tmp_path: Path) -> None:
    folders = store(tmp_path, 12)
    (one,) = load(reversed(folders)).cells
    assert one.curves.seeds == tuple(range(12))
    assert [run.run.label for run in one.runs] == list(range(12))
    assert one.curves.epochs == EPOCHS
    np.testing.assert_array_equal(one.curves.validation[11], losses(11)[1])
    np.testing.assert_array_equal(one.curves.training[3], losses(3)[0])
    assert one.curves.variant == ""


def test_every_file_is_checked_once_and_curves_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders, hashed, read = store(tmp_path, 5), list[Path](), list[Path]()
    content, read_curves = files._content, runs.read_curves
    monkeypatch.setattr(files, "_content", lambda path: hashed.append(Path(path)) or content(path))  # type: ignore[func-returns-value]
    monkeypatch.setattr(runs, "read_curves", lambda path, epochs: read.append(path) or read_curves(path, epochs))  # type: ignore[func-returns-value]
    (one,) = load([tmp_path]).cells
    assert one.curves.training.shape == (5, EPOCHS)
    assert sorted(hashed) == sorted(folder / name for folder in folders for name in (*FILES, MANIFEST))
    assert sorted(read) == sorted(folder / "curves.safetensors" for folder in folders)


def test_a_folder_of_runs_and_the_runs_themselves_are_the_same(tmp_path: Path) -> None:
    folders = store(tmp_path, 2)
    (whole,), (each,), (twice,) = (load(paths).cells for paths in ([tmp_path], folders, [tmp_path, *folders]))
    assert whole.curves.seeds == each.curves.seeds == twice.curves.seeds == (0, 1)


def test_a_copy_of_a_run_is_the_same_run(tmp_path: Path) -> None:
    store(tmp_path / "a", 2)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (one,) = load([tmp_path / "a", tmp_path / "b"]).cells
    assert one.curves.seeds == (0, 1)


def test_cells_that_share_their_names_are_told_apart_by_what_differs(tmp_path: Path) -> None:
    for epochs in (EPOCHS, 9):
        store(tmp_path, 2, cell(training=cell().training.updated({"epochs": epochs})))
    store(tmp_path, 1, cell(dataset="moons"))
    variants = {(one.curves.dataset, one.curves.variant) for one in load([tmp_path]).cells}
    assert variants == {("rings", f"epochs={EPOCHS}"), ("rings", "epochs=9"), ("moons", "")}


def test_cells_that_differ_in_the_study_seed_alone_are_told_apart(tmp_path: Path) -> None:
    for seed in (0, 1):
        store(tmp_path, 1, cell(study_seed=seed))
    assert {one.curves.variant for one in load([tmp_path]).cells} == {"study_seed=0", "study_seed=1"}


def test_a_damaged_run_is_a_problem_and_the_others_are_shown(tmp_path: Path) -> None:
    folders = store(tmp_path, 3)
    (folders[1] / "curves.safetensors").unlink()
    collection = load([tmp_path])
    assert collection.cells[0].curves.seeds == (0, 2)
    (problem,) = collection.problems
    assert str(folders[1] / "curves.safetensors") in problem


def test_if_nothing_can_be_read_the_error_says_how_much(tmp_path: Path) -> None:
    for folder in store(tmp_path, 3):
        (folder / "outcome.json").unlink()
    with pytest.raises(InputError, match=r"outcome\.json.*\(and 2 more like it\)"):
        load([tmp_path])


def test_curve_files_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "vae_rings_1.json" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(CURVES)
    collection = load(paths)
    assert [curves.variant for curves in collection.curves] == [str(path) for path in paths]
    assert load(paths[:1]).curves[0].variant == ""


def test_runs_and_curve_files_together(tmp_path: Path) -> None:
    store(tmp_path / "runs", 1)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "vae_rings_1.json").write_text(CURVES)
    collection = load([tmp_path / "runs", tmp_path / "files"])
    assert [curves.protocol for curves in collection.curves] == ["corrected", "imported"]


def test_an_evaluation_without_a_number_is_nan(tmp_path: Path) -> None:
    store(tmp_path, 2)
    evaluation = load([tmp_path]).curves[0].evaluation
    np.testing.assert_array_equal(evaluation["loss"], [4.25, 4.25])
    assert np.isnan(evaluation["importance_weighted"]).all()
    assert record().outcome.as_json()["evaluation"]["importance_weighted"] is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "'.*missing' does not exist"),
        ("empty", "holds no runs and no loss-curve files"),
        ("file/below", "cannot be read: Not a directory"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
def test_a_path_with_nothing_to_read_is_bad_input(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message):
        load([tmp_path / name])


def test_a_device_is_no_result() -> None:
    with pytest.raises(InputError, match="/dev/null"):
        load([Path("/dev/null")])


def test_no_paths_at_all() -> None:
    with pytest.raises(InputError, match="no path given"):
        load([])
