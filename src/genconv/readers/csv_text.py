"""Text tables in the dialects that people write: comments, `sep=;`, repeated headers, decimal commas, packed files."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.errors import InputError
from genconv.readers.numerals import plain_numerals
from genconv.readers.packed import unpacked
from genconv.readers.roles import is_loss
from genconv.readers.table_limits import check_names, check_size
from genconv.store.files import one_line

_NUMBER = re.compile(r"(?i)[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?nan|[+-]?inf(?:inity)?")
_TIME = re.compile(r"\[?(?:19|20)\d\d-[01]\d-[0-3]\d(?:[ T,]|$)")
"""What the lines of a program's log begin with."""
_HEAD = 1 << 20
_SMALL = 1 << 16
"""Bytes of a file that is read without Polars."""


class Table(NamedTuple):
    """A table, and what was skipped or decided while reading it."""

    frame: pl.DataFrame
    """Every column text, but those of Parquet have types."""
    notes: list[str]
    segments: NDArray[np.int64] | None = None
    """How many times the header was repeated above each row; None if it was not."""


def read_csv(path: Path) -> Table:
    """The table in a file; `InputError`, one line, if it is none."""
    data = unpacked(path)
    if b"\0" in data[:_HEAD]:
        raise InputError(f"'{path}' is not UTF-8 text (is it UTF-16? save it as UTF-8)")
    try:
        head = _head(data)
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text (byte {error.start})") from None
    except csv.Error as error:
        raise InputError(f"'{path}': its first line is no header ({one_line(error)})") from None
    if problem := _no_header(head.names):
        raise InputError(f"'{path}': {problem}")
    check_names(path, head.names)
    check_size(path, data.count(b"\n") + 1, len(head.names))
    data, cut = _without_cut_line(data, head)
    frame = _frame(path, data, head)
    frame, segments, restarts = _without_repeated_headers(frame)
    frame, decimals = plain_numerals(frame, head.separator) if head.separator != "," or b'"' in data else (frame, [])
    return Table(frame, [*head.notes, *cut, *_about_comments(data), *restarts, *decimals], segments)


def looks_like_table(path: Path) -> bool:
    """Whether the first line of a text file has several names, one of them of a loss, and no sentence."""
    try:
        head = _head(unpacked(path)[:_HEAD])
        names = [name for name in head.names if name]
        return len(names) > 1 and not _no_header(names) and any(is_loss(name) for name in names)
    except (InputError, UnicodeDecodeError, csv.Error):
        return False


class _Head(NamedTuple):
    names: list[str]
    separator: str
    skip: int
    """Lines before the rows."""
    notes: list[str]


def _without_cut_line(data: bytes, head: _Head) -> tuple[bytes, list[str]]:
    """The table without a last line that has neither all fields nor an end, as a killed program leaves it."""
    kept, _, last = data.rpartition(b"\n")
    text = last.decode("utf-8", errors="replace")
    if not text.strip() or text.startswith("#") or kept.count(b"\n") < head.skip or '"' in text:
        return data, []
    if len(fields(text, head.separator)) >= len(head.names):
        return data, []
    return kept + b"\n", ["the last line is cut off: left out"]


def _head(data: bytes) -> _Head:
    """The header: the first line that is neither empty, a comment nor `sep=;`, or the last comment above numbers."""
    comment, separator = "", ""
    lines = data[:_HEAD].split(b"\n")
    for number, raw in enumerate(lines):
        line = raw.decode("utf-8-sig").rstrip("\r")
        if told := re.fullmatch(r"(?i)sep=(.)", line):
            separator = told[1]
        elif line.startswith("#"):
            comment = line.lstrip("# ")
        elif line.strip():
            separator = separator or _separator(line, lines[number + 1 : number + 2])
            names, above = fields(line, separator), fields(comment, separator)
            if len(above) == len(names) and all(map(_is_number, names)) and not any(map(_is_number, above)):
                return _Head(above, separator, number, ["the last comment above the numbers is taken as the header"])
            return _Head(names, separator, number + 1, [])
    return _Head([], separator or ",", len(lines), [])


