"""What `genconv status` reads of cells in training: a cell waits only as long as runs of it are missing."""

from pathlib import Path

import pytest
from tests.experiment.synthetic_runs import cell, record

from genconv.coordinates import Coordinates
from genconv.store.checkpoints import FOLDER, set_folder, write_runs
from genconv.store.folders import folder_name
from genconv.store.lock import held
from genconv.store.runs import save_run
from genconv.store.status import CellStatus, planned, statuses, write_status


def of_two_seeds(root: Path) -> dict[Coordinates, Path]:
    runs = [record(seed).run for seed in range(2)]
    return {run.coordinates: root / folder_name(run) for run in runs}


def plan(root: Path) -> dict[str, tuple[CellStatus, list[Path]]]:
    return {cell().identity: (CellStatus.of(cell(), 2), list(of_two_seeds(root).values()))}


def waiting(root: Path) -> list[tuple[int, str]]:
    return [(one.runs, one.state) for one in statuses(root)]


def test_runs_that_another_process_stores_wait_no_more(tmp_path: Path) -> None:
    with planned(tmp_path, plan(tmp_path)):
        assert waiting(tmp_path) == [(2, "waiting")]
        save_run(tmp_path, record(0))
        assert waiting(tmp_path) == [(1, "waiting")]
        save_run(tmp_path, record(1))
        assert waiting(tmp_path) == []
    assert not list((tmp_path / FOLDER).iterdir())


def test_the_plan_of_a_process_that_is_gone_is_none(tmp_path: Path) -> None:
    with planned(tmp_path, plan(tmp_path)):
        (file,) = (tmp_path / FOLDER).glob("plan-*.json")
        text = file.read_text()
    file.write_text(text)
    assert waiting(tmp_path) == []
    with planned(tmp_path, {}):
        assert not file.exists()


def test_runs_of_a_set_that_are_stored_are_counted_once(tmp_path: Path) -> None:
    runs = list(of_two_seeds(tmp_path))
    folder = set_folder(tmp_path, cell(), runs)
    write_runs(folder, {run: path.name for run, path in of_two_seeds(tmp_path).items()})
    write_status(folder, CellStatus.of(cell(), 2, done=7))
    save_run(tmp_path, record(0))
    assert waiting(tmp_path) == [(1, "interrupted")]
    save_run(tmp_path, record(1))
    assert waiting(tmp_path) == []


@pytest.mark.parametrize("trained", [True, False])
def test_a_set_of_runs_is_in_training_or_interrupted(trained: bool, tmp_path: Path) -> None:
    folder = set_folder(tmp_path, cell(), list(of_two_seeds(tmp_path)))
    write_status(folder, CellStatus.of(cell(), 2, done=3))
    with held(folder.with_suffix(".lock")):
        if trained:
            ((runs, state),) = waiting(tmp_path)
            assert runs == 2
            assert state.startswith("process ")
    if not trained:
        assert waiting(tmp_path) == [(2, "interrupted")]
