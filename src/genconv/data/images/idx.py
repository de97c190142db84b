"""The IDX format of MNIST: two zero bytes, the type, the number of axes, their lengths as big-endian 32-bit integers,
then the elements; plain or inside gzip.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from genconv.errors import InputError
from genconv.untrusted import not_plain

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
