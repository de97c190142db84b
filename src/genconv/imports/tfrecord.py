"""The framing of TensorBoard's event files: length, its checksum, data, its checksum."""

import struct
from collections.abc import Iterator
from pathlib import Path

from genconv.errors import InputError
from genconv.untrusted import checked_file

_POLYNOMIAL = 0x82F63B78
_CHECKED = 1 << 16
"""Larger records hold pictures, never scalars; their checksum is not worth the wait."""


def records(path: Path) -> Iterator[bytes]:
    """Records of a file in turn; one that is cut off at the end, as a killed program leaves it, is left out."""
    checked_file(path)
    with path.open("rb") as file:
        size = path.stat().st_size
        while len(header := file.read(12)) == 12:
            length, checksum = struct.unpack("<QI", header)
            if _masked(header[:8]) != checksum:
                raise InputError(f"'{path}' is no event file, or damaged (byte {file.tell() - 12})")
            if file.tell() + length + 4 > size:
                return
            data, tail = file.read(length), file.read(4)
            if length <= _CHECKED and _masked(data) != struct.unpack("<I", tail)[0]:
                raise InputError(f"'{path}' is damaged (byte {file.tell() - 4 - length})")
            yield data


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)  # noqa: PLW2901  the remainder takes its place
        rows.append(byte)
    return tuple(rows)


_TABLE = _table()


def _masked(data: bytes) -> int:
    """CRC-32C of `data`, rotated and shifted as the format has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
