"""A table of the page, and the file that its button saves."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from genconv.metrics.summary import Scalar
from genconv.report.page.embed import script_json
from genconv.report.tables.writing import csv_rows
from genconv.statistics.intervals import Interval

Cells = tuple[str, ...]

LEVEL = "[95\N{NO-BREAK SPACE}%]"
"""In the header of a column with intervals."""


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
    runs: Sequence[str] = ()
    """For each row the name of the run that it is about, as charts know it; empty where rows are no runs."""
    cells: Sequence[str] = ()
    """For each row the ids of the cells that it is about, parted by spaces."""
    note: str = ""
    """What is said below it: how its numbers are to be read."""

    @property
    def data(self) -> Markup:
        """The CSV file for the inside of a `<script>` element."""
        return script_json(self.csv or csv_rows(self.header, self.rows))


def ends(interval: Interval | None) -> tuple[Scalar, Scalar]:
    """Both ends of an interval for a CSV file; None without one."""
    return (None, None) if interval is None else (interval.low, interval.high)
