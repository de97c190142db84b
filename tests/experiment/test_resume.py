"""A cell that is interrupted anywhere goes on to the same bits; what cannot is refused."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genconv.errors import InputError, Stopped
from genconv.experiment import environment
from genconv.experiment.execute import run_study
from genconv.store.checkpoints import FOLDER, cell_folder
from genconv.store.lock import held, owner
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
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    watching = StopsAfter(99, error)
    folders = run_study(study(model), tmp_path, watching)
    assert watching.seen == list(range(epochs + 1, 6))
    assert repr(contents(folders)) == repr(undisturbed)
    assert sorted(tmp_path.iterdir()) == sorted(folders)


def test_interrupted_again_and_again(undisturbed: list[Any], model: str, tmp_path: Path) -> None:
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            run_study(study(model), tmp_path, StopsAfter(1, KeyboardInterrupt()))
    assert repr(contents(run_study(study(model), tmp_path))) == repr(undisturbed)


def interrupted(root: Path, epochs: int = 3) -> Path:
    """A cell stopped after some epochs; where it is kept."""
    with pytest.raises(KeyboardInterrupt):
        run_study(study(), root, StopsAfter(epochs, KeyboardInterrupt()))
    (folder,) = (path for path in (root / FOLDER).iterdir() if path.is_dir())
    return folder


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


def test_another_version_is_refused_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = interrupted(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", "--xla_something=1")
    with pytest.raises(
        InputError, match=r"XLA_FLAGS .*not --xla_something=1: finish it as it was begun, or .* --fresh"
    ):
        run_study(study(), tmp_path)
    assert (folder / "000003").exists()


def test_another_number_of_cores_gives_other_bits_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path)
    monkeypatch.setattr(environment, "cores", lambda: 1000)
    with pytest.raises(InputError, match=r"with cores \d+, not 1000: finish it as it was begun, or start over"):
        run_study(study(), tmp_path)


def test_fresh_starts_over_and_moves_the_old_aside(tmp_path: Path) -> None:
    interrupted(tmp_path)
    watching = StopsAfter(99, KeyboardInterrupt())
    first = contents(run_study(study(), tmp_path, watching, fresh=True))
    assert watching.seen == [1, 2, 3, 4, 5]
    folders = run_study(study(), tmp_path, fresh=True)
    assert repr(contents(folders)) == repr(first)
    aside = sorted(path for path in tmp_path.iterdir() if path not in folders)
    assert [path.name.startswith(".replaced-") for path in aside] == [True, True]
    assert len(list(aside[1].iterdir())) == 3


def test_more_seeds_than_were_saved(tmp_path: Path) -> None:
    interrupted(tmp_path)
    folders = run_study(study("vae", "seeds=4"), tmp_path)
    alone = run_study(study("vae", "seeds=[3]"), tmp_path / "alone")
    assert repr(contents(folders[3:])) == repr(contents(alone))
    assert len(folders) == 4


def test_fewer_seeds_than_were_saved(tmp_path: Path, undisturbed_vae: list[Any]) -> None:
    interrupted(tmp_path)
    assert repr(contents(run_study(study("vae", "seeds=[1]"), tmp_path))) == repr(undisturbed_vae[1:2])


def test_a_cell_that_another_process_trains_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from genconv.experiment import execute as running  # noqa: PLC0415
    from genconv.experiment.resolve import resolve  # noqa: PLC0415

    (one,) = resolve(study())
    lock = cell_folder(tmp_path, one.cell).with_suffix(".lock")
    watching = StopsAfter(99, KeyboardInterrupt())
    with held(lock) as ours:
        assert ours
        assert owner(lock).startswith(f"process {os.getpid()} on ")

        def gone(seconds: float) -> None:
            lock.unlink()

        monkeypatch.setattr(running.time, "sleep", gone)
        run_study(study(), tmp_path, watching)
    (warning,) = watching.warnings
    assert "is in training by process" in warning
    assert watching.seen == [1, 2, 3, 4, 5]


def test_numbers_that_are_not_finite_survive(tmp_path: Path) -> None:
    settings = ("training.learning_rate=1e30", "training.gradient_clip=none", "training.warmup_steps=0")
    whole = contents(run_study(study("vae", *settings), tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        run_study(study("vae", *settings), tmp_path / "cut", StopsAfter(3, KeyboardInterrupt()))
    assert repr(contents(run_study(study("vae", *settings), tmp_path / "cut"))) == repr(whole)
    assert any(outcome["divergence"] for _, outcome, _, _ in whole)
    assert np.isnan(whole[0][2]["loss"]).any()
