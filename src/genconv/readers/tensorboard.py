"""Scalars of TensorBoard's event files, without TensorBoard: `simple_value`, and the tensors of version 2."""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers.beside import LIGHTNING
from genconv.readers.crc32c import masked_crc32c_of, masked_crc32c_of_length
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.protobuf import doubles, fields, floats
from genconv.readers.restarts import Point, Voided, told, without_voided
from genconv.readers.roles import normal, split_of
from genconv.readers.run import SIZE, Reading
from genconv.readers.scalars import reading_of
from genconv.readers.yaml_settings import settings_in

_START = 1
"""The status of a session log that says: a program starts."""
_CHECKED = 1 << 16
"""Larger records hold pictures, never scalars; their checksum is not worth the wait."""
_TOGETHER = 1 << 20
"""Bytes of records that are checked together."""


def records(path: Path) -> Iterator[bytes]:
    """Records of a file in turn; one that is cut off at the end, as a killed program leaves it, is left out."""
    checked_file(path)
    for batch in _batches(path):
        small = [one for one in batch if len(one.data) <= _CHECKED]
        found = masked_crc32c_of([one.data for one in small])
        for one, checksum in zip(small, found.tolist(), strict=True):
            if checksum != one.checksum:
                raise InputError(f"'{path}' is damaged (byte {one.place})")
        yield from (one.data for one in batch)


class _Record(NamedTuple):
    place: int
    """Its first byte in the file."""
    data: bytes
    checksum: int


def _batches(path: Path) -> Iterator[list[_Record]]:
    """Some records at a time, as the file has them."""
    batch, held = list[_Record](), 0
    with path.open("rb") as file:
        size, place = path.stat().st_size, 0
        while len(header := file.read(12)) == 12:
            length, checksum = struct.unpack("<QI", header)
            if masked_crc32c_of_length(header[:8]) != checksum:
                raise InputError(f"'{path}' is no event file, or damaged (byte {place})")
            if place + 12 + length + 4 > size:
                break
            content = file.read(length + 4)
            batch.append(_Record(place + 12, content[:-4], int.from_bytes(content[-4:], "little")))
            place, held = place + 12 + length + 4, held + length
            if held > _TOGETHER:
                yield batch
                batch, held = [], 0
    yield batch


_FLOAT, _DOUBLE = 1, 2


def is_event_file(path: Path) -> bool:
    """Whether the name is that of an event file."""
    return ".tfevents." in path.name


def read_tensorboard(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder, or in one event file; a run is a folder with event files.

    Folders called after a split (`train`, `validation`, `test`), as Keras writes them, belong to the run above them.
    Files of one folder are read as restarts of one run, see `restarts`. Hyper-parameters are those that Lightning
    writes beside them, in `hparams.yaml`.
    """
    files = [path] if path.is_file() else files_below(path, is_event_file)
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for file in sorted(files, key=_age):
        by_folder[file.parent].append(file)
    logs: dict[Path, Log] = {}
    voided: dict[Path, Voided] = {}
    size = 0
    for folder, parts in sorted(by_folder.items()):
        points, void = without_voided([_scalars(file) for file in parts])
        size += len(points)
        if size > SIZE:
            raise InputError(f"'{path}' holds more than {SIZE} scalars")
        run, prefix = _run_of(folder, path)
        log = logs.setdefault(run, Log(f"'{run}'"))
        for point in points:
            log.add(f"{prefix}{point.tag}", point.step, point.value)
        if void:
            voided[folder] = void
    label = _labels([*logs, *voided], path)
    found = [
        log.run(label[run], settings_in(run / LIGHTNING), run, by_epoch=_by_epoch(log, options))
        for run, log in logs.items()
    ]
    notes = [told(label[folder], void) for folder, void in voided.items()]
    return reading_of(found, files, options, f"'{path}'", notes)


def _by_epoch(log: Log, options: ImportOptions) -> bool:
    """Whether the steps of the losses are epochs: those of Keras' `epoch_loss` are."""
    chosen = [name for role, name in options.columns.items() if role in {"loss", "training", "validation"}]
    losses = chosen or [name for name in log.names if "loss" in name]
    return bool(losses) and all(name.rpartition("/")[2].startswith("epoch_") for name in losses)


def _age(file: Path) -> tuple[int, str]:
    """The time in the name of an event file, then the name: older files first, as TensorBoard orders them."""
    time = file.name.partition(".tfevents.")[2].split(".")[0]
    return int(time) if time.isdecimal() and len(time) < 20 else 0, file.name


def _run_of(folder: Path, root: Path) -> tuple[Path, str]:
    split = split_of(folder.name) or normal(folder.name) == "test"
    if folder != root and root.is_dir() and split:
        return folder.parent, f"{folder.name}/"
    return folder, ""


def _labels(folders: Sequence[Path], root: Path) -> dict[Path, str]:
    """The name of each folder; where several have it, their paths below the root."""
    times = Counter(folder.name for folder in dict.fromkeys(folders))
    alone = root.is_file()
    return {
        folder: folder.name if folder == root or alone or times[folder.name] == 1 else str(folder.relative_to(root))
        for folder in folders
    }


def _scalars(file: Path) -> list[Point]:
    found: list[Point] = []
    for record in records(file):
        try:
            found.extend(_of_event(record))
        except (ValueError, UnicodeDecodeError):
            raise InputError(f"'{file}' holds a record that is no event") from None
        if len(found) > SIZE:
            raise InputError(f"'{file}' holds more than {SIZE} scalars")
    return found


def _of_event(event: bytes) -> list[Point]:
    """Each scalar in an Event: step is its field 2, the summary its field 5; field 7 says that a program starts."""
    step, summaries, starts = 0, [], False
    for number, value in fields(event):
        if number == 2 and isinstance(value, int):
            step = value if value < 1 << 63 else value - (1 << 64)
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
        elif number == 7 and isinstance(value, bytes):
            starts = dict(fields(value)).get(1) == _START
    found = [Point(None, step, 0.0)] if starts else []
    for summary in summaries:
        for number, value in fields(summary):
            if number == 1 and isinstance(value, bytes) and (scalar := _of_value(value)):
                found.append(Point(scalar[0], step, scalar[1]))
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
