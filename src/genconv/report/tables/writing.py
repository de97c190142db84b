"""Rows in the four forms of a table: for a terminal, a document, a spreadsheet, a program."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

from genconv.errors import printable
from genconv.metrics.summary import Scalar

T = TypeVar("T")


def csv_rows(header: Sequence[str], rows: Sequence[Sequence[Scalar]]) -> str:
    """Every number in full precision, NaN and None as empty fields, control characters as escapes."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([_field(value) for value in row] for row in (header, *rows))
    return file.getvalue()


def csv_text(items: Sequence[T], columns: Mapping[str, Callable[[T], Scalar]]) -> str:
    """`csv_rows` with a row an item; `columns` gives each value by the name of its column."""
    return csv_rows(list(columns), [[value(item) for value in columns.values()] for item in items])


def records(items: Sequence[T], columns: Mapping[str, Callable[[T], Scalar]]) -> list[dict[str, Scalar]]:
    """One dictionary an item; NaN and infinities are None."""
    return [{name: finite_or_none(value(item)) for name, value in columns.items()} for item in items]


def json_text(value: Any) -> str:
    """JSON without NaN."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> str:
    """A pipe table of texts already escaped, the first `names` columns left-aligned."""
    ruler = ["---" if column < names else "---:" for column in range(len(header))]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, ruler, *rows))


def rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> Table:
    """The same for a terminal; an interval breaks only before its bracket, and only where it must."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column, name in enumerate(header):
        table.add_column(name, justify="left" if column < names else "right", overflow="fold")
    for row in rows:
        numbers = (re.sub("(?<=[,≥]) ", "\N{NO-BREAK SPACE}", text) for text in row[names:])
        table.add_row(*(Text(printable(text)) for text in row[:names]), *map(Text, numbers))
    return table


def finite_or_none(value: Scalar) -> Scalar:
    """None for NaN and infinities."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _field(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return printable(value)
    return None if isinstance(value, float) and math.isnan(value) else value
