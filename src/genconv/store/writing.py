"""Folders and files that are written whole or not at all, with the permissions that the umask gives."""

import errno
import glob
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from genconv.store.files import MANIFEST, damage, sha256, unwritten, write_json
from genconv.store.maker import Maker, this_process

_PREFIX = ".writing-"
_LONGEST = 120
"""Characters of a target's name in that of its temporary place."""
_ABANDONED = 86_400.0
"""Seconds of the file system's own time after which what a process of another machine writes is taken for abandoned."""


def write_folder(
    target: Path,
    writers: Mapping[str, Callable[[Path], object]],
    *,
    check: Callable[[], None] = lambda: None,
    keep: bool = False,
) -> None:
    """Write the files of a new folder `target` and let it appear at once, complete, with a manifest of checksums.

    Everything is written into a hidden folder beside it, flushed to the disk, and renamed. A folder that is already
    there is replaced; with `keep` one that is whole stays instead. `check` is called just before the renaming; what it
    raises leaves everything as it was.
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
            check()
            _swap(temporary, target, keep=keep)
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

    What a process of this machine writes stays as long as it lives. Of another machine nothing is known but the file
    system's own time: what was not touched for a day goes.
    """
    for temporary in root.glob(f"{_PREFIX}{glob.escape(name)}*"):
        with suppress(OSError):  # of another user, or gone by now
            if _is_abandoned(temporary):
                _remove(temporary)


def _is_abandoned(temporary: Path) -> bool:
    words = temporary.name.rpartition("-")[0].rpartition("-")[2].split("~")
    maker = Maker.read(*words) if len(words) == 3 else None
    if maker is not None and maker.is_gone:
        return True
    touched = temporary.stat().st_mtime
    with tempfile.NamedTemporaryFile(dir=temporary.parent) as now:
        return Path(now.name).stat().st_mtime - touched > _ABANDONED


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A hidden place beside `target`, whose name says who writes there; gone after the block."""
    target.parent.mkdir(parents=True, exist_ok=True)
    name = target.name[:_LONGEST]
    temporary = target.with_name(f"{_PREFIX}{name}-{this_process().words}-{secrets.token_hex(4)}")
    try:
        yield temporary
    finally:
        _remove(temporary)


def _open_to_others(path: Path, like: Path) -> None:
    """Give a file the permissions of one that was made as the umask says; safetensors writes for the owner alone."""
    mode = like.stat().st_mode & 0o777
    if path.stat().st_mode & 0o777 != mode:
        with suppress(PermissionError):  # a file system without permissions
            path.chmod(mode)


def _swap(temporary: Path, target: Path, *, keep: bool) -> None:
    """Let `temporary` appear as `target`; whatever is there, even if another process has just put it there, goes.

    With `keep` it stays if it is whole.
    """
    old = temporary.with_name(temporary.name.replace(_PREFIX, f"{_PREFIX}old-", 1))
    while True:
        try:
            temporary.rename(target)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR} or not target.exists():
                raise
            if keep and damage(target) is None:
                return
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
