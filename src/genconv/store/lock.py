"""Leases: locks that hold on any file system that renames atomically, and that die with their owner.

A lock is a folder with one entry. The name of the entry says who holds it, and ends in a counter. Whoever makes the
folder (by renaming one that has the entry already) holds the lock. It counts on every few seconds, by renaming the
entry. An observer takes the entry's owner for dead if the process has ended on the same machine, or if the counter has
not moved for `LIFE` seconds of the observer's own clock. It takes over by renaming the very entry that it has watched:
the file system lets one succeed, and none if the owner has counted on meanwhile. No clocks are compared, no content is
read, nothing relies on the locks of the operating system.
"""

import errno
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from genconv.errors import WorkError
from genconv.store.maker import Maker, host, this_process

LIFE = float(os.environ.get("GENCONV_LEASE_SECONDS", "30"))
"""Seconds without a sign of life after which an observer takes an owner for dead."""
_BEAT = min(3.0, LIFE / 6)
"""Seconds between two signs of life."""
_TRIES = 100
"""How often a lock is tried that changes at the same moment."""
_THERE = {errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EPERM, errno.EISDIR}
"""What comes of renaming a folder to one that has an entry; Windows says EACCES."""


class TakenOverError(WorkError):
    """Another process took this one for dead, and works on what it held: nothing more may be written."""


