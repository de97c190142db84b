"""Workers of a store: each takes blocks of the studies that are planned there, until none is left."""

from pathlib import Path
from typing import Any

import pytest

from genconv.errors import InputError, Stopped
from genconv.experiment import environment
from genconv.experiment.execute import run_study
from genconv.experiment.worker import WORK_LEFT, WorkerEnd, run_worker
from genconv.store.claims import Claims
from genconv.store.lock import held
from genconv.store.plans import FOLDER, change_plan, planned_studies, read_plan, with_seeds
from tests.cli.commands import genconv
from tests.experiment.small_study import StopsAfter, contents, study


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return contents(run_study(study(), tmp_path_factory.mktemp("undisturbed")))


def interrupted(root: Path, *settings: str) -> None:
    with pytest.raises(Stopped):
        run_study(study("vae", *settings), root, StopsAfter(2, Stopped(15)))


def test_a_worker_ends_what_was_interrupted(tmp_path: Path, undisturbed: list[Any]) -> None:
    interrupted(tmp_path)
    watching = StopsAfter(99, Stopped(15))
    assert run_worker(tmp_path, observer=watching) == WorkerEnd(0, 0)
    assert watching.seen == [3, 4, 5]
    assert repr(contents(run_study(study(), tmp_path))) == repr(undisturbed)
    assert run_worker(tmp_path).exit_code == 0


def test_a_worker_that_is_stopped_says_that_work_is_left(tmp_path: Path) -> None:
    interrupted(tmp_path)
    end = run_worker(tmp_path, "a", observer=StopsAfter(1, Stopped(15)))
    assert (end, end.exit_code) == (WorkerEnd(3, 0), WORK_LEFT)
    watching = StopsAfter(99, Stopped(15))
    assert run_worker(tmp_path, "a", observer=watching).exit_code == 0
    assert watching.seen == [4, 5]


def test_a_worker_that_runs_out_of_time_saves_and_says_that_work_is_left(tmp_path: Path) -> None:
    interrupted(tmp_path, "training.epochs=100000", "execution.checkpoint_epochs=none")
    done = genconv("work", tmp_path, "--stop-after", "4")
    assert done.code == WORK_LEFT
    assert done.err.endswith("3 runs left, 0 failed\n")


def test_what_another_worker_holds_is_left_to_it(tmp_path: Path) -> None:
    interrupted(tmp_path)
    (folder,) = (path for path in tmp_path.glob(".training/*/*") if path.is_dir())
    with held(folder.with_suffix(".lock")):
        watching = StopsAfter(99, Stopped(15))
        assert run_worker(tmp_path, wait=False, observer=watching) == WorkerEnd(3, 0)
    assert watching.seen == []


def test_several_workers_share_a_cell(tmp_path: Path, undisturbed: list[Any]) -> None:
    interrupted(tmp_path, "seeds=1")
    with pytest.raises(Stopped):
        run_study(study(), tmp_path, StopsAfter(1, Stopped(15)))
    change_plan(tmp_path, "a", lambda plan: read_plan(tmp_path, "a") if plan is None else with_seeds(plan, {}))
    taken: list[int] = []
    before = Claims.next

    def counting(self: Claims, *arguments: Any) -> Any:
        found = before(self, *arguments)
        taken.append(len(getattr(found, "runs", ())))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Claims, "next", counting)
        assert run_worker(tmp_path).exit_code == 0
    assert sum(taken) >= 3
    assert repr(contents(run_study(study(), tmp_path))) == repr(undisturbed)


def test_processes_of_one_machine_give_the_same_bits(
    tmp_path: Path, undisturbed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # as here
    folders = run_study(study("vae", "execution.jobs=2"), tmp_path)
    assert read_plan(tmp_path, "a").workers == 2
    assert repr(contents(folders)) == repr(undisturbed)
    assert not (tmp_path / ".training").exists()


def test_blocks_are_as_large_as_the_study_says(tmp_path: Path, undisturbed: list[Any]) -> None:
    watching = StopsAfter(99, Stopped(15))
    folders = run_study(study("vae", "execution.block=2"), tmp_path, watching)
    assert watching.seen == [1, 2, 3, 4, 5] * 2
    assert repr(contents(folders)) == repr(undisturbed)


def test_a_worker_that_would_give_other_bits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path)
    monkeypatch.setattr(environment, "cores", lambda: 1000)
    with pytest.raises(InputError, match=r"other bits than the first one of 'a' \(cores \d+ there, 1000 here\)"):
        run_worker(tmp_path)
    monkeypatch.undo()
    interrupted(tmp_path, "execution.same_bits=false")
    monkeypatch.setattr(environment, "cores", lambda: 1000)
    assert run_worker(tmp_path).exit_code == 0


def test_seeds_of_single_cells_can_be_given(tmp_path: Path) -> None:
    first = run_study(study(), tmp_path, seeds=None)
    (identity,) = read_plan(tmp_path, "a").cells
    more = run_study(study(), tmp_path, seeds={identity: (0, 1, 2, 3)}, goes_on=True)
    assert more[:3] == first
    assert len(more) == 4
    assert run_study(study(), tmp_path, seeds={identity: ()}) == []


def test_a_study_that_was_changed_says_what_is_new_and_what_no_longer_belongs(tmp_path: Path) -> None:
    run_study(study(), tmp_path)
    notes: list[str] = []

    class Notes(StopsAfter):
        def noted(self, message: str) -> None:
            notes.append(message)

    run_study(study("lvae", "seeds=1"), tmp_path, Notes(99, Stopped(15)))
    assert notes == [
        "the study 'a' was changed since its last start: new in it is 'lvae on 8gaussians'",
        "the study 'a' was changed since its last start: no longer in it is 'vae on 8gaussians'; "
        "its runs stay in the store",
    ]
    notes.clear()
    run_study(study("lvae", "seeds=2"), tmp_path, Notes(99, Stopped(15)))
    assert notes == ["lvae on 8gaussians: 2 runs are wanted, 1 at the last start"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["no"], "'no' is not a folder"),
        (["."], "'.' has no plan of a study"),
        (["runs", "--study", "b"], "unknown study 'b': known are a"),
        (["runs", "--stop-after", "0"], "stop after 0 seconds: must be above 0"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], error: str) -> None:
    monkeypatch.chdir(tmp_path)
    interrupted(tmp_path / "runs")
    done = genconv("work", *words, "--study", "a") if words == ["."] else genconv("work", *words)
    assert done.code == 2
    assert done.error.startswith(error.format(here=tmp_path))


def test_a_damaged_plan_is_one_line(tmp_path: Path) -> None:
    interrupted(tmp_path)
    file = tmp_path / FOLDER / "a.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 9'))
    done = genconv("work", tmp_path)
    assert (done.code, done.error) == (2, f"{file}: format = 9: this version reads format 1")


def test_studies_without_a_name_leave_no_plan(tmp_path: Path) -> None:
    import genconv as package  # noqa: PLC0415

    package.train("vae", "rings", output=tmp_path, epochs=1, settings=["data.training_size=96", "model.hidden=[4]"])
    assert planned_studies(tmp_path) == []
    assert not (tmp_path / FOLDER).exists()
