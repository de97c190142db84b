"""A cell that is interrupted anywhere goes on to the same bits; what cannot is refused."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError, Stopped
from genconv.experiment import environment
from genconv.experiment.execute import run_study
from genconv.experiment.resolve import resolve
from genconv.store.checkpoints import FOLDER
from genconv.store.lock import held, owner
from genconv.store.plans import FOLDER as STUDIES
from genconv.store.runs import RunRecord, save_run
from tests.experiment.small_study import WIDTHS, StopsAfter, contents, study


@pytest.fixture(scope="module", params=sorted(WIDTHS))
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def undisturbed_vae(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return contents(run_study(study(), tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture(scope="module")
def undisturbed(model: str, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return contents(run_study(study(model), tmp_path_factory.mktemp("undisturbed")))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stopped(15), RuntimeError("killed")])
@pytest.mark.parametrize("epochs", [1, 4])
def test_an_interrupted_cell_goes_on_to_the_same_bits(
    model: str, undisturbed: list[Any], epochs: int, error: BaseException, tmp_path: Path
) -> None:
    with pytest.raises(type(error)):
        run_study(study(model), tmp_path, StopsAfter(epochs, error))
    assert sorted(path.name for path in tmp_path.iterdir()) == [STUDIES, FOLDER]
    watching = StopsAfter(99, error)
    folders = run_study(study(model), tmp_path, watching)
    assert watching.seen == list(range(epochs + 1, 6))
    assert watching.resumed == [epochs]
    assert repr(contents(folders)) == repr(undisturbed)
    assert sorted(path for path in tmp_path.iterdir() if path.name != STUDIES) == sorted(folders)


def test_interrupted_again_and_again(undisturbed: list[Any], model: str, tmp_path: Path) -> None:
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            run_study(study(model), tmp_path, StopsAfter(1, KeyboardInterrupt()))
    assert repr(contents(run_study(study(model), tmp_path))) == repr(undisturbed)


def interrupted(root: Path, epochs: int = 3) -> Path:
    """A cell stopped after some epochs; where it is kept."""
    with pytest.raises(KeyboardInterrupt):
        run_study(study(), root, StopsAfter(epochs, KeyboardInterrupt()))
    (folder,) = (path for path in (root / FOLDER).glob("*/*") if path.is_dir())
    return folder


class Order(StopsAfter):
    """Which learning rates are trained, in their order."""

    def __init__(self) -> None:
        super().__init__(99, KeyboardInterrupt())
        self.rates: list[float] = []

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        self.rates.append(cell.training.learning_rate)


def study_rate() -> float:
    (one,) = resolve(study())
    return one.cell.training.learning_rate


def test_the_last_two_states_are_kept(tmp_path: Path) -> None:
    assert sorted(path.name for path in interrupted(tmp_path).glob("0*")) == ["000002", "000003"]


@pytest.mark.parametrize("file", ["state.safetensors", "checkpoint.json", "manifest.json"])
@pytest.mark.parametrize("how", ["flip", "truncate", "remove"])
def test_a_damaged_state_is_told_and_the_one_before_it_taken(file: str, how: str, tmp_path: Path) -> None:
    folder = interrupted(tmp_path)
    victim = folder / "000003" / file
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 4
    if how == "remove":
        victim.unlink()
    else:
        victim.write_bytes(content if how == "flip" else content[: len(content) // 2])
    watching = StopsAfter(99, KeyboardInterrupt())
    run_study(study(), tmp_path, watching)
    assert watching.seen == [3, 4, 5]
    (warning,) = watching.warnings
    assert str(victim.parent) in warning
    assert "goes on from epoch 2" in warning


def test_both_damaged_the_cell_starts_again(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    folder = interrupted(tmp_path)
    for state in folder.glob("0*"):
        (state / "state.safetensors").write_bytes(b"rubbish")
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed_vae)
    assert watching.seen == [1, 2, 3, 4, 5]
    assert len(watching.warnings) == 2


@pytest.mark.parametrize("what", ["XLA_FLAGS", "cores", "computation"])
def test_what_cannot_go_on_is_told_and_moved_aside_after_the_others_are_trained(
    what: str, tmp_path: Path, undisturbed_vae: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(tmp_path)
    if what == "XLA_FLAGS":
        monkeypatch.setenv("XLA_FLAGS", "--xla_something=1")
    elif what == "cores":
        monkeypatch.setattr(environment, "cores", lambda: 1000)
    else:
        monkeypatch.setattr(environment, "COMPUTATION", 1000)
    watching = Order()
    other = study("vae", "training.learning_rate=3e-3")
    both = study().updated({"cells": (*study().cells, *other.cells)})
    folders = run_study(both, tmp_path, watching)
    assert repr(contents(folders[:3])) == repr(undisturbed_vae)
    assert watching.rates == [0.003, study_rate()]
    (warning,) = watching.warnings
    assert warning.startswith("vae on 8gaussians: what was saved after epoch 3 cannot go on here")
    assert what in warning
    assert warning.endswith("and its 3 runs start again")
    (aside,) = tmp_path.glob(".replaced-*")
    assert sorted(path.name for path in (aside / folder.name).glob("0*")) == ["000002", "000003"]
    assert not (tmp_path / FOLDER).exists()


def test_cells_in_training_of_an_earlier_version_are_told(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    """Their states lay in the folder of the cell, and do not say which cell that is."""
    folder = interrupted(tmp_path)
    folder.rename(tmp_path / FOLDER / "0123456789abcdef0123456789abcdef")
    folder.parent.rmdir()
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed_vae)
    assert watching.seen == [1, 2, 3, 4, 5]
    (warning,) = watching.warnings
    assert "an earlier version saved a cell in training there" in warning
    assert not (tmp_path / FOLDER).exists()
    again = StopsAfter(99, KeyboardInterrupt())
    run_study(study(), tmp_path, again)
    assert again.warnings == []


def test_fresh_starts_over_and_moves_the_old_aside(tmp_path: Path) -> None:
    interrupted(tmp_path)
    watching = StopsAfter(99, KeyboardInterrupt())
    first = contents(run_study(study(), tmp_path, watching, fresh=True))
    assert watching.seen == [1, 2, 3, 4, 5]
    folders = run_study(study(), tmp_path, fresh=True)
    assert repr(contents(folders)) == repr(first)
    aside = sorted(path for path in tmp_path.iterdir() if path not in folders and path.name != STUDIES)
    assert [path.name.startswith(".replaced-") for path in aside] == [True, True]
    assert len(list(aside[1].iterdir())) == 3


def test_a_running_set_is_not_moved_aside(tmp_path: Path) -> None:
    folder = interrupted(tmp_path)
    with held(folder.with_suffix(".lock")), pytest.raises(InputError, match="--fresh: vae on 8gaussians is in train"):
        run_study(study(), tmp_path, fresh=True)
    assert (folder / "000003").exists()


def test_more_seeds_than_were_saved(tmp_path: Path) -> None:
    interrupted(tmp_path)
    folders = run_study(study("vae", "seeds=4"), tmp_path)
    alone = run_study(study("vae", "seeds=[3]"), tmp_path / "alone")
    assert repr(contents(folders[3:])) == repr(contents(alone))
    assert len(folders) == 4
    assert not (tmp_path / FOLDER).exists()


def test_fewer_seeds_than_were_saved(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    interrupted(tmp_path)
    assert repr(contents(run_study(study("vae", "seeds=[1]"), tmp_path))) == repr(undisturbed_vae[1:2])


def test_states_of_two_sets_of_runs_of_a_cell_both_go_on(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    first = interrupted(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_study(study("vae", "seeds=[7, 8]"), tmp_path, StopsAfter(2, KeyboardInterrupt()))
    assert (first / "000003").exists()
    run_study(study("vae", "seeds=[9]"), tmp_path)
    for settings, seen in (((), [4, 5]), (("seeds=[7, 8]",), [3, 4, 5])):
        watching = StopsAfter(99, KeyboardInterrupt())
        folders = run_study(study("vae", *settings), tmp_path, watching)
        assert watching.seen == seen
        if not settings:
            assert repr(contents(folders)) == repr(undisturbed_vae)
    assert not (tmp_path / FOLDER).exists()


def test_sets_that_overlap_are_stored_once_and_leave_nothing(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    interrupted(tmp_path)
    stopped = StopsAfter(3, KeyboardInterrupt())  # after what was saved is finished, and one epoch of seed 3
    with pytest.raises(KeyboardInterrupt):
        run_study(study("vae", "seeds=[1, 2, 3]"), tmp_path, stopped)
    assert stopped.seen == [4, 5, 1]
    folders = run_study(study("vae", "seeds=4"), tmp_path)
    assert repr(contents(folders[:3])) == repr(undisturbed_vae)
    assert not (tmp_path / FOLDER).exists()


def test_other_runs_of_a_cell_are_trained_beside_a_process_that_trains_some(
    tmp_path: Path, undisturbed_vae: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import work as running  # noqa: PLC0415

    folder = interrupted(tmp_path)
    stack = ExitStack()
    assert stack.enter_context(held(folder.with_suffix(".lock")))
    assert owner(folder.with_suffix(".lock")).startswith(f"process {os.getpid()} on ")
    watching = StopsAfter(99, KeyboardInterrupt())
    monkeypatch.setattr(running, "time", SimpleNamespace(sleep=lambda seconds: stack.close()))
    folders = run_study(study("vae", "seeds=4"), tmp_path, watching)
    assert repr(contents(folders[:3])) == repr(undisturbed_vae)
    (warning,) = watching.warnings
    assert "is in training by process" in warning
    assert watching.seen == [1, 2, 3, 4, 5, 4, 5]


def test_many_runs_are_trained_some_at_a_time(
    tmp_path: Path, undisturbed_vae: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import trained as running  # noqa: PLC0415

    monkeypatch.setattr(running, "runs_together", lambda one: 2)
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed_vae)
    assert watching.seen == [1, 2, 3, 4, 5] * 2


def test_saved_runs_for_which_there_is_no_room_go_on_some_at_a_time(
    tmp_path: Path, undisturbed_vae: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import trained as running  # noqa: PLC0415

    interrupted(tmp_path)
    monkeypatch.setattr(running, "runs_together", lambda one: 2)
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed_vae)
    assert watching.seen == [4, 5] * 2
    assert watching.warnings == []
    assert not (tmp_path / FOLDER).exists()


def test_stopped_while_runs_are_stored_nothing_is_trained_again(
    tmp_path: Path, undisturbed_vae: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import trained as running  # noqa: PLC0415

    def stop(root: Path, record: RunRecord, fence: Any) -> Path:
        if record.run.coordinates.init == 1:
            raise Stopped(15)
        return save_run(root, record, fence)

    with monkeypatch.context() as patched:
        patched.setattr(running, "save_run", stop)
        with pytest.raises(Stopped):
            run_study(study("vae", "execution.checkpoint_epochs=none"), tmp_path)
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed_vae)
    assert watching.seen == []


def test_numbers_that_are_not_finite_survive(tmp_path: Path) -> None:
    settings = ("training.learning_rate=1e30", "training.gradient_clip=none", "training.warmup_steps=0")
    whole = contents(run_study(study("vae", *settings), tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        run_study(study("vae", *settings), tmp_path / "cut", StopsAfter(3, KeyboardInterrupt()))
    assert repr(contents(run_study(study("vae", *settings), tmp_path / "cut"))) == repr(whole)
    assert any(outcome["divergence"] for _, outcome, _, _ in whole)
    assert np.isnan(whole[0][2]["loss"]).any()
