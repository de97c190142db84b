"""CRC-32C as the records of event files hold it, computed without a package."""

_POLYNOMIAL = 0x82F63B78


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)  # noqa: PLW2901  the remainder takes its place
        rows.append(byte)
    return tuple(rows)


_TABLE = _table()


def masked_crc32c(data: bytes) -> int:
    """CRC-32C of `data`, rotated and shifted as the format has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