def _separator(line: str, after: Sequence[bytes]) -> str:
    """The most frequent of comma, semicolon and tab; blanks if there is none and the next line has as many words."""
    found = max(",;\t", key=line.count)
    words = line.split()
    below = after[0].split() if after else words
    return " " if found not in line and len(words) == len(below) > 1 else found


def fields(line: str, separator: str) -> list[str]:
    """The fields of a line."""
    if separator == " ":
        return line.split()
    return [name.strip() for name in next(csv.reader([line], delimiter=separator), [])]


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.replace(",", ".")) is not None


def _no_header(names: list[str]) -> str | None:
    """Why the first line is no header; None if it is one. Whole numbers may be the names of seeds."""
    if not names:
        return "holds no table"
    if any(map(_TIME.match, names)):
        return "its first line holds a time: a table begins with the names of its columns (a log in words is none)"
    numbers = [name for name in names if _is_number(name)]
    whole = sorted(int(name) for name in numbers if name.isdigit() and len(name) < 16)
    seeds = len(whole) == len(numbers)
    if seeds and len(whole) == len(names):
        seeds = len(names) > 1 and whole == list(range(whole[0], whole[0] + len(whole)))
    return None if seeds else "its first line holds numbers: a table begins with the names of its columns (no header?)"


def _frame(path: Path, data: bytes, head: _Head) -> pl.DataFrame:
    if len(data) < _SMALL and (frame := _small_frame(data, head)) is not None:
        return frame
    separator = head.separator
    if separator == " ":
        data, separator = b"\n".join(b"\t".join(line.split()) for line in data.split(b"\n")), "\t"
    try:
        return pl.read_csv(
            io.BytesIO(data),
            separator=separator,
            has_header=False,
            skip_lines=head.skip,
            schema=dict.fromkeys(head.names, pl.String),
            comment_prefix="#",
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, OSError, UnicodeEncodeError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({_ragged(data, head) or one_line(error)})") from None


def _small_frame(data: bytes, head: _Head) -> pl.DataFrame | None:
    """The same without Polars' reader, which takes a millisecond for fifty rows; None for a table at fault."""
    try:
        lines = data.decode("utf-8-sig").splitlines()[head.skip :]
        kept = [line for line in lines if line and not line.startswith("#")]
        rows = (
            [line.split() for line in kept] if head.separator == " " else [*csv.reader(kept, delimiter=head.separator)]
        )
    except (UnicodeDecodeError, csv.Error):
        return None
    width = len(head.names)
    if not rows or any(len(row) > width for row in rows):
        return None
    full = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
    columns = zip(head.names, zip(*full, strict=True), strict=True)
    return pl.DataFrame([pl.Series(name, [text or None for text in column], pl.String) for name, column in columns])


def _ragged(data: bytes, head: _Head) -> str | None:
    """The first line that has more fields than the header; None if no line has."""
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines[head.skip :], head.skip + 1):
        if not line.startswith("#") and (count := len(fields(line, head.separator))) > len(head.names):
            return f"line {number} has {count} fields, the header {len(head.names)}"
    return None


def _about_comments(data: bytes) -> list[str]:
    count = data.count(b"\n#") + data.startswith((b"#", b"\xef\xbb\xbf#"))
    return [f"{count} comment {'line' if count == 1 else 'lines'} skipped"] if count else []


def _without_repeated_headers(frame: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64] | None, list[str]]:
    """The rows that are not the header once more, as a program that was started again writes it, and their segments."""
    first = frame.to_series(0).to_list()
    if not any(text is not None and text.strip() == frame.columns[0] for text in first):
        return frame, None, []
    again = frame.select(pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in frame.columns))
    repeated = again.to_series().fill_null(value=False)
    if not repeated.any():
        return frame, None, []
    rows = ", ".join(str(int(row) + 1) for row in repeated.arg_true()[:4])
    segments = repeated.cast(pl.Int64).cum_sum().filter(~repeated).to_numpy()
    return frame.filter(~repeated), segments, [f"the header is repeated in row {rows}: taken for a restart"]
