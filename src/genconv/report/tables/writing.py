"""Rows for a document, a spreadsheet and a program; `fitting` draws those of a terminal."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

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


def finite_or_none(value: Scalar) -> Scalar:
    """None for NaN and infinities."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _field(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return printable(value)
    return None if isinstance(value, float) and math.isnan(value) else value
