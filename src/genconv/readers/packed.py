"""Text files as they are, or packed by gzip or Zstandard, with a bound on what they unpack to."""

import gzip
import io
import zlib
from pathlib import Path

import polars as pl

from genconv.errors import InputError
from genconv.file_limits import LARGEST_FILE, checked_file, reason, unpacks

PACKED = (".gz", ".zst")
_BLOCK = 1 << 17
"""Bytes that a block of Zstandard unpacks to at most (RFC 8878, 3.1.1.2.4)."""
_RAW, _REPEATED = 0, 1


def inner_suffix(path: Path) -> str:
    """The suffix of what a file holds, in lower case: `.csv` for `a.csv` and for `a.csv.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in PACKED else suffix


def unpacked(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The bytes of a file, unpacked; `InputError` if they are damaged, or out of proportion to its size."""
    checked_file(path)
    suffix = path.suffix.lower()
    try:
        data = _gzip(path, largest) if suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"'{path}' cannot be unpacked ({reason(error)})") from None
    if suffix == ".zst":
        data = _zstandard(path, data, largest)
    if not data:
        raise InputError(f"'{path}' is empty")
    if len(data) > largest:
        raise InputError(f"'{path}' holds more than {largest:,} bytes")
    return data


def _gzip(path: Path, largest: int) -> bytes:
    with gzip.open(path) as file:
        data = file.read(largest + 1)
    if problem := unpacks(path.stat().st_size, len(data)):
        raise InputError(f"'{path}' {problem}")
    return data


def _zstandard(path: Path, data: bytes, largest: int) -> bytes:
    """Unpacked by Polars, after the sizes of the blocks have been added up."""
    try:
        size = _most_bytes(data)
    except (IndexError, ValueError):
        raise InputError(f"'{path}' cannot be unpacked (it is no Zstandard file of one frame)") from None
    if size > 2 * largest or (problem := unpacks(len(data), size // 2)):
        raise InputError(f"'{path}' {problem if size <= 2 * largest else 'is too large'}")
    try:
        lines = pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            separator="\x1f",
            quote_char=None,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"'{path}' cannot be unpacked ({reason(error)})") from None
    return "\n".join(line or "" for line in lines.to_series(0)).encode()


def _most_bytes(data: bytes) -> int:
    """An upper bound of what one frame of Zstandard unpacks to (RFC 8878, 3.1.1); `ValueError` if it is none."""
    if data[:4] != b"\x28\xb5\x2f\xfd":
        raise ValueError("magic number")
    descriptor = data[4]
    single = descriptor >> 5 & 1
    size_field = (single, 2, 4, 8)[descriptor >> 6]
    place = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + size_field
    total, last = 0, 0
    while not last:
        header = int.from_bytes(data[place : place + 3], "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if place + 3 > len(data):
            raise ValueError("cut off")
        total += size if kind in {_RAW, _REPEATED} else _BLOCK
        place += 3 + (1 if kind == _REPEATED else size)
    if place + 4 * (descriptor >> 2 & 1) != len(data):
        raise ValueError("several frames")
    return total
