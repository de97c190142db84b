"""Runs that are in no number, below every table that they would have changed: which, and why."""

from collections.abc import Sequence

from rich.text import Text

from genconv.report.format import escape_markdown
from genconv.report.tables.fitting import joined, prose
from genconv.store.uncounted import UncountedRun, lines

TITLE = "In no number:"


def to_table(runs: Sequence[UncountedRun], width: int | None = None) -> Text | None:
    """For a terminal of that width; None without such runs."""
    if not runs:
        return None
    return joined([prose(TITLE, width), *(prose(line, width, 2) for line in lines(runs))])


def to_markdown(runs: Sequence[UncountedRun]) -> str:
    """A paragraph and a list; empty without such runs."""
    return f"\n{TITLE}\n\n" + "".join(f"- {escape_markdown(line)}\n" for line in lines(runs)) if runs else ""


def sentence(runs: Sequence[UncountedRun]) -> str:
    """`In no number: mine on photos: seed 1 failed.`, for a caption; empty without such runs."""
    return f"{TITLE} {'; '.join(lines(runs, reasons=False))}." if runs else ""
