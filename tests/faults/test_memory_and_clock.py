"""Too little memory on the device, and a clock that jumps: the same numbers."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest

from genconv.experiment import trained as running
from genconv.experiment.execute import run_study
from genconv.store.plans import FOLDER as STUDIES
from genconv.training.cell import CellResult, train_cell
from genconv.training.trainer import CellTrainer
from tests.experiment.small_study import StopsAfter, contents, study


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return contents(run_study(study(), tmp_path_factory.mktemp("undisturbed")))


def room_for(most: int, error: Exception, tried: list[int]) -> Callable[..., CellResult]:
    """`train_cell` on a device that has room for so many seeds."""

    def train(trainer: CellTrainer, *more: Any) -> CellResult:
        tried.append(trainer.count)
        if trainer.count > most:
            raise error
        return train_cell(trainer, *more)

    return train


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 5600000000 bytes."),
        jax.errors.JaxRuntimeError("INTERNAL: Error dispatching computation: Out of memory allocating 56 bytes."),
    ],
)
def test_fewer_seeds_at_a_time_give_the_same_bits(
    error: Exception, undisturbed: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(running, "train_cell", room_for(1, error, tried))
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed)
    assert tried == [3, 2, 1, 1, 1]
    assert [warning[-24:] for warning in watching.warnings] == ["goes on with 2 at a time", "goes on with 1 at a time"]


@pytest.mark.parametrize("when", ["taken up again", "evaluated"])
def test_what_is_saved_survives_too_little_memory(
    when: str, undisturbed: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved by a process that had more memory; or trained, and then there is too little for the evaluation."""
    if when == "evaluated":
        evaluate = CellTrainer.evaluate

        def too_much(trainer: CellTrainer, *more: Any) -> Any:
            if trainer.count > 1:
                raise MemoryError
            return evaluate(trainer, *more)

        monkeypatch.setattr(CellTrainer, "evaluate", too_much)
        seen = [1, 2, 3, 4, 5]
    else:
        with pytest.raises(KeyboardInterrupt):
            run_study(study(), tmp_path, StopsAfter(3, KeyboardInterrupt()))
        monkeypatch.setattr(running, "train_cell", room_for(1, MemoryError(), []))
        seen = [4, 5] * 3
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed)
    assert watching.seen == seen
    assert len(watching.warnings) == 2
    assert sorted(path.name[:13] for path in tmp_path.iterdir()) == [STUDIES, *["8gaussians-va"] * 3]


def test_a_clock_that_jumps_changes_nothing(
    undisturbed: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back to 1971 and on to 2100 in turn, at every look."""
    looks = [0]

    def jumping() -> float:
        looks[0] += 1
        return 4.1e9 if looks[0] % 2 else 4e7

    monkeypatch.setattr(time, "time", jumping)
    with pytest.raises(KeyboardInterrupt):
        run_study(study(), tmp_path, StopsAfter(2, KeyboardInterrupt()))
    for path in tmp_path.rglob("*"):
        os.utime(path, (4.2e9, 4.2e9))
    watching = StopsAfter(99, KeyboardInterrupt())
    assert repr(contents(run_study(study(), tmp_path, watching))) == repr(undisturbed)
    assert watching.seen == [3, 4, 5]
