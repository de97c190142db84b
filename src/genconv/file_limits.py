"""Files of strangers: refused unless they are plain files of a bounded size, before a byte of them is read.

Bottom layer. A named pipe would wait for ever, a device would never end.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from genconv.errors import InputError

_POINTER = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER = 1024
LARGEST_FILE = 1 << 29
"""Bytes of any one file that is read as a whole."""
_ALWAYS, _MOST = 1 << 26, 1 << 32
"""Bytes that any file may unpack to, and that none may exceed."""
_MOST_ENTRIES = 200_000
"""Files and folders below a folder that are looked at."""
_MOST_TIMES = 100
"""How many times its own size a file between the two may unpack to."""


def checked_file(path: Path, largest: int = LARGEST_FILE) -> Path:
    """The path itself, if it is a plain file that is neither empty nor too large."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read ({reason(error)})") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"'{path}' is not a plain file")
    if status.st_size == 0:
        raise InputError(f"'{path}' is empty")
    if status.st_size > largest:
        raise InputError(f"'{path}' has {status.st_size} bytes: at most {largest} are read")
    if status.st_size < _LARGEST_POINTER and _is_pointer(path):
        raise InputError(f"'{path}' is a pointer of Git LFS, not the file itself: git lfs pull fetches it")
    return path


def _is_pointer(path: Path) -> bool:
    """Whether a small file stands for a large one that Git keeps elsewhere."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_POINTER)) == _POINTER
    return False


def not_plain(path: Path, largest: int | None = None) -> str | None:
    """Why a path cannot be opened as a plain file, in a few words; None if it can."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        return reason(error)
    if stat.S_ISDIR(status.st_mode):
        return "Is a directory"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a plain file"
    return None if largest is None or status.st_size <= largest else f"it has more than {largest:,} bytes"


def unpacks(packed: int, unpacked: int) -> str | None:
    """What is wrong with a file of `packed` bytes that unpacks to so many; None if that is in proportion."""
    if unpacked <= max(_ALWAYS, min(_MOST_TIMES * packed, _MOST)):
        return None
    return f"would unpack from {packed:,} to {unpacked:,} bytes: that is out of proportion"


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """A file of UTF-8 text; `InputError` for anything else."""
    try:
        return checked_file(path, largest).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({reason(error)})") from None


def reason(error: BaseException) -> str:
    """What an exception says, on one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200]


def files_below(root: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """The wanted files under a folder, sorted; linked folders are not entered, a wanted file that is a link is an
    error: what it points to is not part of the folder.
    """
    found: list[Path] = []
    entries = 0
    for folder, inside, names in os.walk(root, onerror=_refuse):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        entries += len(names) + len(inside)
        if entries > _MOST_ENTRIES:
            raise InputError(f"'{root}' holds more than {_MOST_ENTRIES} files: name the folders of the runs")
        found.extend(path for path in (Path(folder, name) for name in sorted(names)) if wanted(path))
    for path in found:
        if path.is_symlink():
            raise InputError(f"'{path}' is a symbolic link: name its target as a source of its own")
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise InputError(f"'{error.filename}' cannot be read ({reason(error)})")
