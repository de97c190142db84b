"""Folders appear whole or not at all, and what a killed process left is cleared away."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genconv.errors import WorkError
from genconv.store.files import damage, remove_abandoned, write_folder
from genconv.store.folders import prepare, stored_runs

BLOCKING = """
import sys, time
from pathlib import Path
from genconv.store.files import write_folder

def block(path):
    path.write_text("{")
    print("writing", flush=True)
    time.sleep(60)

write_folder(Path(sys.argv[1]), {"config.json": lambda path: path.write_text("{}"), "curves.safetensors": block})
"""


def text(value: str):  # type: ignore[no-untyped-def]
    return lambda path: path.write_text(value)


def leftover(root: Path, host: str, pid: int) -> Path:
    folder = root / f".writing-run-0123456789abcdef@{host}@{pid}"
    folder.mkdir()
    return folder


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_writer_that_is_killed_leaves_no_run_and_its_leftover_goes_at_the_next_start(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", BLOCKING, str(target)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        prepare(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1, "a writer that is alive was disturbed"
        writer.send_signal(signal.SIGKILL)
    assert not target.exists()
    assert stored_runs(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 1
    prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(28, "No space left on device")])
def test_a_writer_that_fails_leaves_nothing(tmp_path: Path, error: type[BaseException] | BaseException) -> None:
    def fail(path: Path) -> None:
        path.touch()
        raise error

    expected = WorkError if isinstance(error, OSError) else error
    with pytest.raises(expected):  # type: ignore[call-overload]
        write_folder(tmp_path / "run", {"a": text("1"), "b": fail})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_replacement_keeps_what_was_there(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    write_folder(tmp_path / "run", {"a": text("old")})
    with pytest.raises(WorkError, match=r"not enough space \(.* free of .* at .*\)"):
        write_folder(tmp_path / "run", {"a": fail})
    assert (tmp_path / "run" / "a").read_text() == "old"
    assert damage(tmp_path / "run") is None


@pytest.mark.parametrize("before", ["nothing", "a run", "an empty folder", "a file"])
def test_a_folder_is_written_whatever_was_there(tmp_path: Path, before: str) -> None:
    target = tmp_path / "run"
    if before == "a run":
        write_folder(target, {"a": text("old"), "gone": text("")})
    elif before == "an empty folder":
        target.mkdir()
    elif before == "a file":
        target.touch()
    write_folder(target, {"a": text("new")})
    assert sorted(path.name for path in target.iterdir()) == ["a", "manifest.json"]
    assert (target / "a").read_text() == "new"
    assert damage(target, ["a"]) is None
    assert list(tmp_path.iterdir()) == [target]


def test_leftovers_of_a_dead_process_of_this_machine_are_removed(tmp_path: Path) -> None:
    leftover(tmp_path, socket.gethostname(), ended_process())
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_living_process_stay(tmp_path: Path) -> None:
    folder = leftover(tmp_path, socket.gethostname(), os.getppid())
    remove_abandoned(tmp_path)
    assert folder.exists()


@pytest.mark.parametrize("host", ["another-machine", "rack-2-{}", "{}x"])
def test_leftovers_of_another_machine_stay_for_a_day(tmp_path: Path, host: str) -> None:
    folder = leftover(tmp_path, host.format(socket.gethostname()), ended_process())
    remove_abandoned(tmp_path)
    assert folder.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(folder, (yesterday, yesterday))
    remove_abandoned(tmp_path)
    assert not folder.exists()


def test_a_user_s_own_hidden_files_stay(tmp_path: Path) -> None:
    (tmp_path / ".notes").touch()
    remove_abandoned(tmp_path)
    assert (tmp_path / ".notes").exists()
