"""Damaged files of trackers are refused in one line, or read; nothing else happens."""

import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.readers.tracker_sources import WRITERS

from genconv.errors import InputError
from genconv.readers.cells import read_cells
from genconv.readers.options import ImportOptions

RUNS = {
    seed: {name: [(step, 9.0 - step) for step in range(4)] for name in ("train_loss", "val_loss")} for seed in (1, 2)
}
ODD: list[Any] = [None, "x", [], {}, True, 1e400, -1, "NaN", [1], {"a": 1}, 2**70, ""]


def harmless(folder: Path) -> None:
    with contextlib.suppress(InputError):
        read_cells([folder], ImportOptions("m", "d"))


@pytest.mark.parametrize("name", WRITERS)
def test_bytes_that_were_changed_or_lost(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path, RUNS)
    chance = random.Random(name)  # noqa: S311
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for _ in range(60):
        path = chance.choice(files)
        data = path.read_bytes()
        place = chance.randrange(len(data))
        changed = data[:place] + bytes([chance.randrange(256)]) + data[place + chance.choice([0, 1, 5]) :]
        path.write_bytes(changed if chance.random() < 0.8 else data[:place])
        harmless(tmp_path)
        path.write_bytes(data)


def members(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of everything in JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in members(item, (*path, key)))]


def replaced(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(copy[place[0]], place[1:], odd)
    return copy


@pytest.mark.parametrize("name", ["ray", "trainer", "comet", "clearml"])
def test_json_with_other_things_in_it(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path, RUNS)
    chance = random.Random(name)  # noqa: S311
    for path in sorted(path for path in tmp_path.rglob("*.json*") if path.is_file()):
        lines = path.read_text().splitlines()
        first = json.loads(lines[0])
        for place in chance.choices(members(first), k=25):
            odd = chance.choice(ODD)
            path.write_text("\n".join([json.dumps(replaced(first, place, odd)), *lines[1:]]) + "\n")
            harmless(tmp_path)
        path.write_text("\n".join(lines) + "\n")


DOCUMENTS: list[Any] = [
    {"loss": [1, 2], "val_loss": [3, 4]},
    {"history": {"loss": [1], "val_loss": [2]}},
    {"a": {"loss": [1, 2]}, "b": {"loss": [1, 2]}},
    {"loss": {"val": {"x": [0, 1], "y": [2, 3]}}},
    [{"epoch": 0, "loss": 1.0, "config": {"seed": 1}}],
    [[1.0, 0, 3.0], [2.0, 1, 2.0]],
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_histories_with_other_things_in_them(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    for place in members(document):
        for odd in ODD:
            path.write_text(json.dumps(replaced(document, place, odd)))
            harmless(path)


def test_an_archive_that_was_changed(tmp_path: Path) -> None:
    import zipfile  # noqa: PLC0415

    WRITERS["clearml"](tmp_path / "sessions", RUNS)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("metrics.jsonl", "task.json"):
            archive.write(tmp_path / "sessions/offline-1" / name, name)
    data = path.read_bytes()
    assert len(read_cells([path], ImportOptions("m", "d"))[0]) == 1
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        harmless(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [("step", "x"), ("step", None), ("metrics", "3"), ("metrics", "{"), ("metrics", b"\xff"), ("run_name", None)],
)
def test_a_database_of_trackio_with_other_things_in_it(column: str, value: Any, tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    WRITERS["trackio"](tmp_path, RUNS)
    database = sqlite3.connect(tmp_path / "project.db")
    database.execute(f"UPDATE metrics SET {column} = ? WHERE id = 1", (value,))  # noqa: S608
    database.commit()
    database.close()
    harmless(tmp_path)
