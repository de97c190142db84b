"""Models, datasets and metrics in a Python file of the user's, named as `FILE.py:Name`."""

import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

from genconv.errors import InputError
from genconv.file_limits import checked_file

_PATTERN = re.compile(r".+\.py:\w+", re.DOTALL)
_MODULE = "genconv_user_code_"
_LARGEST = 1 << 24
"""Bytes of such a file."""


def is_user_code(name: str) -> bool:
    """Whether a name has the form `FILE.py:Name`."""
    return _PATTERN.fullmatch(name) is not None


def file_of(name: str) -> Path:
    """The file that `FILE.py:Name` names."""
    return Path(name.rpartition(":")[0])


def source_sha256(name: str) -> str:
    """SHA-256 of the file that `FILE.py:Name` names, 64 hexadecimal digits; `InputError` if it cannot be read."""
    return hashlib.sha256(read_source(file_of(name))).hexdigest()


def read_source(path: Path) -> bytes:
    """The text of a file of the user's; `InputError` if it cannot be read."""
    try:
        return checked_file(path, _LARGEST).read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from None


def load(name: str) -> Any:
    """What `FILE.py:Name` names: the file is executed, once as long as it does not change.

    `InputError` with the user's own line if that fails.
    """
    path = file_of(name)
    source = read_source(path)
    wanted = name.rpartition(":")[2]
    module = _executed(path.resolve(), source)
    values = vars(module)
    if wanted not in values:
        own = [key for key, value in values.items() if getattr(value, "__module__", None) == module.__name__]
        raise InputError(f"'{name}': {path} has no '{wanted}', but {', '.join(own) or 'nothing'}")
    return values[wanted]


def line_of_user_code(error: BaseException) -> str | None:
    """Where and why code loaded here failed, in one line with the line itself; None if it had no part in `error`."""
    frames = list(_user_frames(error.__traceback__))
    if not frames:
        return None
    last = traceback.StackSummary.extract(frames[-1:])[0]
    return f"{last.filename}, line {last.lineno}, in {last.name}: {last.line} → {_reason(error)}"


def _user_frames(link: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames of a traceback that lie in code loaded here, outermost first."""
    while link is not None:
        if str(link.tb_frame.f_globals.get("__name__", "")).startswith(_MODULE):
            yield link.tb_frame, link.tb_lineno
        link = link.tb_next


class _Loader(importlib.abc.InspectLoader):
    """Executes a text that was read already, and leaves no compiled file beside it."""

    def __init__(self, path: Path, source: bytes) -> None:
        self._path, self._source = path, source

    def is_package(self, fullname: str) -> bool:
        """A single file is none."""
        return False

    def get_source(self, fullname: str) -> str:
        """The text, decoded as Python says."""
        return importlib.util.decode_source(self._source)

    def get_code(self, fullname: str) -> CodeType:
        """The text, compiled."""
        return self.source_to_code(self.get_source(fullname), str(self._path))


@cache
def _executed(path: Path, source: bytes) -> ModuleType:
    """The module that a file is."""
    name = _MODULE + hashlib.sha256(str(path).encode() + source).hexdigest()[:16]
    loader = _Loader(path, source)
    spec = importlib.machinery.ModuleSpec(name, loader, origin=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(
            _line_of_text(error, path) or line_of_user_code(error) or f"{path}: {_reason(error)}"
        ) from error
    return module


def _line_of_text(error: BaseException, path: Path) -> str | None:
    """Where the text is no Python."""
    if not isinstance(error, SyntaxError) or error.filename != str(path):
        return None
    return f"{path}, line {error.lineno}: {(error.text or '').strip()} → {_reason(error)}"


def _reason(error: BaseException) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    first = " ".join(message.split())[:300]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
