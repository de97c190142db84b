"""Standard output and error that outlive whoever reads them: a reader that leaves does not stop the work."""

import io
import os
import sys
from typing import Any, TextIO


def outlive_readers() -> None:
    """Replace the two streams: what nobody reads any more is dropped, and so is whatever cannot be said on the second.

    A stream that was closed before the start goes nowhere. A disk that is full behind standard output is an error,
    since results are lost there.
    """
    sys.stdout = _text(sys.stdout, _Output)
    sys.stderr = _text(sys.stderr, _Messages)


class _Output(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            return memoryview(data).nbytes


class _Messages(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


def _text(stream: TextIO | None, kind: type[io.FileIO]) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  it lives as long as the process
    raw = kind(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=kind is _Messages or raw.isatty(),
    )
