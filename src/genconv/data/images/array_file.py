"""Images of the user: a NumPy file with one array of shape (n, height, width)."""

import hashlib
import math
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

from genconv.errors import InputError

SUFFIXES = (".npy", ".npz")
LARGEST = 2**32
"""Bytes of an array."""
_LARGEST_SIDE = 1024


@dataclass(frozen=True)
class Header:
    """What an array file says of itself before its elements."""

    shape: tuple[int, int, int]
    """Images, height, width."""
    dtype: np.dtype[Any]

    @property
    def scale(self) -> float:
        """The value of a white pixel."""
        return 255.0 if self.dtype == np.uint8 else 1.0


def read_header(path: Path) -> Header:
    """Shape and type of the images, without reading them; `InputError` for another kind of array or file."""
    with _opened(path) as file:
        return _header(file, path)


def read_array(path: Path, sha256: str) -> NDArray[Any]:
    """The images: `uint8`, or `float32` in [0, 1]; `InputError` for any other value, or if the file has changed."""
    return _read(path, sha256, path.stat().st_mtime_ns if path.exists() else 0)


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes; `InputError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


@lru_cache(maxsize=2)
def _read(path: Path, sha256: str, changed: int) -> NDArray[Any]:
    del changed
    if file_sha256(path) != sha256:
        raise InputError(f"{path}: has changed since its SHA-256 was recorded (data.sha256)")
    with _opened(path) as file:
        header = _header(file, path)
        try:
            file.seek(0)
            images = np.lib.format.read_array(file, allow_pickle=False)
        except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: cannot be read, perhaps it is cut off ({_first_line(error)})") from None
    return _checked(images, header, path)


def _checked(images: NDArray[Any], header: Header, path: Path) -> NDArray[Any]:
    if header.dtype == np.uint8:
        if images.max() <= 1:
            raise InputError(
                f"{path}: its largest value is {images.max()} of 255: multiply by 255, or store as float32"
            )
        return np.ascontiguousarray(images)
    if not np.isfinite(images).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(images))[0])
        raise InputError(f"{path}: element {index} is {images[index]}: all have to be finite")
    low, high = float(images.min()), float(images.max())
    if low < 0 or high > 1:
        raise InputError(f"{path}: values lie between {low:g} and {high:g}: floating-point images lie in [0, 1]")
    return np.ascontiguousarray(images, np.float32)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    """The bytes in the format of `.npy`, from the file itself or from the only array in an `.npz`."""
    try:
        if path.suffix == ".npy":
            with path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise InputError(f"{path}: holds {len(names)} arrays, not one ({', '.join(names[:4])})")
            with archive.open(names[0]) as member:
                yield cast("BufferedIOBase", member)
    except FileNotFoundError:
        raise InputError(f"dataset file '{path}' does not exist") from None
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be read ({_first_line(error)})") from None


def _header(file: BufferedIOBase, path: Path) -> Header:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except ValueError as error:
        raise InputError(f"{path}: is not a NumPy array file ({_first_line(error)})") from None
    if len(shape) != 3 or 0 in shape:
        raise InputError(f"{path}: has shape {shape}, not (images, height, width)")
    if dtype != np.uint8 and dtype not in (np.float16, np.float32, np.float64):
        raise InputError(f"{path}: holds {dtype}, not uint8 (0 to 255) or floating point (0 to 1)")
    if max(shape[1:]) > _LARGEST_SIDE or math.prod(shape) * dtype.itemsize > LARGEST:
        raise InputError(f"{path}: has shape {shape}: at most {_LARGEST_SIDE} pixels a side and {LARGEST:,} bytes")
    return Header(cast("tuple[int, int, int]", tuple(shape)), dtype)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
