"""Scalars of TensorBoard's event files, without TensorBoard: `simple_value`, and the tensors of version 2."""

import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers.align import series_of
from genconv.readers.options import ImportOptions
from genconv.readers.protobuf import doubles, fields, floats
from genconv.readers.roles import split_of
from genconv.readers.run import SIZE, Reading, Series
from genconv.readers.scalars import ScalarRun, reading_of

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


_FLOAT, _DOUBLE = 1, 2
Points = list[tuple[int, float]]


def is_event_file(path: Path) -> bool:
    """Whether the name is that of an event file."""
    return ".tfevents." in path.name


def read_tensorboard(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder, or in one event file; a run is a folder with event files.

    Folders called after a split (`train`, `validation`), as Keras writes them, belong to the run above them. If a
    step was written twice, as by a resumed run, the later counts.
    """
    files = [path] if path.is_file() else files_below(path, is_event_file)
    points: dict[Path, dict[str, Points]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for file in files:
        folder, prefix = _run_of(file, path)
        for tag, step, value in _scalars(file):
            points[folder][prefix + tag].append((step, value))
            count += 1
            if count > SIZE:
                raise InputError(f"'{path}' holds more than {SIZE} scalars")
    found = [_scalar_run(folder, tags, path) for folder, tags in points.items()]
    return reading_of(found, files, options, f"'{path}'")


def _run_of(file: Path, root: Path) -> tuple[Path, str]:
    folder = file.parent
    if folder != root and root.is_dir() and split_of(folder.name):
        return folder.parent, f"{folder.name}/"
    return folder, ""


def _scalar_run(folder: Path, tags: dict[str, Points], root: Path) -> ScalarRun:
    scalars: dict[str, Series] = {}
    for tag, points in tags.items():
        steps, values = np.array(points, dtype=np.float64).T
        scalars[tag] = series_of(steps, values, f"'{folder}', '{tag}'", "last")
    name = folder.name if folder == root or root.is_file() else str(folder.relative_to(root))
    return ScalarRun(name, scalars, origin=folder)


def _scalars(file: Path) -> list[tuple[str, int, float]]:
    found = []
    for record in records(file):
        try:
            found.extend(_of_event(record))
        except (ValueError, UnicodeDecodeError):
            raise InputError(f"'{file}' holds a record that is no event") from None
    return found


def _of_event(event: bytes) -> list[tuple[str, int, float]]:
    """Tag, step and value of each scalar in an Event: step is its field 2, the summary its field 5."""
    step, summaries = 0, []
    for number, value in fields(event):
        if number == 2 and isinstance(value, int):
            step = value if value < 1 << 63 else value - (1 << 64)
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    found = []
    for summary in summaries:
        for number, value in fields(summary):
            if number == 1 and isinstance(value, bytes) and (scalar := _of_value(value)):
                found.append((scalar[0], step, scalar[1]))
    return found


def _of_value(message: bytes) -> tuple[str, float] | None:
    """Tag (field 1) and number (field 2, or the tensor in field 8); None for pictures and histograms."""
    tag, number = "", None
    for key, value in fields(message):
        if not isinstance(value, bytes):
            continue
        if key == 1:
            tag = value.decode()
        elif key == 2 and len(value) == 4:
            number = floats(value)[0]
        elif key == 8:
            number = _of_tensor(value)
    return None if number is None else (tag, number)


def _of_tensor(message: bytes) -> float | None:
    """The number in a TensorProto of one float (type 1) or double (type 2); None for other tensors."""
    kind, values = 0, b""
    for key, value in fields(message):
        if key == 1 and isinstance(value, int):
            kind = value
        elif key in {4, 5, 6} and isinstance(value, bytes):  # tensor_content, float_val, double_val
            values = value
    numbers = floats(values) if kind == _FLOAT else doubles(values) if kind == _DOUBLE else ()
    return numbers[0] if len(numbers) == 1 else None
