"""Files of strangers below a folder: found without following links."""

import os
from collections.abc import Callable
from pathlib import Path

from genconv.errors import InputError
from genconv.store.files import one_line

_MOST_ENTRIES = 200_000


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
