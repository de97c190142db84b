"""Fields of a protocol buffer's message, read without its schema."""

import struct
from collections.abc import Iterator

Field = tuple[int, int | bytes]


def fields(message: bytes) -> Iterator[Field]:
    """Number and value of each field: integers for varints, raw bytes for all others; `ValueError` if malformed."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 2:
            length, place = _varint(message, place)
        elif kind == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        elif kind in {1, 5}:
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if place + length > end:
            raise ValueError("a field is cut off")
        yield number, message[place : place + length]
        place += length


def floats(data: bytes) -> tuple[float, ...]:
    """Packed 32-bit floats."""
    return struct.unpack(f"<{len(data) // 4}f", data[: len(data) // 4 * 4])


def doubles(data: bytes) -> tuple[float, ...]:
    """Packed 64-bit floats."""
    return struct.unpack(f"<{len(data) // 8}d", data[: len(data) // 8 * 8])


def _varint(message: bytes, place: int) -> tuple[int, int]:
    if place < len(message) and (first := message[place]) < 0x80:  # nearly all have one byte
        return first, place + 1
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("a number is cut off")
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
