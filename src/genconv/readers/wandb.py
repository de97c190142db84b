"""Offline runs of Weights & Biases, binary `run-ID.wandb` files in LevelDB's log format, read without its package."""

import json
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers.align import series_of
from genconv.readers.options import ImportOptions
from genconv.readers.protobuf import fields
from genconv.readers.run import SIZE, Reading, Series
from genconv.readers.scalars import ScalarRun, reading_of

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


_HISTORY, _CONFIG, _RUN = 2, 5, 17
"""Fields of a Record."""
_RUN_ID, _RUN_CONFIG, _RUN_NAME = 1, 4, 8
_UPDATE, _ITEM, _STEP = 1, 1, 2
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16

Points = dict[str, list[tuple[float, float]]]
Plain = str | int | float


def is_wandb_file(path: Path) -> bool:
    """Whether the name is that of a binary run."""
    return path.suffix == ".wandb"


def read_wandb(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `wandb`, or in one file."""
    files = [path] if path.is_file() else files_below(path, is_wandb_file)
    return reading_of([_run(file) for file in files], files, options, f"'{path}'")


def _run(file: Path) -> ScalarRun:
    name = file.stem
    config: dict[str, Plain] = {}
    points: Points = defaultdict(list)
    try:
        for count, record in enumerate(log_records(file)):
            if count > SIZE:
                raise InputError(f"'{file}' holds more than {SIZE} records")
            for number, message in _messages(record):
                if number == _RUN:
                    parts = dict(_messages(message))
                    name = (parts.get(_RUN_NAME) or parts.get(_RUN_ID) or name.encode()).decode()
                    config |= _members(parts.get(_RUN_CONFIG, b""), _UPDATE)
                elif number == _CONFIG:
                    config |= _members(message, _UPDATE)
                elif number == _HISTORY:
                    _collect(message, points)
    except (ValueError, OverflowError, RecursionError):
        raise InputError(f"'{file}' holds a record that is not one of a W&B run") from None
    scalars = {key: _series(rows, f"'{file}', '{key}'") for key, rows in points.items()}
    return ScalarRun(name, scalars, {key: str(value) for key, value in config.items()}, file)


def _collect(history: bytes, points: Points) -> None:
    """The numbers of one row of the history, each under its name."""
    row = _members(history, _ITEM)
    step = row.get("_step")
    if step is None:
        inner = next((message for number, message in _messages(history) if number == _STEP), b"")
        step = next((value for _, value in fields(inner) if isinstance(value, int)), 0)
    for key, value in row.items():
        number = float(value) if value in {"NaN", "Infinity", "-Infinity"} else value
        if isinstance(number, (int, float)) and not isinstance(number, bool) and not key.startswith("_"):
            points[key].append((float(step), float(number)))


def _members(message: bytes, field: int) -> dict[str, Plain]:
    """Name → value of the plain values in a message's items; W&B keeps each value as JSON."""
    found: dict[str, Plain] = {}
    for number, item in _messages(message):
        if number != field:
            continue
        parts = list(_messages(item))
        key = "/".join(text.decode() for part, text in parts if part in {_KEY, _NESTED_KEY})
        value = json.loads(next((text for part, text in parts if part == _VALUE), b"null"))
        if key and isinstance(value, (str, int, float)):
            found[key] = value
    return found


def _messages(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields that are messages or text."""
    return ((number, value) for number, value in fields(message) if isinstance(value, bytes))


def _series(rows: list[tuple[float, float]], where: str) -> Series:
    steps, values = np.array(rows, dtype=np.float64).T
    return series_of(steps, values, where, "last")
