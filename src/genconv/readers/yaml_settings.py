"""Hyper-parameters in the plain part of YAML that trainers write: names, one a line, and nested names."""

import re
from pathlib import Path

from genconv.file_limits import read_text

_LARGEST = 1 << 20
_LINE = re.compile(r"(?P<indent> *)(?P<key>[^\s:#'\"-][^:#]*):(?: +(?P<value>.*))?")


def settings_in(path: Path) -> dict[str, str]:
    """The plain values of a file by dotted names; empty without the file.

    Lists, and texts of several lines, are passed over.
    """
    if not path.is_file() or not path.stat().st_size:
        return {}
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in read_text(path, _LARGEST).splitlines():
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            continue
        indent = len(match["indent"])
        above = [(depth, key) for depth, key in above if depth < indent]
        key = match["key"].strip()
        value = (match["value"] or "").strip()
        if value and not value.startswith(("!", "&", "|", ">")):
            found[".".join([*(name for _, name in above), key])] = value.strip("'\"")
        else:
            above.append((indent, key))
    return found
