"""Locks that say who holds them and since when, and that die with their owner."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from genconv.errors import InputError, WorkError, printable
from genconv.store.files import one_line, read_json

if sys.platform != "win32":
    import fcntl

_TRIES = 100
"""How often a lock is tried whose folder goes at the same moment."""


class Lock:
    """A lock that this process holds.

    The operating system gives it back when its owner ends, however it ends, so that none is ever stale, no clock is
    asked, and process ids of another container mean nothing. (On network file systems this needs NFSv4 and Linux
    2.6.12.)
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self._path, self._lock = path, lock

    def release(self) -> None:
        """Remove its files and give it back."""
        for file in (_owner_file(self._path), self._path):
            with suppress(OSError):  # Windows removes no open file
                file.unlink(missing_ok=True)
        self._lock.release()

    def name_owner(self) -> None:
        """Write beside it who holds it: what is locked cannot be read on Windows."""
        who = {
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        path = _owner_file(self._path)
        with suppress(OSError):  # only words depend on it
            path.unlink(missing_ok=True)
            path.write_text(json.dumps(who), encoding="utf-8")


def acquire(path: Path) -> Lock | None:
    """The lock at `path`, held; None if somebody else holds it. `OSError` if it cannot be made."""
    for _ in range(_TRIES):
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            return None
        except FileNotFoundError:
            continue  # its folder went between the two calls
        return Lock(path, lock)
    raise OSError(f"cannot lock {path}: its folder is removed again and again")


def claim(path: Path) -> Lock | None:
    """As `acquire`, with the owner's name beside it; `WorkError` if it cannot be made."""
    try:
        lock = acquire(path)
    except OSError as error:
        raise WorkError(f"cannot lock {path}: {one_line(error)}") from None
    if lock is not None:
        lock.name_owner()
    return lock


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` for the block, if nobody else does: yields whether it is held."""
    lock = claim(path)
    if lock is None:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def owner(path: Path) -> str:
    """Who holds the lock, in words."""
    try:
        who = read_json(_owner_file(path))
        words = f"process {who['process']} on {who['host']} since {who['since']}"
    except (InputError, KeyError):
        return "another process"
    return printable(words)[:200]


def holder(path: Path) -> str | None:
    """Who holds the lock, in words; None if nobody does. Nothing is written: the store may be another user's."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        return owner(path) if _is_held(path) else None
    except PermissionError:
        return "not known: its lock may not be read"
    except OSError:
        return None


def _is_held(path: Path) -> bool:
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except PermissionError:
        return _is_held_by_another_user(path)
    lock.release()
    return False


def _is_held_by_another_user(path: Path) -> bool:
    """Of a lock that may be read but not written; `PermissionError` if it may not even be read."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _owner_file(path: Path) -> Path:
    return path.with_suffix(".owner")
