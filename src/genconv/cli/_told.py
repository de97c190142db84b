"""Lines on standard error: one line each in a pipe, where programs search them; wrapped at words in a terminal."""

import sys

from rich.console import Console

from genconv.errors import error_line


def tell(kind: str, message: str) -> None:
    """Write `genconv: KIND: MESSAGE`."""
    line = error_line(f"{kind}: {message}" if kind else message)
    sys.stderr.write(f"{wrapped(f'genconv: {line}')}\n")


def wrapped(line: str) -> str:
    """The line as it is, or broken at blanks where standard error is a terminal."""
    if not sys.stderr.isatty():
        return line
    from genconv.report.tables.fitting import prose  # noqa: PLC0415

    return prose(line, Console(stderr=True).width).plain
