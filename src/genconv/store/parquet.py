"""Parquet files, whoever wrote them: what one would unpack to is known before Polars reads it.

A page of some bytes may promise gigabytes, and a column of a few runs a thousand million rows. Both numbers stand in
the file's footer and in the header of each page (Thrift's compact protocol), and are added up here.
"""

import os
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from genconv.errors import InputError
from genconv.file_limits import checked_file, unpacks
from genconv.store.files import one_line

_MAGIC = b"PAR1"
_DEEPEST = 20
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_ROWS, _GROUPS, _COLUMNS, _META = 3, 4, 1, 3
_VALUES, _UNPACKED, _PACKED, _DATA, _DICTIONARY = 5, 6, 7, 9, 11
_PAGE_UNPACKED, _PAGE_PACKED = 2, 3
_CELL = 8
"""Bytes of a number."""

Fields = dict[int, Any]


def read_parquet(path: Path) -> pl.DataFrame:
    """The table in a file; `InputError` if it is damaged, or would unpack to more than its size warrants."""
    _check_promises(checked_file(path))
    try:
        with _muted():
            return pl.scan_parquet(path, glob=False).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({one_line(error)})") from None
    except pl.exceptions.PanicException as error:  # a BaseException: what Polars does on some damaged files
        raise InputError(f"'{path}' is damaged ({one_line(error)})") from None


def _check_promises(path: Path) -> None:
    data = path.read_bytes()
    try:
        size = max(_promised(data))
    except (ValueError, LookupError, TypeError, AttributeError, struct.error):
        raise InputError(f"'{path}' is no Parquet file, or damaged") from None
    if problem := unpacks(len(data), size):
        raise InputError(f"'{path}' {problem}")


def _promised(data: bytes) -> tuple[int, int, int]:
    """Bytes that the file would unpack to: by its rows and values, by its footer, by the headers of its pages."""
    if len(data) < 12 or not data.startswith(_MAGIC) or not data.endswith(_MAGIC):
        raise ValueError("no magic number")
    (length,) = struct.unpack_from("<I", data, len(data) - 8)
    begin = len(data) - 8 - length
    if begin < 4:
        raise ValueError("no footer")
    footer, _ = _Thrift(data, begin).struct()
    groups = footer.get(_GROUPS, [])
    chunks = [column[_META] for group in groups for column in group[_COLUMNS]]
    if sum(chunk[_PACKED] for chunk in chunks) > len(data):
        raise ValueError("columns lie within each other")
    rows = max(footer[_ROWS], sum(group[_ROWS] for group in groups)) * max(
        [len(g[_COLUMNS]) for g in groups], default=0
    )
    values = max(rows, sum(chunk[_VALUES] for chunk in chunks))
    pages = sum(header[_PAGE_UNPACKED] for chunk in chunks for header in _pages(data, chunk))
    return values * _CELL, sum(chunk[_UNPACKED] for chunk in chunks), pages


def _pages(data: bytes, chunk: Mapping[int, int]) -> Iterator[Fields]:
    place = min(chunk[_DATA], chunk.get(_DICTIONARY) or chunk[_DATA])
    end = place + chunk[_PACKED]
    if place < 4 or not place <= end <= len(data):
        raise ValueError("a column lies outside the file")
    while place < end:
        header, place = _Thrift(data, place).struct()
        if min(header[_PAGE_UNPACKED], header[_PAGE_PACKED]) < 0:
            raise ValueError("a page of negative size")
        place += header[_PAGE_PACKED]
        yield header


class _Thrift:
    """Just enough of Thrift's compact protocol: structs as dictionaries by the number of their fields."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    def struct(self, depth: int = 0) -> tuple[Fields, int]:
        """The fields of the struct that begins here, and where it ends."""
        found: Fields = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            found[number] = kind == _TRUE if kind in {_TRUE, _FALSE} else self._value(kind, depth)
        return found, self._place

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind == _BINARY:
            return self._take(self._unsigned())
        if kind in {_TRUE, _FALSE, _BYTE}:
            return self._byte()
        if kind == _DOUBLE:
            return self._take(8)
        if kind == _STRUCT:
            return self.struct(depth + 1)[0]
        if kind in {_LIST, _SET}:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15, depth + 1) for _ in range(self._bounded(count))]
        if kind == _MAP:
            raise ValueError("a map")
        return self._integer()

    def _byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1]

    def _take(self, count: int) -> bytes:
        self._place += self._bounded(count)
        return b""

    def _bounded(self, count: int) -> int:
        if count > len(self._data) - self._place:
            raise ValueError("cut off")
        return count

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if shift > 63:
                raise ValueError("a number that is too long")
        return value | byte << shift

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)


@contextmanager
def _muted() -> Iterator[None]:
    """Standard error closed for a while: what Polars' threads print of a damaged file is told in one line instead."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
