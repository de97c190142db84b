"""A table of the page: texts for people, and the same or more in full precision for programs."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from genconv.errors import printable
from genconv.report.embed import script_json

Cells = tuple[str, ...]


@dataclass(frozen=True)
class PageTable:
    """`name` is its id and file name; the first `names` columns are words, the rest numbers."""

    name: str
    caption: str
    header: Cells
    names: int
    rows: Sequence[Cells]
    csv: str = ""
    """What is downloaded; the rows as they stand if empty."""
    links: Sequence[str] = ()
    """For each row the id that its first cell links to, if any."""

    @property
    def data(self) -> Markup:
        """The CSV file for the inside of a `<script>` element."""
        return script_json(self.csv or _plain_csv(self.header, self.rows))


def table_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Numbers in full precision; NaN and None are empty fields."""
    return _plain_csv(header, [["" if _absent(value) else value for value in row] for row in rows])


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _plain_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows(
        [printable(value) if isinstance(value, str) else value for value in row] for row in (header, *rows)
    )
    return file.getvalue()
