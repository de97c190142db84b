"""Folders appear whole or not at all, and what a killed process left is cleared away."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from genconv.errors import WorkError
from genconv.store.files import damage
from genconv.store.folders import prepare, stored_runs
from genconv.store.maker import this_process
from genconv.store.writing import remove_abandoned, write_file, write_folder

BLOCKING = """
import sys, time
from pathlib import Path
from genconv.store.writing import write_folder

def block(path):
    path.write_text("{")
    print("writing", flush=True)
    time.sleep(60)

write_folder(Path(sys.argv[1]), {"config.json": lambda path: path.write_text("{}"), "curves.safetensors": block})
"""


def text(value: str):  # type: ignore[no-untyped-def]
    return lambda path: path.write_text(value)


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
    assert len(list(tmp_path.iterdir())) == 1, "the half-written folder"
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


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_a_living_writer_writes_stays_whoever_looks(kind: str, tmp_path: Path) -> None:
    """Host names and times say nothing."""
    seen: list[list[str]] = []

    def look(path: Path) -> None:
        path.write_text("")
        os.utime(tmp_path, (0, 0))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(socket, "gethostname", lambda: "another")
            remove_abandoned(tmp_path)
        seen.append([path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")])

    if kind == "folder":
        write_folder(tmp_path / "run", {"a": look})
    else:
        write_file(tmp_path / "run", look)
    assert len(seen[0]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_a_killed_writer_of_a_file_left_goes(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:  # noqa: S607
        process.wait()
    gone = this_process()._replace(pid=process.pid).words
    for name in ("page.html", "b"):
        (tmp_path / f".writing-{name}-{gone}-01234567").touch()
    remove_abandoned(tmp_path, "page.html")
    assert [path.name for path in tmp_path.iterdir()] == [f".writing-b-{gone}-01234567"]
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_another_machine_writes_stays_for_a_day_of_the_file_system(tmp_path: Path) -> None:
    there = tmp_path / f".writing-b-{this_process()._replace(machine='0' * 12, pid=1).words}-01234567"
    there.touch()
    remove_abandoned(tmp_path)
    assert there.exists()
    os.utime(there, (time.time() - 90_000,) * 2)
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077, 0o002])
def test_every_file_of_a_folder_has_the_permissions_of_the_umask(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_folder(tmp_path / "run", {"a": text("1"), "b": lambda path: save_file({"x": np.zeros(1)}, path)})
        write_file(tmp_path / "c", text("1"))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    files = dict.fromkeys(("a", "b", "c", "manifest.json"), 0o666 & ~umask)
    assert modes == {"run": 0o777 & ~umask, **files}


def test_a_user_s_own_hidden_files_stay(tmp_path: Path) -> None:
    (tmp_path / ".notes").touch()
    remove_abandoned(tmp_path)
    assert (tmp_path / ".notes").exists()
