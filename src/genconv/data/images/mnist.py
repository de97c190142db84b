"""MNIST: 70,000 handwritten digits of 28×28 grey values (LeCun, Cortes, Burges; CC BY-SA 3.0), in IDX files."""

import gzip
import hashlib
import math
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from genconv.data.images.sources import Source
from genconv.errors import InputError
from genconv.file_limits import not_plain

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
LARGEST_FILE = 2**28
"""Bytes; four times the largest file of MNIST and its relatives."""


def decoded(path: Path, limit: int = LARGEST_FILE) -> bytes:
    """The bytes of a file, unpacked if it is gzipped; `InputError` if it is damaged or too large (`limit` bytes)."""
    if problem := not_plain(path):
        raise InputError(f"{path}: cannot be read ({problem})")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            content = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read, perhaps it is cut off ({error})") from None
    if len(content) > limit:
        raise InputError(f"{path}: holds more than the {limit:,} bytes that are allowed")
    return content


def parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    """The array of unsigned bytes that `content` describes; `InputError` naming `path` unless it is exactly that."""
    if len(content) < 4 or content[:2] != b"\0\0":
        raise InputError(f"{path}: is not an IDX file (it begins with {content[:4].hex() or 'nothing'})")
    kind, axes = content[2], content[3]
    if kind != _UNSIGNED_BYTE:
        raise InputError(f"{path}: holds elements of type 0x{kind:02x}, not unsigned bytes (0x08)")
    if not 1 <= axes <= 3:
        raise InputError(f"{path}: has {axes} axes, not 1 to 3")
    start = 4 + 4 * axes
    if len(content) < start:
        raise InputError(f"{path}: ends inside its header")
    shape = struct.unpack(f">{axes}I", content[4:start])
    if math.prod(shape) != len(content) - start:
        words = "×".join(map(str, shape))
        raise InputError(f"{path}: promises {words} bytes, holds {len(content) - start:,}")
    try:
        return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    except ValueError:  # axes that no memory could address, one of them of length 0
        raise InputError(f"{path}: has axes of lengths {shape}") from None


def read_idx(path: Path, limit: int = LARGEST_FILE) -> NDArray[np.uint8]:
    """The array in an IDX file, gzipped or plain; `InputError` if it is anything else."""
    return parse_idx(decoded(path, limit), path)


POOL, TEST, SIDE = 60_000, 10_000, 28
_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


def _digest(path: Path) -> str:
    return hashlib.sha256(decoded(path)).hexdigest()


def _source(name: str, sha256: str) -> Source:
    return Source(
        path=f"mnist/{name}.gz",
        others=(f"mnist/{name}",),
        urls=tuple(f"{mirror}{name}.gz" for mirror in _MIRRORS),
        digest=_digest,
        checksum=sha256,
        largest=2**25,
    )


TRAINING_IMAGES = _source("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db")
TRAINING_LABELS = _source("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")
TEST_IMAGES = _source("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7")
TEST_LABELS = _source("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")

SOURCES = (TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS)
"""All files; models need only the images."""


def read_images(source: Source, path: Path) -> NDArray[np.uint8]:
    """The images in the file of `source` at `path`, shape (n, 28, 28); `InputError` unless they are the known ones."""
    return _read(source, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(source: Source, path: Path, changed: int) -> NDArray[np.uint8]:
    del changed
    content = decoded(path)
    if (found := hashlib.sha256(content).hexdigest()) != source.checksum:
        raise source.mismatch(path, found)
    return parse_idx(content, path)
