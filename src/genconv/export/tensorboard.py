"""TensorBoard: one event file a run, `MODEL_DATASET/seed_3/events.out.tfevents.0.genconv`.

A record is length, checksum, an Event, checksum; numbers are tensors of one 64-bit float, so that none is rounded.
Source: tensorboard/compat/proto/event.proto, summary.proto and tensor.proto.
"""

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from genconv.export.runs import ExportedRun, exported_cells
from genconv.readers.crc32c import masked_crc32c
from genconv.store.results import Results
from genconv.store.writing import write_file

NAME = "events.out.tfevents.0.genconv"
_VARINT, _DOUBLE, _BYTES = 0, 1, 2
"""Wire types."""
_DT_DOUBLE = 2


def write_tensorboard(results: Results, folder: Path) -> list[Path]:
    """An event file for each run; steps are optimizer steps, else epochs, else the order of the places."""
    paths = []
    for run in (run for cell in exported_cells(results) for run in cell):
        path = folder / run.cell_folder / run.folder / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, partial(_write, run), durable=False)
        paths.append(path)
    return paths


def _write(run: ExportedRun, path: Path) -> None:
    with path.open("wb") as file:
        file.write(_record(_event(0.0, 0, _field(3, b"brain.Event:2"))))
        for event in _events(run):
            file.write(_record(event))


def _events(run: ExportedRun) -> Iterator[bytes]:
    """The scalars in the order of their steps; the first of each tag says that it is a scalar."""
    rows = sorted(
        (step, tag, value)
        for tag, track in run.tracks.items()
        for step, value in zip(track.places, track.values.tolist(), strict=True)
    )
    seen: set[str] = set()
    for step, tag, value in rows:
        yield _event(float(step), step, _field(5, _field(1, _value(tag, value, first=tag not in seen))))
        seen.add(tag)


def _value(tag: str, number: float, *, first: bool) -> bytes:
    """A Summary.Value: tag, and the number as a TensorProto without dimensions."""
    tensor = _number(1, _DT_DOUBLE) + _field(2, b"") + _field(6, struct.pack("<d", number))
    scalars = _field(9, _field(1, _field(1, b"scalars")) + _number(4, 1)) if first else b""
    return _field(1, tag.encode()) + _field(8, tensor) + scalars


def _event(time: float, step: int, what: bytes) -> bytes:
    return _key(1, _DOUBLE) + struct.pack("<d", time) + _number(2, step) + what


def _record(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return length + struct.pack("<I", masked_crc32c(length)) + event + struct.pack("<I", masked_crc32c(event))


def _field(number: int, value: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
