"""A NumPy file of the user with one array of images, as a dataset named by its path."""

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
from functools import lru_cache, partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from genconv.config.protocols import Protocol
from genconv.data.base import DatasetEntry
from genconv.data.images.config import ArrayConfig
from genconv.data.images.dataset import ImageDataset, Images
from genconv.errors import InputError, shown
from genconv.file_limits import not_plain, reason, unpacks

SUFFIXES = (".npy", ".npz")
LARGEST = 2**32
"""Bytes of an array."""
_LARGEST_SIDE = 1024
_NO_HEADER = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)
"""What NumPy raises of a header, which is a Python expression, besides its own."""


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
    with _opened(path) as (file, size):
        return _header(file, size, path)


def read_array(path: Path, sha256: str) -> NDArray[Any]:
    """The images: `uint8`, or `float32` in [0, 1]; `InputError` for any other value, or if the file has changed."""
    return _read(path, sha256, path.stat().st_mtime_ns if path.exists() else 0)


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes; `InputError` if it cannot be read."""
    _check_file(path)
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
    with _opened(path) as (file, size):
        header = _header(file, size, path)
        try:
            file.seek(0)
            with _unwarned():
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
def _opened(path: Path) -> Iterator[tuple[BufferedIOBase, int]]:
    """The bytes in the format of `.npy`, and how many, from the file itself or from the only array in an `.npz`."""
    _check_file(path)
    try:
        if path.suffix == ".npy":
            with path.open("rb") as file:
                yield file, path.stat().st_size
            return
        with zipfile.ZipFile(path) as archive:
            only = _only(archive, path)
            with archive.open(only) as member:
                yield cast("BufferedIOBase", member), only.file_size
    except (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read ({_first_line(error)})") from None


def _check_file(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise InputError(f"dataset file '{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    if problem := not_plain(path, 2 * LARGEST):
        raise InputError(f"{path}: cannot be read ({problem})")


def _only(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """The only member of an archive, if it was packed as NumPy does it and not to excess."""
    members = archive.infolist()
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:4])
        raise InputError(f"{path}: holds {len(members)} arrays, not one ({names})")
    if members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InputError(f"{path}: is packed by another method than NumPy's (stored or deflated)")
    if problem := unpacks(path.stat().st_size, members[0].file_size):
        raise InputError(f"{path}: {problem}")
    return members[0]


def _header(file: BufferedIOBase, size: int, path: Path) -> Header:
    """The header of `size` bytes in the format of `.npy`, checked."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        with _unwarned():
            shape, _, dtype = read(file)
    except _NO_HEADER as error:
        raise InputError(f"{path}: is not a NumPy array file ({_first_line(error)})") from None
    if len(shape) != 3 or not all(type(side) is int and side > 0 for side in shape):
        raise InputError(f"{path}: has shape {shown(shape)}, not (images, height, width)")
    if dtype != np.uint8 and dtype not in (np.float16, np.float32, np.float64):
        raise InputError(f"{path}: holds {dtype}, not uint8 (0 to 255) or floating point (0 to 1)")
    promised = math.prod(shape) * dtype.itemsize
    if max(shape[1:]) > _LARGEST_SIDE or promised > LARGEST:
        raise InputError(
            f"{path}: has shape {shown(shape)}: at most {_LARGEST_SIDE} pixels a side and {LARGEST:,} bytes"
        )
    if promised > size:
        raise InputError(f"{path}: cannot be read, perhaps it is cut off ({promised:,} bytes promised, {size:,} there)")
    return Header(cast("tuple[int, int, int]", tuple(shape)), dtype)


@contextmanager
def _unwarned() -> Iterator[None]:
    """What NumPy and Python have to say about headers of old or odd files is not for the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


_TENTH = 10


class ArrayImages(ImageDataset):
    """The images in a `.npy` or `.npz` file, split in three."""

    def __init__(self, path: Path, config: ArrayConfig) -> None:
        header = read_header(path)
        count, *shape = header.shape
        super().__init__(config, (shape[0], shape[1]), header.scale, count, config.test_size)
        self._path, self._sha256 = path, config.sha256

    def read(self) -> Images:
        """All images, checked."""
        return Images(read_array(self._path, self._sha256), None)


def is_array_file(name: str) -> bool:
    """Whether a dataset's name is the path of a NumPy file."""
    return name.endswith(SUFFIXES)


def array_entry(name: str) -> DatasetEntry:
    """The file at the path `name`, whose header is read; `InputError` if it holds no images."""
    path = Path(name)
    header = read_header(path)
    count, height, width = header.shape
    if count < 3:
        raise InputError(f"{path}: holds {count} images: at least 3 are needed, one for each split")
    return DatasetEntry(
        name=name,
        summary=f"{count:,} images of {height}×{width} from a file",
        modality="images",
        shape=(height, width),
        defaults=partial(_defaults, path, count),
        build=partial(ArrayImages, path),
    )


def _defaults(path: Path, count: int, protocol: Protocol) -> ArrayConfig:
    del protocol
    part = max(1, count // _TENTH)
    return ArrayConfig(binarization="dynamic", validation_size=part, test_size=part, sha256=file_sha256(path))
