"""Numbers and names as figures, tables and the page print them, and the two formats that programs read."""

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
from genconv.metrics.summary import Scalar, Summary
from genconv.statistics.intervals import Interval

NO_NUMBER = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COUNTS = ("exceeds", "epochs_to_final")


def number(value: float, decimals: int = 2) -> str:
    """`2.95`, `4.6 × 10¹⁸` from 10⁵, a true minus sign, and a dash where there is no number."""
    if math.isnan(value):
        return NO_NUMBER
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) < 1e5:
        return f"{value:z.{decimals}f}".replace("-", "−")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}".replace("-", "−")


def with_brackets(value: float, interval: Interval | None, decimals: int) -> str:
    """`2.95 [2.91, 2.99]`; more decimals where the interval is that narrow."""
    if interval is None:
        return number(value, decimals)
    if 0 < interval.high - interval.low < 10**-decimals:
        decimals = min(decimals + 2, 6)
    return f"{number(value, decimals)} [{number(interval.low, decimals)}, {number(interval.high, decimals)}]"


def mean_and_deviation(name: str, summary: Summary) -> str:
    """Write `2.910 ± 0.023`, `86.33 ± 0.06`: the mean to some four digits, alone without a deviation."""
    places = _decimals(name, summary.mean)
    mean = number(summary.mean, places)
    if math.isnan(summary.sd):
        return mean
    small = 0 < summary.sd < 0.5 * 10**-places
    return f"{mean} ± {f'{summary.sd:.1g}' if small else number(summary.sd, places)}"


def _decimals(name: str, mean: float) -> int:
    """One for counts of epochs; for losses three below 10 nats, two below 100, else one."""
    if name in _COUNTS or not abs(mean) < 100:
        return 1
    return 3 if abs(mean) < 10 else 2


T = TypeVar("T")

COMPACT = 1e5
"""Size from which numbers are shown as 4.6e18."""


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
