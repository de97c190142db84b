"""Files as other tools write them, for the tests of the import."""

import sqlite3
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

Losses = Sequence[float]


def csv(path: Path, header: str, *rows: str) -> Path:
    """A text table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number: int, value: bytes | int) -> bytes:
    """A field of a message: varint or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def crc32c(data: bytes) -> int:
    """CRC-32C bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    """A checksum as event files hold it."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def event_record(message: bytes) -> bytes:
    """One record of an event file."""
    length = struct.pack("<Q", len(message))
    return length + masked(length) + message + masked(message)


def scalar(tag: str, step: int, value: float, tensor: bool = False) -> bytes:
    """An Event with one scalar, as `simple_value` or, as TensorFlow 2 writes it, as a tensor."""
    number = struct.pack("<f", value)
    body = part(8, part(1, 1) + part(5, number)) if tensor else varint(2 << 3 | 5) + number
    return event_record(part(2, step) + part(5, part(1, part(1, tag.encode()) + body)))


def event_file(folder: Path, scalars: Mapping[str, Losses], tensor: bool = False) -> Path:
    """An event file with the losses of each tag at steps 0, 1, …"""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "events.out.tfevents.1700000000.host.1.0"
    version = event_record(part(3, b"brain.Event:2"))
    events = [scalar(tag, step, x, tensor) for tag, losses in scalars.items() for step, x in enumerate(losses)]
    path.write_bytes(version + b"".join(events))
    return path


def wandb_file(
    path: Path,
    config: Mapping[str, str],
    rows: Sequence[Mapping[str, str]],
    name: str = "sunny-lake-3",
    group: str = "",
) -> Path:
    """A binary W&B run, whose identifier is that of the file's name; values are JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    update = b"".join(part(1, part(1, k.encode()) + part(16, v.encode())) for k, v in config.items())
    identifier = path.stem.removeprefix("run-").encode()
    own = part(1, identifier) + part(4, update) + (part(6, group.encode()) if group else b"") + part(8, name.encode())
    records = [part(17, own)]
    for step, row in enumerate(rows):
        items = b"".join(part(1, part(2, k.encode()) + part(16, v.encode())) for k, v in row.items())
        records.append(part(1, step) + part(2, items + part(2, part(1, step))))
    data = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
    for record in records:
        data = _append(data, record)
    path.write_bytes(data)
    return path


def _append(data: bytes, record: bytes) -> bytes:
    block, first = 1 << 15, True
    while first or record:
        room = block - len(data) % block
        if room < 7:
            data += b"\0" * room
            continue
        piece, record = record[: room - 7], record[room - 7 :]
        kind = (1 if first else 4) if not record else (2 if first else 3)
        data += struct.pack("<IHB", 0, len(piece), kind) + piece
        first = False
    return data


def mlflow_run(root: Path, name: str, metrics: Mapping[str, Losses], params: Mapping[str, str], **meta: str) -> None:
    """One run of MLflow's file store."""
    run = root / "0" / name
    for metric, losses in metrics.items():
        file = run / "metrics" / metric
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"170000000{step} {loss!r} {step}\n" for step, loss in enumerate(losses)))
    for folder, values in (("params", params), ("tags", {"mlflow.runName": f"run {name}"})):
        (run / folder).mkdir(parents=True)
        for key, value in values.items():
            (run / folder / key).write_text(value)
    stage = meta.get("stage", "active")
    (run / "meta.yaml").write_text(f"lifecycle_stage: {stage}\nrun_id: {name}\n")


def mlflow_database(path: Path, runs: Mapping[str, tuple[Mapping[str, Losses], Mapping[str, str]]]) -> Path:
    """MLflow's SQLite store with the columns that count; NaN and infinities as MLflow writes them."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE runs (run_uuid TEXT, name TEXT, lifecycle_stage TEXT, start_time INTEGER);"
            "CREATE TABLE metrics (key TEXT, value FLOAT, timestamp INTEGER, run_uuid TEXT, step INTEGER, is_nan BOOL);"
            "CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);"
        )
        for uuid, (metrics, params) in runs.items():
            stage = "deleted" if uuid.startswith("deleted") else "active"
            database.execute("INSERT INTO runs VALUES (?, ?, ?, 0)", (uuid, f"run {uuid}", stage))
            database.executemany("INSERT INTO params VALUES (?, ?, ?)", [(k, v, uuid) for k, v in params.items()])
            for key, losses in metrics.items():
                rows = [(key, *_stored(loss), step, uuid) for step, loss in enumerate(losses)]
                database.executemany(
                    "INSERT INTO metrics (key, value, is_nan, timestamp, step, run_uuid) VALUES (?, ?, ?, 0, ?, ?)",
                    rows,
                )
        database.commit()
    return path


def _stored(loss: float) -> tuple[float, bool]:
    if loss != loss:  # noqa: PLR0124  NaN
        return 0.0, True
    return max(min(loss, 1.7976931348623157e308), -1.7976931348623157e308), False
