"""JSON files, checksums that tell when a file was changed, and why something could not be written."""

import errno
import hashlib
import json
import math
import os
import shutil
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from genconv.errors import InputError, WorkError

MANIFEST = "manifest.json"
_DEEPEST = 50
_AT_ONCE = 1 << 20
"""Bytes of a file below which it is read as a whole."""
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Indented JSON with sorted keys; non-finite numbers are an error."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object as `write_json` writes them; `InputError` naming the file if it is missing or something else."""
    return parsed_json(read_plain(path), path)


def read_plain(path: Path) -> bytes:
    """What a file of JSON holds; `InputError` naming it if it is missing or no plain file."""
    try:
        return _content(str(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({one_line(error)})") from None


def parsed_json(content: bytes, path: Path) -> dict[str, Any]:
    """The object in the content of `path`: every number finite, no member twice, none nested deeper than needed.

    `InputError` naming the file if it is something else.
    """
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({one_line(error)})") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: is JSON but not an object")
    if _depth(value) > _DEEPEST:
        raise InputError(f"{path}: is nested deeper than {_DEEPEST} levels")
    return value


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a key stands twice in an object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no finite number")
    return value


def _depth(value: object) -> int:
    """How many levels of lists and objects lie within each other."""
    depth, level = 0, [value]
    while level:
        level = [
            item
            for one in level
            if isinstance(one, (dict, list))
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1
    return depth - 1


def folders_with(root: Path, names: Collection[str], *, closed: bool) -> list[Path]:
    """The folders directly under `root` that hold one of these files, sorted by name; hidden ones are left out.

    `closed`: whether one that may not be entered counts. There may be 10⁵ of them: each costs one call of the system.
    """
    with os.scandir(root) as entries:
        inside = sorted(entry.name for entry in entries if not entry.name.startswith(".") and _is_dir(entry))
    base = str(root)
    return [root / name for name in inside if _has(f"{base}/{name}", names, closed)]


def _is_dir(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _has(folder: str, names: Collection[str], closed: bool) -> bool:
    for name in names:
        try:
            os.stat(f"{folder}/{name}")  # noqa: PTH116  a path object costs more than the call
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return closed
        return True
    return False


def damage(folder: Path, needed: Collection[str] = ()) -> str | None:
    """What is wrong with a folder written with a manifest, in words; None if every file is as it was written.

    `needed` are the files that its manifest has to list.
    """
    try:
        checked_contents(folder, needed)
    except InputError as error:
        return str(error)
    return None


def checked_contents(
    folder: Path, needed: Collection[str], kept: Collection[str] = (), read: Mapping[str, bytes] = _NOTHING
) -> dict[str, bytes]:
    """What the files `kept` of a folder hold of which every file is as it was written; each is read once.

    `needed` are the files that its manifest has to list, `read` the contents of those that were read already.
    `InputError` in one line for what is missing or changed.
    """
    files = read_json(folder / MANIFEST).get("files")
    if not isinstance(files, dict):
        raise InputError(f"{folder / MANIFEST}: lists no files")
    if missing := sorted(set(needed) - set(files)):
        raise InputError(f"{folder / MANIFEST}: does not list {', '.join(missing)}")
    found: dict[str, bytes] = {}
    for name, expected in files.items():
        path = os.path.join(folder, os.path.basename(name))  # noqa: PTH118, PTH119  as often as there are files
        try:
            content = read.get(name)
            content = _content(path) if content is None and name in kept else content
            same = expected == (_digest(path) if content is None else hashlib.sha256(content).hexdigest())
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({one_line(error)})") from None
        if not same:
            raise InputError(f"{path}: was changed after it was written (its SHA-256 differs from the manifest)")
        if name in kept and content is not None:
            found[name] = content
    return found


def _content(path: str) -> bytes:
    """All bytes of a plain file; `OSError` or `ValueError` for anything else."""
    _check_plain(path)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  as often as there are files
        return file.readall()


def _digest(path: str) -> str:
    """SHA-256 of a plain file's bytes."""
    if _check_plain(path) < _AT_ONCE:
        return hashlib.sha256(_content(path)).hexdigest()
    return sha256(Path(path))


def _check_plain(path: str) -> int:
    """The size of a plain file; `OSError` for anything else: a pipe would wait for ever, a device never end."""
    status = os.stat(path)  # noqa: PTH116  as often as there are files
    if not stat.S_ISREG(status.st_mode):
        raise OSError("Is a directory" if stat.S_ISDIR(status.st_mode) else "it is not a plain file")
    return status.st_size


def one_line(error: BaseException) -> str:
    """The message of an exception on one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200]


def unwritten(what: str, folder: Path, error: BaseException) -> WorkError:
    """`what` could not be written under `folder`; of a full disk it is told how much room is left."""
    reason = one_line(error)
    if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "No space left" in reason:
        there = next((path for path in (folder, *folder.parents) if path.exists()), Path())
        usage = shutil.disk_usage(there)
        reason = f"not enough space ({_bytes(usage.free)} free of {_bytes(usage.total)} at {there})"
    return WorkError(f"{what}: {reason}")


def _bytes(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.2f} MB"
