"""IDX files: what is right is read, everything else is one line that names the file."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from genconv.data.images.mnist import parse_idx, read_idx
from genconv.errors import InputError


def encoded(array: np.ndarray, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = encoded(IMAGES)


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=3, min_side=0, max_side=5)))
def test_what_is_written_is_read(array: np.ndarray) -> None:
    read = parse_idx(encoded(array), Path("x"))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_plain_and_gzipped(pack: type[bytes], tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(GOOD))
    np.testing.assert_array_equal(read_idx(path), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file (it begins with nothing)"),
        (b"PK\3\4" + GOOD, "is not an IDX file (it begins with 504b0304)"),
        (encoded(IMAGES, kind=0x0D), "holds elements of type 0x0d, not unsigned bytes"),
        (b"\0\0\x08\0", "has 0 axes, not 1 to 3"),
        (b"\0\0\x08\xff" + GOOD[4:], "has 255 axes"),
        (GOOD[:10], "ends inside its header"),
        (GOOD[:-1], "promises 2×3×4 bytes, holds 23"),
        (GOOD + b"x", "promises 2×3×4 bytes, holds 25"),
        (b"\0\0\x08\3" + b"\xff" * 12, "promises 4294967295×4294967295×4294967295 bytes, holds 0"),
        (gzip.compress(GOOD, mtime=0)[:-9], "cannot be read, perhaps it is cut off"),
        (gzip.compress(GOOD, mtime=0)[:15] + b"\xff\xff\xff" + gzip.compress(GOOD, mtime=0)[18:], "cannot be read"),
        (gzip.compress(bytes(2**20), mtime=0), "holds more than the 1,000 bytes that are allowed"),
        (bytes(2000), "holds more than the 1,000 bytes that are allowed"),
    ],
)
def test_anything_else_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_idx(path, 1000)
    assert str(caught.value).startswith(f"{path}: {message}")


@given(st.binary(max_size=60))
def test_no_bytes_break_it(content: bytes) -> None:
    try:
        parse_idx(content, Path("x"))
    except InputError:
        return
    assert content[:3] == b"\0\0\x08"


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_idx(path)
