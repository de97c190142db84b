"""A block that another process has taken over and finished: what the first one does when it wakes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiment.synthetic_runs import cell

from genconv.coordinates import Coordinates
from genconv.errors import WorkError
from genconv.store.checkpoints import FOLDER, Checkpoint, save_checkpoint
from genconv.store.claims import Claim, Claims
from genconv.store.lock import TakenOverError
from genconv.store.status import CellStatus, write_status

CELL = cell(model="vae", dataset="rings")
RUNS = tuple(map(Coordinates.of_seed, range(2)))


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path, CELL, lambda run: f"run-{run.init}")


def claimed(claims: Claims) -> Claim:
    block = claims.next(lambda: RUNS, lambda _folder, _runs: True, 2)
    assert isinstance(block, Claim)
    return block


def another_one_finishes(block: Claim) -> None:
    """What happens to a block while its process is paused."""
    shutil.rmtree(block.folder)
    shutil.rmtree(block.lock.path)


def writes_its_status(block: Claim) -> None:
    write_status(block.folder, CellStatus.of(CELL, 2, done=1, diverged=0, seconds_per_epoch=1.0))


def saves(block: Claim) -> None:
    save_checkpoint(block.folder.parents[2], CELL, Checkpoint(RUNS, 1, {}, {}), block.lock.fence)


def begins(block: Claim) -> None:
    block.folder.mkdir(parents=True)


@pytest.mark.parametrize("wakes_while_it", [begins, writes_its_status, saves])
def test_nothing_is_left_of_a_block_that_was_finished_meanwhile(
    wakes_while_it: Callable[[Claim], None], claims: Claims, tmp_path: Path
) -> None:
    block = claimed(claims)

    def work() -> None:
        with claims.released(block):
            another_one_finishes(block)
            wakes_while_it(block)
            block.lock.fence()

    with pytest.raises(TakenOverError):
        work()
    assert block.folder.exists()
    assert claims.next(list, lambda _folder, _runs: True, 2) is None
    claims.remove_useless(lambda _run: True)
    assert not (tmp_path / FOLDER).exists()


def test_work_that_fails_because_its_files_are_gone_was_taken_over(claims: Claims) -> None:
    block = claimed(claims)

    def work() -> None:
        with claims.released(block):
            another_one_finishes(block)
            raise WorkError("cannot write state.safetensors")

    with pytest.raises(TakenOverError):
        work()


def test_work_that_fails_otherwise_says_why(claims: Claims, tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="the disk is full"), claims.released(claimed(claims)):
        raise WorkError("the disk is full")
    assert not (tmp_path / FOLDER).exists()


def test_what_another_process_begins_or_has_saved_stays(claims: Claims, tmp_path: Path) -> None:
    block = claimed(claims)
    save_checkpoint(tmp_path, CELL, Checkpoint(RUNS, 1, {}, {}), block.lock.fence)
    (block.folder / "runs.json").unlink()
    block.lock.release()
    claims.remove_useless(lambda _run: False)
    assert block.folder.exists()
    shutil.rmtree(block.folder)
    begun = claimed(claims)
    (begun.folder / "runs.json").unlink()  # its process has the lock, and has not come further
    claims.remove_useless(lambda _run: False)
    assert begun.folder.exists()
    begun.lock.release()
