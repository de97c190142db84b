"""The framing of binary W&B runs: LevelDB's log format behind a header of seven bytes."""

import struct
from collections.abc import Iterator
from pathlib import Path

from genconv.errors import InputError
from genconv.untrusted import checked_file

_BLOCK, _HEADER = 1 << 15, 7
_MAGIC = b":W&B"
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def log_records(path: Path) -> Iterator[bytes]:
    """Records of a file in turn; one that is cut off at the end, as a killed program leaves it, is left out.

    Each block of 32 KiB holds pieces: checksum, length and type (whole, first, middle, last), then data. What is left
    of a block that has no room for another header is nothing.
    """
    data = checked_file(path).read_bytes()
    if not data.startswith(_MAGIC):
        raise InputError(f"'{path}' is no W&B run")
    parts: list[bytes] = []
    place = _HEADER
    while place + _HEADER <= len(data):
        if _BLOCK - place % _BLOCK < _HEADER:
            place += _BLOCK - place % _BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        begin, place = place + _HEADER, place + _HEADER + length
        if kind not in {_FULL, _FIRST, _MIDDLE, _LAST} or (begin - _HEADER) % _BLOCK + _HEADER + length > _BLOCK:
            raise InputError(f"'{path}' is damaged (byte {begin - _HEADER})")
        if place > len(data):
            return
        if kind in {_FULL, _FIRST}:
            parts = []
        parts.append(data[begin:place])
        if kind in {_FULL, _LAST}:
            yield b"".join(parts)
