"""A study that starts no workers: it waits for those that come."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from genconv.store.plans import planned_studies
from tests.cli.commands import genconv_process
from tests.experiment.small_study import contents, study


class Notes(Observer):
    def __init__(self, second: Callable[[], None]) -> None:
        self.notes, self.second = list[str](), second

    def noted(self, message: str) -> None:
        self.notes.append(message)
        if len(self.notes) == 2:
            self.second()


def test_runs_of_workers_that_come_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = contents(run_study(study(), tmp_path / "alone"))
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # as here
    root, ended = tmp_path / "runs", list[int]()
    worker = threading.Thread(target=lambda: ended.append(genconv_process("work", root).code))
    watching = Notes(worker.start)
    folders = run_study(study("vae", "execution.engine=workers"), root, watching)
    worker.join()
    assert ended == [0]
    assert repr(contents(folders)) == repr(alone)
    assert watching.notes[:2] == [
        f"start workers anywhere with genconv work {root}",
        f"waits for workers (genconv work {root}); 0 of 3 runs are finished",
    ]


def test_ctrl_c_ends_the_looking_and_keeps_the_plan(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="detached: the plan is in "):
        run_study(study("vae", "execution.engine=workers"), tmp_path, Notes(interrupt))
    assert planned_studies(tmp_path) == ["a"]
