"""TOML, read within bounds and written."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_MOST_PARTS = 30
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:\.[ \t]*+{_PART}){{{_MOST_PARTS}}}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def parsed(text: str) -> dict[str, Any]:
    """What a text in TOML says; `ValueError` or `RecursionError` if it is none.

    The parser keeps every beginning of a dotted key: a key of n parts takes n² of memory.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {_MOST_PARTS} parts")
    return tomllib.loads(text)


def value_of(text: str) -> Any:
    """A value as TOML writes it; the text itself if it is none."""
    try:
        values = parsed(f"value = {text}")
    except (RecursionError, ValueError):
        return text
    return values["value"] if len(values) == 1 else text


def written(values: Mapping[str, Any]) -> str:
    """Lines `key = value`. None is the word "none", which configurations read as None."""
    return "".join(f"{_key(name)} = {in_toml(value)}\n" for name, value in values.items())


def in_toml(value: Any) -> str:
    """A value as TOML writes it."""
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {in_toml(one)}' for name, one in value.items())} }}".replace(
            "{  }", "{}"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(in_toml, value))}]"
    return repr(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name)
