"""The log of a recorded run as it is written: a line at a time, each on the disk within a second."""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from genconv.store.writing import write_file

_DELAY = 0.5
"""Seconds until what was logged is flushed to the disk; the system has it at once."""


class LogWriter:
    """Adds lines to a log; every method raises `OSError` where the disk cannot be written."""

    def __init__(self, path: Path) -> None:
        """Go on with the log, or begin it; a line that a killed process has begun is cut off."""
        _copy_whole_lines(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._file = os.open(path, flags, 0o666)
        self.process = os.getpid()
        """Which process writes; a child has the file, too, but is another run."""
        self._timer: threading.Timer | None = None

    def write(self, line: Mapping[str, Any]) -> None:
        """Add a line, whole or not at all."""
        data = (json.dumps(line, allow_nan=False) + "\n").encode()
        before = os.fstat(self._file).st_size
        try:
            if os.write(self._file, data) < len(data):
                raise OSError(28, "No space left on device")  # a disk takes a part of a line only when it is full
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, before)
            raise
        self._flush_soon()

    def close(self) -> None:
        """Flush and close it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._flush()
        os.close(self._file)

    def _flush_soon(self) -> None:
        if self._timer is not None and self._timer.is_alive():
            return
        self._timer = threading.Timer(_DELAY, self._flush)
        self._timer.daemon = True
        try:
            self._timer.start()
        except RuntimeError:  # the interpreter is about to end
            self._timer = None
            self._flush()

    def _flush(self) -> None:
        with suppress(OSError):
            os.fsync(self._file)


def _copy_whole_lines(path: Path) -> None:
    """Put a copy of the whole lines in the place of an earlier log: a process that was taken for dead, and wakes,
    writes into the earlier one.
    """
    if path.is_file() and not path.is_symlink():
        written = path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        write_file(path, lambda copy: copy.write_bytes(whole))
