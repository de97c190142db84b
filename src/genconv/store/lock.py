"""One process a cell: a lock that says who holds it and since when, and that dies with its owner."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from genconv.errors import InputError, WorkError, printable
from genconv.store.files import one_line, read_json

_TRIES = 100
"""How often a lock is tried whose folder goes at the same moment."""


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` for the block, if nobody else does: yields whether it is held.

    The operating system gives the lock back when its owner ends, however it ends, so that none is ever stale and no
    clock is asked. (On network file systems this needs NFSv4 and Linux 2.6.12.)
    """
    lock = _locked(path)
    if lock is None:
        yield False
        return
    try:
        yield True
    finally:
        for file in (_owner_file(path), path):
            with suppress(OSError):  # Windows removes no open file
                file.unlink(missing_ok=True)
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
    """Who holds the lock, in words; None if nobody does."""
    if path.is_symlink() or not path.is_file():
        return None
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return owner(path)
    except OSError:
        return None
    lock.release()
    return None


def _owner_file(path: Path) -> Path:
    """Beside the lock: what is locked cannot be read on Windows."""
    return path.with_suffix(".owner")


def _locked(path: Path) -> FileLock | None:
    """The lock, held; None if somebody else holds it."""
    for _ in range(_TRIES):
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            return None
        except FileNotFoundError:
            continue  # its folder went between the two calls
        except OSError as error:
            raise WorkError(f"cannot lock {path}: {one_line(error)}") from None
        _write_owner(_owner_file(path))
        return lock
    raise WorkError(f"cannot lock {path}: its folder is removed again and again")


def _write_owner(path: Path) -> None:
    who = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(OSError):  # only words depend on it
        path.unlink(missing_ok=True)
        path.write_text(json.dumps(who), encoding="utf-8")
