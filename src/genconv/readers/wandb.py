"""Offline runs of Weights & Biases, binary `run-ID.wandb` files in LevelDB's log format, read without its package."""

import json
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers.log import Log, flat_texts
from genconv.readers.names import is_random, without_seed
from genconv.readers.options import ImportOptions
from genconv.readers.protobuf import fields
from genconv.readers.restarts import continued, told
from genconv.readers.run import Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of

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
_RUN_ID, _RUN_CONFIG, _RUN_GROUP, _RUN_NAME = 1, 4, 6, 8
_UPDATE, _ITEM, _STEP = 1, 1, 2
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16


def is_wandb_file(path: Path) -> bool:
    """Whether the name is that of a binary run."""
    return path.suffix == ".wandb"


def read_wandb(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `wandb`, or in one file."""
    files = [path] if path.is_file() else files_below(path, is_wandb_file)
    runs: dict[str, ScalarRun] = {}
    notes = []
    for file in files:
        identifier, run = _run(file)
        if identifier in runs:
            run, void = continued(runs[identifier], run)
            notes.append(told(run.label, void) if void else f"'{run.label}' has several files, which are one run")
        runs[identifier] = run
    named, said = _named(list(runs.values()))
    return reading_of(named, files, options, f"'{path}'", [*notes, *said])


def _named(runs: list[ScalarRun]) -> tuple[list[ScalarRun], list[str]]:
    """The runs, each called by its group; by its own name if names tell several models apart within a group."""
    groups: dict[str, list[ScalarRun]] = defaultdict(list)
    for run in runs:
        groups[run.name or ""].append(run)
    named, notes = [], []
    for group, members in groups.items():
        stems = {without_seed(run.label) for run in members}
        if group and 1 < len(stems) < len(members):
            notes.append(f"the names of the runs tell models apart within the group '{group[:40]}'")
            named += [replace(run, name=run.label) for run in members]
        else:
            named += members
            own = [stem for stem in stems if stem and stem != without_seed(group) and not is_random(stem)]
            if group and len(stems) == 1 and own and not any("model" in run.parameters for run in members):
                notes.append(f"named by their group '{group[:40]}', not '{own[0][:40]}' (--model to say otherwise)")
    return named, notes


def _run(file: Path) -> tuple[str, ScalarRun]:
    """The identifier of a run, together with the name of its file, and the run.

    A run that was resumed has its name and configuration several times, the last of which counts.
    """
    said: dict[int, str] = {}
    config: dict[str, str] = {}
    log = Log(f"'{file}'")
    try:
        for record in log_records(file):
            for number, message in _messages(record):
                if number == _RUN:
                    parts = dict(_messages(message))
                    said |= {key: parts[key].decode() for key in (_RUN_ID, _RUN_GROUP, _RUN_NAME) if parts.get(key)}
                    config |= flat_texts(_members(parts.get(_RUN_CONFIG, b""), _UPDATE))
                elif number == _CONFIG:
                    config |= flat_texts(_members(message, _UPDATE))
                elif number == _HISTORY:
                    _collect(message, log)
    except (ValueError, OverflowError, RecursionError):
        raise InputError(f"'{file}' holds a record that is not one of a W&B run") from None
    label = said.get(_RUN_NAME) or said.get(_RUN_ID) or file.stem
    settings = {key: value for key, value in config.items() if not key.startswith("_wandb")}
    run = log.run(label, settings, file, said.get(_RUN_GROUP) or said.get(_RUN_NAME))
    return f"{file.name} {said.get(_RUN_ID, file)}", run


def _collect(history: bytes, log: Log) -> None:
    """The numbers of one row of the history, each under its name."""
    row = _members(history, _ITEM)
    step = row.get("_step")
    if not isinstance(step, int | float):
        inner = next((message for number, message in _messages(history) if number == _STEP), b"")
        step = next((value for _, value in fields(inner) if isinstance(value, int)), 0)
    for key, value in _flat(row):
        if not key.startswith("_"):
            log.add(key, float(step), value)


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The members of a row; those of a dictionary in it by names such as `val.loss`, as W&B shows them."""
    for key, value in row.items():
        if isinstance(value, dict):
            if "_type" not in value:  # else a picture, a table or a histogram
                yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _members(message: bytes, field: int) -> dict[str, Any]:
    """Name → value of a message's items; W&B keeps each value as JSON."""
    found: dict[str, Any] = {}
    for number, item in _messages(message):
        if number != field:
            continue
        parts = list(_messages(item))
        key = ".".join(text.decode() for part, text in parts if part in {_KEY, _NESTED_KEY})
        if key:
            found[key] = json.loads(next((text for part, text in parts if part == _VALUE), b"null"))
    return found


def _messages(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields that are messages or text."""
    return ((number, value) for number, value in fields(message) if isinstance(value, bytes))
