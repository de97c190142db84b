"""One process a cell: a lock that says who holds it and since when, and that dies with its owner."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from genconv.errors import InputError, WorkError, printable
from genconv.store.files import one_line, read_json


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` for the block, if nobody else does: yields whether it is held.

    The operating system gives the lock back when its owner ends, however it ends, so that none is ever stale and no
    clock is asked. (`flock`; network file systems pass it on since NFSv4 and Linux 2.6.12.)
    """
    descriptor = _locked(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def owner(path: Path) -> str:
    """Who holds the lock, in words."""
    try:
        who = read_json(path)
        words = f"process {who['process']} on {who['host']} since {who['since']}"
    except (InputError, KeyError):
        return "another process"
    return printable(words)[:200]


def holder(path: Path) -> str | None:
    """Who holds the lock, in words; None if nobody does. Writes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return owner(path)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock; None if somebody else does."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            continue  # its folder went between the two calls
        except OSError as error:
            raise WorkError(f"cannot write {path}: {one_line(error)}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise WorkError(f"cannot lock {path}: {one_line(error)}") from None
        if _is_at(path, descriptor):
            break
        os.close(descriptor)  # its last owner has removed it
    text = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(text).encode(), 0)
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
