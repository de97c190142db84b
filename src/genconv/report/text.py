"""Numbers and names as tables of text hold them, and the two formats that programs read."""

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

from genconv.metrics.columns import Scalar
from genconv.statistics.interval import Interval

T = TypeVar("T")

COMPACT = 1e5
"""Size from which numbers are shown as 4.6e18."""

NO_NUMBER = "\N{EN DASH}"


def compact(value: float, decimals: int) -> str:
    """`2.95`, `4.6e18` from `COMPACT`, a dash for NaN."""
    if math.isnan(value):
        return NO_NUMBER
    if math.isinf(value) or abs(value) < COMPACT:
        return f"{value:z.{decimals}f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def with_interval(value: float, interval: Interval | None, decimals: int) -> str:
    """`2.95 [2.91, 2.99]`; the value alone, or a dash, where there is no more."""
    text = compact(value, decimals)
    return text if interval is None else f"{text} {brackets(interval, decimals)}"


def brackets(interval: Interval, decimals: int) -> str:
    """`[2.91, 2.99]`."""
    return f"[{compact(interval.low, decimals)}, {compact(interval.high, decimals)}]"


def p_text(p: float | None) -> str:
    """`0.21`, `0.021`, `3e-07`: two significant digits, one when very small; a dash where there is no test."""
    if p is None or math.isnan(p):
        return NO_NUMBER
    return f"{p:.2f}" if p >= 0.1 else f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


def csv_text(rows: Sequence[T], fields: Mapping[str, Callable[[T], Scalar]]) -> str:
    """Every number in full precision, NaN as an empty field, control characters as escapes; names in the first line."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(fields)
    for row in rows:
        writer.writerow([_field(value(row)) for value in fields.values()])
    return file.getvalue()


def records(rows: Sequence[T], fields: Mapping[str, Callable[[T], Scalar]]) -> list[dict[str, Scalar]]:
    """One dictionary a row; NaN and infinities are None."""
    return [{name: finite_or_none(value(row)) for name, value in fields.items()} for row in rows]


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


def printable(text: str) -> str:
    """Escape control characters, and whatever else would act on a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"[\\`*_\[\]<>|~&#!$]", r"\\\g<0>", printable(text))


def finite_or_none(value: Scalar) -> Scalar:
    """None for NaN and infinities."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _field(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return printable(value)
    return None if isinstance(value, float) and math.isnan(value) else value
