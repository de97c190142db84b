"""Arrays in `.npy` and `.npz` files of the user's: what a file promises is checked before an element is read."""

import hashlib
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from genconv.errors import InputError, shown, unknown_name
from genconv.file_limits import not_plain, reason, unpacks

SUFFIXES = (".npy", ".npz")
LARGEST = 2**32
"""Bytes of an array."""
_NO_HEADER = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)
"""What NumPy raises of a header, which is a Python expression, besides its own."""
_NUMBERS = "biuf"
"""Kinds of NumPy types whose elements are plain numbers."""


@dataclass(frozen=True)
class Header:
    """What an array file says of itself before its elements."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_header(path: Path, name: str | None = None) -> Header:
    """Shape and type of the array (called `name`, in an `.npz` of several), without reading it.

    `InputError` for another kind of file, and for an array of anything but numbers.
    """
    with _opened(path, name) as (file, size):
        return _header(file, size, path)


def read_array(path: Path, name: str | None, sha256: str) -> NDArray[Any]:
    """The array; `InputError` if it is cut off, is not finite, or if the file has changed since `sha256` was taken."""
    return _read(path, name, sha256, path.stat().st_mtime_ns if path.exists() else 0)


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes; `InputError` if it cannot be read."""
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def check_unchanged(path: Path, sha256: str) -> None:
    """`InputError` unless the file is the one whose SHA-256 the configuration has."""
    if file_sha256(path) != sha256:
        raise InputError(f"{path}: has changed since its SHA-256 was recorded (data.sha256)")


def check_file(path: Path) -> None:
    """`InputError` unless the path leads to a plain file that is not too large."""
    try:
        path.stat()
    except FileNotFoundError:
        raise InputError(f"dataset file '{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    if problem := not_plain(path, 2 * LARGEST):
        raise InputError(f"{path}: cannot be read ({problem})")


@lru_cache(maxsize=2)
def _read(path: Path, name: str | None, sha256: str, changed: int) -> NDArray[Any]:
    del changed
    check_unchanged(path, sha256)
    with _opened(path, name) as (file, size):
        _header(file, size, path)
        try:
            file.seek(0)
            with _unwarned():
                array = np.lib.format.read_array(file, allow_pickle=False)
        except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: cannot be read, perhaps it is cut off ({_first_line(error)})") from None
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"{path}: element {index} is {array[index]}: all have to be finite")
    return np.ascontiguousarray(array)


@contextmanager
def _opened(path: Path, name: str | None) -> Iterator[tuple[BufferedIOBase, int]]:
    """The bytes in the format of `.npy`, and how many, from the file itself or from a member of an `.npz`."""
    check_file(path)
    try:
        if path.suffix.lower() == ".npy":
            if name is not None:
                raise InputError(f"{path}: data.array = {shown(name)}: an .npy file holds one array without a name")
            with path.open("rb") as file:
                yield file, path.stat().st_size
            return
        with zipfile.ZipFile(path) as archive:
            member = _member(archive, path, name)
            with archive.open(member) as unpacked:
                yield cast("BufferedIOBase", unpacked), member.file_size
    except (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read ({_first_line(error)})") from None


def _member(archive: zipfile.ZipFile, path: Path, name: str | None) -> zipfile.ZipInfo:
    """The array that is asked for, or the only one, if it was packed as NumPy does it and not to excess."""
    members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
    if name is None and len(members) != 1:
        names = ", ".join(list(members)[:6])
        raise InputError(f"{path}: holds {len(members)} arrays: choose one of {names} (data.array)")
    if name is not None and name not in members:
        raise InputError(f"{path}: {unknown_name('array', name, members)} (data.array)")
    member = next(iter(members.values())) if name is None else members[name]
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InputError(f"{path}: is packed by another method than NumPy's (stored or deflated)")
    if problem := unpacks(path.stat().st_size, member.file_size):
        raise InputError(f"{path}: {problem}")
    return member


def _header(file: BufferedIOBase, size: int, path: Path) -> Header:
    """The header of `size` bytes in the format of `.npy`, checked."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        with _unwarned():
            shape, _, dtype = read(file)
    except _NO_HEADER as error:
        raise InputError(f"{path}: is not a NumPy array file ({_first_line(error)})") from None
    if dtype.kind not in _NUMBERS or dtype.itemsize > 8:
        raise InputError(f"{path}: holds {dtype}, not real numbers of at most 8 bytes")
    if not shape or not all(type(side) is int and side > 0 for side in shape):
        raise InputError(f"{path}: has shape {shown(shape)}: it holds no examples")
    promised = math.prod(shape) * dtype.itemsize
    if promised > LARGEST:
        raise InputError(f"{path}: has shape {shown(shape)}: at most {LARGEST:,} bytes are read")
    if promised > size:
        raise InputError(f"{path}: cannot be read, perhaps it is cut off ({promised:,} bytes promised, {size:,} there)")
    return Header(tuple(shape), dtype)


@contextmanager
def _unwarned() -> Iterator[None]:
    """What NumPy and Python have to say about headers of old or odd files is not for the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
