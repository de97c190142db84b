"""Small text files inside zip archives of strangers, within the limits on what files may unpack to."""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from genconv.errors import InputError
from genconv.file_limits import LARGEST_FILE, checked_file, unpacks
from genconv.store.files import one_line

_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError, ValueError, KeyError)
"""What a damaged archive raises."""


def names_in(path: Path) -> frozenset[str]:
    """The names of what an archive holds; empty if it is none."""
    try:
        with zipfile.ZipFile(checked_file(path)) as archive:
            return frozenset(archive.namelist())
    except (*_BROKEN, InputError):
        return frozenset()


def texts_in(path: Path, names: Collection[str]) -> dict[str, str]:
    """The text of some files of an archive, of those that are there."""
    try:
        with zipfile.ZipFile(checked_file(path)) as archive:
            infos = [info for info in archive.infolist() if info.filename in names]
            size = sum(info.file_size for info in infos)
            if (problem := unpacks(path.stat().st_size, size)) or size > LARGEST_FILE:
                raise InputError(f"'{path}' {problem or f'holds more than {LARGEST_FILE} bytes'}")
            return {info.filename: archive.read(info).decode("utf-8-sig") for info in infos}
    except UnicodeDecodeError:
        raise InputError(f"'{path}' holds a file that is not UTF-8 text") from None
    except (*_BROKEN, zlib.error, RuntimeError, EOFError) as error:
        raise InputError(f"'{path}' cannot be read as a zip archive ({one_line(error)})") from None
