"""Leases: one holder at a time, however processes are paused, killed and delayed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.store.leases import holding, says

from genconv.errors import WorkError
from genconv.store import lock as leases
from genconv.store.lock import Lock, TakenOverError, acquire, held, holder, owner
from genconv.store.maker import Maker


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LIFE", 1.0)


def taken(path: Path, seconds: float = 20) -> Lock:
    """The lock, as soon as it can be had."""
    end = time.monotonic() + seconds
    while (lock := acquire(path)) is None:
        assert time.monotonic() < end, owner(path)
        time.sleep(0.05)
    return lock


def test_one_holds_it_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    with held(tmp_path / "a" / "x.lock") as ours:
        assert ours
        assert acquire(tmp_path / "a" / "x.lock") is None
        assert str(holder(tmp_path / "a" / "x.lock")).startswith(f"process {os.getpid()} on ")
    assert holder(tmp_path / "a" / "x.lock") is None
    assert list((tmp_path / "a").iterdir()) == []


def test_a_living_owner_keeps_it_for_longer_than_its_life(tmp_path: Path) -> None:
    with holding(tmp_path / "x.lock") as process:
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            assert acquire(tmp_path / "x.lock") is None
            time.sleep(0.05)
        assert says(process, "check") == "mine"
        assert says(process, "fence") == "mine"


def test_a_killed_owner_of_this_machine_is_followed_at_once(tmp_path: Path) -> None:
    with holding(tmp_path / "x.lock", 1000) as process:
        process.send_signal(signal.SIGKILL)
        taken(tmp_path / "x.lock", 1).release()  # nobody has waited for the process yet: it is a zombie
        process.wait()
    assert list(tmp_path.iterdir()) == []


def test_of_another_machine_only_silence_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(tmp_path / "x.lock") as process:
        process.kill()
        process.wait()
        monkeypatch.setattr(Maker, "is_gone", property(lambda _: False))
        began = time.monotonic()
        assert acquire(tmp_path / "x.lock") is None
        lock = taken(tmp_path / "x.lock")
        assert time.monotonic() - began > 1
        lock.release()


@pytest.mark.parametrize("question", ["check", "fence"])
def test_a_paused_owner_is_told_when_it_wakes(question: str, tmp_path: Path) -> None:
    with holding(tmp_path / "x.lock") as process:
        process.send_signal(signal.SIGSTOP)
        lock = taken(tmp_path / "x.lock")
        process.send_signal(signal.SIGCONT)
        assert says(process, question) == "taken over"
        lock.fence()
        process.stdin.close() if process.stdin else None
        process.wait(10)
        lock.fence()
        lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_paused_owner_that_wakes_in_time_keeps_it(tmp_path: Path) -> None:
    with holding(tmp_path / "x.lock") as process:
        process.send_signal(signal.SIGSTOP)
        assert acquire(tmp_path / "x.lock") is None
        time.sleep(0.6)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.6)
        assert acquire(tmp_path / "x.lock") is None
        assert says(process, "check") == "mine"


def test_an_observer_with_an_old_view_takes_nothing_over(tmp_path: Path) -> None:
    """As on a network file system that shows what was there a minute ago."""
    path = tmp_path / "x.lock"
    lock = acquire(path)
    assert lock is not None
    (before,) = (entry.name for entry in path.iterdir())
    lock.beat()
    assert leases._taken_over(path, before) is None
    lock.fence()
    lock.release()
    again = acquire(path)
    assert again is not None
    assert leases._taken_over(path, before) is None
    again.fence()
    again.release()


def test_of_many_that_follow_a_dead_owner_one_wins(tmp_path: Path) -> None:
    for turn in range(20):
        path = tmp_path / f"{turn}.lock"
        with holding(path, 1000) if turn == 0 else held(path):
            if turn:
                (entry,) = path.iterdir()
                entry.rename(path / "unknown")  # of no process at all
            else:
                next(iter(path.iterdir())).rename(path / "unknown")
        assert acquire(path) is None
        time.sleep(1.1 if turn == 0 else 0)
        leases._watched[path] = ("unknown", -1e9)
        found: list[Lock | None] = []
        start = threading.Barrier(8)

        def follow(path: Path = path, start: threading.Barrier = start, found: list[Lock | None] = found) -> None:
            start.wait()
            found.append(acquire(path))

        threads = [threading.Thread(target=follow) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = [lock for lock in found if lock is not None]
        winner.fence()
        winner.release()


def test_what_was_taken_over_cannot_be_released(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    lock = acquire(path)
    assert lock is not None
    (entry,) = path.iterdir()
    other = leases._taken_over(path, entry.name)
    assert other is not None
    with pytest.raises(TakenOverError, match="this process was taken for dead after a pause"):
        lock.fence()
    lock.release()
    assert [one.name for one in path.iterdir()] == [other.name]


def test_processes_that_want_it_at_the_same_time_have_it_one_after_another(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom genconv.store.lock import acquire\n"
        "for turn in range(50):\n"
        "    while (lock := acquire(Path(sys.argv[1]))) is None: time.sleep(0.001)\n"
        "    file = Path(sys.argv[2]); n = int(file.read_text()); time.sleep(0.0005); file.write_text(str(n + 1))\n"
        "    lock.release()\n"
    )
    (tmp_path / "n").write_text("0")
    words = [sys.executable, "-c", code, str(tmp_path / "x.lock"), str(tmp_path / "n")]
    processes = [subprocess.Popen(words) for _ in range(4)]  # noqa: S603
    assert [process.wait(60) for process in processes] == [0] * 4
    assert (tmp_path / "n").read_text() == "200"
    assert [path.name for path in tmp_path.iterdir()] == ["n"]


def test_what_cannot_be_locked_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="cannot lock"), held(tmp_path / "file" / "x.lock"):
        raise AssertionError


def test_a_lock_of_an_earlier_version_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.lock").touch()
    assert holder(tmp_path / "x.lock") is None
    lock = acquire(tmp_path / "x.lock")
    assert lock is not None
    lock.release()
