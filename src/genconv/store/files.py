"""JSON files, checksums that tell when a file was changed, and why something could not be written."""

import errno
import hashlib
import json
import math
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from genconv.errors import InputError, WorkError
from genconv.file_limits import not_plain

MANIFEST = "manifest.json"
_DEEPEST = 50


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Indented JSON with sorted keys; non-finite numbers are an error."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object as `write_json` writes them: every number finite, no member twice, none nested deeper than needed.

    `InputError` naming the file if it is missing, unreadable or something else.
    """
    try:
        if problem := not_plain(path):
            raise ValueError(problem)
        text = path.read_text(encoding="utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)
    except (OSError, ValueError, RecursionError) as error:
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


def damage(folder: Path, needed: Collection[str] = ()) -> str | None:
    """What is wrong with a folder written with a manifest, in words; None if every file is as it was written.

    `needed` are the files that its manifest has to list.
    """
    try:
        files = read_json(folder / MANIFEST).get("files")
    except InputError as error:
        return str(error)
    if not isinstance(files, dict):
        return f"{folder / MANIFEST}: lists no files"
    if missing := sorted(set(needed) - set(files)):
        return f"{folder / MANIFEST}: does not list {', '.join(missing)}"
    for name, expected in files.items():
        path = folder / Path(name).name
        try:
            if problem := not_plain(path):
                raise OSError(problem)
            if sha256(path) != expected:
                return f"{path}: was changed after it was written (its SHA-256 differs from the manifest)"
        except OSError as error:
            return f"{path}: cannot be read ({one_line(error)})"
    return None


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
