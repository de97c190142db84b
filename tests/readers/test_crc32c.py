"""CRC-32C of many records at once is that of each."""

import random

from tests.readers.foreign_files import crc32c

from genconv.readers.crc32c import masked_crc32c, masked_crc32c_of


def masked(checksum: int) -> int:
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_of_any_sizes() -> None:
    generator = random.Random(0)  # noqa: S311
    sizes = [generator.choice((0, 1, 3, 4, 5, 8, 40, 50, 51, 200)) for _ in range(800)]
    records = [generator.randbytes(size) for size in sizes]
    assert masked_crc32c_of(records).tolist() == [masked(crc32c(record)) for record in records]
    assert masked_crc32c_of([]).tolist() == []
    assert masked_crc32c(b"123456789") == masked(0xE3069283)
