"""Folders and files that are written whole or not at all, with the permissions that the umask gives."""

import errno
import glob
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from genconv.store.files import MANIFEST, sha256, unwritten, write_json
from genconv.store.lock import acquire

_PREFIX = ".writing-"
_LOCK = ".lock"


def write_folder(target: Path, writers: Mapping[str, Callable[[Path], object]]) -> None:
    """Write the files of a new folder `target` and let it appear at once, complete, with a manifest of checksums.

    Everything is written into a hidden folder beside it, flushed to the disk, and renamed. A folder that is already
    there is replaced.
    """
    try:
        with _temporary(target) as temporary:
            temporary.mkdir()
            for name, write in writers.items():
                write(temporary / name)
            checksums = {name: sha256(temporary / name) for name in sorted(writers)}
            write_json(temporary / MANIFEST, {"files": checksums})
            for path in temporary.iterdir():
                _open_to_others(path, like=temporary / MANIFEST)
                _flush(path)
            _flush(temporary)
            _swap(temporary, target)
            _flush(target.parent)
    except OSError as error:
        raise unwritten(f"cannot write {target}", target.parent, error) from None


def write_file(target: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Let `write` make a file and let it appear as `target` at once, complete; `OSError` if that fails.

    What is not `durable` is worth nothing after a power failure.
    """
    with _temporary(target) as temporary:
        write(temporary)
        if durable:
            _flush(temporary)
        temporary.replace(target)


def remove_abandoned(root: Path, name: str = "") -> None:
    """Remove what killed writers left in `root`, of all targets or of the one called `name`.

    What a living process writes, here or on another machine, stays: it holds the lock.
    """
    left = root.glob(f"{_PREFIX}{glob.escape(name)}*")
    for temporary in {path.with_suffix("") if path.suffix == _LOCK else path for path in left}:
        with suppress(OSError):  # of another user
            if (lock := acquire(_lock_of(temporary))) is not None:
                _remove(temporary)
                lock.release()


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A hidden place beside `target`, locked as long as the block lasts, and gone after it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    while True:
        temporary = target.with_name(f"{_PREFIX}{target.name}-{secrets.token_hex(4)}")
        if (lock := acquire(_lock_of(temporary))) is not None:
            break
    try:
        yield temporary
    finally:
        _remove(temporary)
        lock.release()


def _lock_of(temporary: Path) -> Path:
    return temporary.with_name(temporary.name + _LOCK)


def _open_to_others(path: Path, like: Path) -> None:
    """Give a file the permissions of one that was made as the umask says; safetensors writes for the owner alone."""
    mode = like.stat().st_mode & 0o777
    if path.stat().st_mode & 0o777 != mode:
        with suppress(PermissionError):  # a file system without permissions
            path.chmod(mode)


def _swap(temporary: Path, target: Path) -> None:
    """Let `temporary` appear as `target`; whatever is there, even if another process has just put it there, goes."""
    old = temporary.with_name(temporary.name.replace(_PREFIX, f"{_PREFIX}old-", 1))
    while True:
        try:
            temporary.rename(target)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR} or not target.exists():
                raise
            target.rename(old)
            _remove(old)
        else:
            return


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