class _Entry(NamedTuple):
    """The name of the entry of a lock."""

    token: str
    maker: Maker
    since: int
    host: str
    beats: int

    @property
    def name(self) -> str:
        return f"{self.token}~{self.maker.words}~{self.since}~{self.host}~{self.beats}"

    @classmethod
    def read(cls, name: str) -> "_Entry | None":
        parts = name.split("~")
        if len(parts) != 7 or not parts[4].isdigit() or not parts[6].isdigit():
            return None
        maker = Maker.read(*parts[1:4])
        return None if maker is None else cls(parts[0], maker, int(parts[4][:11]), parts[5], int(parts[6]))

    @classmethod
    def new(cls) -> "_Entry":
        return cls(secrets.token_hex(4), this_process(), int(time.time()), host(), 0)

    @property
    def owner(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return f"process {self.maker.pid} on {self.host} since {since}"


class Lock:
    """A lock that this process holds until it releases it, or is taken for dead."""

    def __init__(self, path: Path, entry: _Entry) -> None:
        self.path = path
        self._entry, self._guard = entry, threading.Lock()
        self._beaten = _now()
        self._lost = self._released = False
        _beats.add(self)

    def check(self) -> None:
        """`TakenOverError` if another process may have taken over; asks the file system only after a pause."""
        if self._lost or _now() - self._beaten > LIFE / 3:
            self.fence()

    def fence(self) -> None:
        """`TakenOverError` if another process has taken over: the file system itself is asked, by counting on."""
        self.beat()
        if self._lost:
            raise TakenOverError(
                f"{self.path}: this process was taken for dead after a pause, and another one took over"
            )

    def beat(self) -> None:
        """Give a sign of life."""
        with self._guard:
            if self._lost or self._released:
                return
            began, following = _now(), self._entry._replace(beats=self._entry.beats + 1)
            try:
                (self.path / self._entry.name).rename(self.path / following.name)
            except FileNotFoundError:
                if not (self.path / following.name).exists():  # else only the answer was lost
                    self._lost = True
                    return
            except OSError as error:
                if _now() - self._beaten > LIFE / 3:
                    raise WorkError(f"{self.path}: gives no sign of life ({error.strerror})") from None
                return
            self._entry, self._beaten = following, began

    def release(self) -> None:
        """Give it back, if it is still held."""
        _beats.remove(self)
        with self._guard, suppress(OSError):
            self._released = True
            (self.path / self._entry.name).unlink()
            self.path.rmdir()


def acquire(path: Path) -> Lock | None:
    """The lock at `path`, held; None if somebody else holds it. `OSError` if it cannot be made."""
    for _ in range(_TRIES):
        if path.is_symlink():
            raise OSError(errno.ELOOP, "is a symbolic link", str(path))
        try:
            name = _held_entry(path)
        except NotADirectoryError:
            path.unlink(missing_ok=True)  # of an earlier version, which nobody holds any more
            continue
        if name is None:
            if entry := _made(path):
                return Lock(path, entry)
        elif not _is_dead(path, name):
            return None
        elif entry := _taken_over(path, name):
            return Lock(path, entry)
    raise OSError(f"cannot lock {path}: it is made and removed again and again")


def claim(path: Path) -> Lock | None:
    """As `acquire`; `WorkError` if it cannot be made."""
    try:
        return acquire(path)
    except OSError as error:
        raise WorkError(f"cannot lock {path}: {error.strerror or error}") from None


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
    with suppress(OSError):
        if (name := _held_entry(path)) and (entry := _Entry.read(name)):
            return entry.owner
    return "another process"


def holder(path: Path) -> str | None:
    """Who holds the lock, in words; None if nobody does. Nothing is written: the store may be another user's.

    A process on another machine counts as its owner until its counter has not moved for `LIFE` seconds of watching.
    """
    try:
        if path.is_symlink() or (name := _held_entry(path)) is None or _is_dead(path, name):
            return None
    except PermissionError:
        return "not known: its lock may not be read"
    except OSError:
        return None
    entry = _Entry.read(name)
    return entry.owner if entry else "another process"


def _held_entry(path: Path) -> str | None:
    """The name of the entry of a lock; None if there is none."""
    try:
        return next((name for name in os.listdir(path) if not name.startswith(".")), None)  # noqa: PTH208  fast
    except FileNotFoundError:
        return None


def _made(path: Path) -> _Entry | None:
    """Make the lock with an entry in it; None if somebody else was faster."""
    entry = _Entry.new()
    new = path.with_name(f".writing-{path.name}-{entry.maker.words}-{entry.token}")
    try:
        try:
            new.mkdir()
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.mkdir()
        os.close(os.open(new / entry.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        with suppress(OSError):
            path.rmdir()  # an empty one; Windows replaces none
        new.rename(path)
    except OSError as error:
        with suppress(OSError):
            (new / entry.name).unlink()
        with suppress(OSError):
            new.rmdir()
        if error.errno not in _THERE | {errno.ENOENT, errno.ENOTDIR}:
            raise
        return None
    return entry


def _taken_over(path: Path, name: str) -> _Entry | None:
    """Put an entry of this process in the place of one that was watched; None if that is not there any more."""
    entry = _Entry.new()
    try:
        (path / name).rename(path / entry.name)
    except OSError:
        return entry if (path / entry.name).exists() else None  # only the answer was lost
    return entry


_watched: dict[Path, tuple[str, float]] = {}
"""By lock: the entry that was seen, and since when."""


def _is_dead(path: Path, name: str) -> bool:
    entry = _Entry.read(name)
    if entry is not None and entry.maker.is_gone:
        return True
    seen, since = _watched.get(path, ("", 0.0))
    if seen != name:
        if len(_watched) > 100_000:
            _watched.clear()
        _watched[path] = (name, _now())
        return False
    return _now() - since > LIFE


def _now() -> float:
    """Seconds of this machine's own clock, which counts on while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class _Beats:
    """The thread that gives signs of life for all locks of this process."""

    def __init__(self) -> None:
        self._locks: set[Lock] = set()
        self._guard = threading.Lock()
        self._process = 0

    def add(self, lock: Lock) -> None:
        with self._guard:
            if self._process != os.getpid():  # a child of a fork holds none of its parent's
                self._process, self._locks = os.getpid(), set()
                with suppress(RuntimeError):  # the interpreter is about to end
                    threading.Thread(target=self._run, daemon=True).start()
            self._locks.add(lock)

    def remove(self, lock: Lock) -> None:
        with self._guard:
            self._locks.discard(lock)

    def _run(self) -> None:
        while True:
            time.sleep(_BEAT)
            with self._guard:
                locks = list(self._locks)
            for lock in locks:
                with suppress(WorkError):  # told when its owner checks
                    lock.beat()


_beats = _Beats()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: globals().update(_beats=_Beats()))
