"""CRC-32C as the records of event files hold it, computed without a package."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_FEW = 32
"""Records of one size below which each is passed on its own: from there on all together are faster."""


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)  # noqa: PLW2901  the remainder takes its place
        rows.append(byte)
    return tuple(rows)


_TABLE = _table()
_ARRAY = np.array(_TABLE, dtype=np.uint32)


def masked_crc32c(data: bytes) -> int:
    """CRC-32C of `data`, rotated and shifted as the format has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


masked_crc32c_of_length = lru_cache(maxsize=4096)(masked_crc32c)
"""The same of the eight bytes that say a record's length: most records of a file are equally long."""


def masked_crc32c_of(records: Sequence[bytes]) -> NDArray[np.uint32]:
    """`masked_crc32c` of many records, shape (R,), those of about one size byte by byte together."""
    found = np.empty(len(records), dtype=np.uint32)
    sizes: dict[int, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        sizes[len(record).bit_length()].append(place)
    for size, places in sizes.items():
        if size > 2 and len(places) >= _FEW:
            found[places] = _together([records[place] for place in places])
        else:
            found[places] = [masked_crc32c(records[place]) for place in places]
    return found


def _together(records: Sequence[bytes]) -> NDArray[np.uint32]:
    """Of records of four bytes or more.

    Leading zeros leave the remainder 0, and to begin with ones is to flip the first four bytes.
    """
    longest = max(map(len, records))
    padded = b"".join(record.rjust(longest, b"\0") for record in records)
    columns = np.ascontiguousarray(np.frombuffer(padded, dtype=np.uint8).reshape(-1, longest).T)
    starts = longest - np.array([len(record) for record in records])
    columns[starts + np.arange(4)[:, np.newaxis], np.arange(len(records))] ^= 0xFF
    crc = np.zeros(len(records), dtype=np.uint32)
    for column in columns:
        crc = _ARRAY[crc.astype(np.uint8) ^ column] ^ crc >> np.uint32(8)
    crc = ~crc
    masked: NDArray[np.uint32] = (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(0xA282EAD8)
    return masked
