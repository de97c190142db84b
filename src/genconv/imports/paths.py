"""Files of strangers: found without following links, refused if they are no plain files or too large."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from genconv.errors import InputError
from genconv.store.files import one_line

LARGEST_FILE = 1 << 29
_MOST_ENTRIES = 200_000


def checked_file(path: Path, largest: int = LARGEST_FILE) -> Path:
    """The path itself, if it is a plain file that is neither empty nor too large."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read ({one_line(error)})") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"'{path}' is not a plain file")
    if status.st_size == 0:
        raise InputError(f"'{path}' is empty")
    if status.st_size > largest:
        raise InputError(f"'{path}' has {status.st_size} bytes: at most {largest} are read")
    return path


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """A file of UTF-8 text; `InputError` for anything else."""
    try:
        return checked_file(path, largest).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({one_line(error)})") from None


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
    raise InputError(f"'{error.filename}' cannot be read ({one_line(error)})")
