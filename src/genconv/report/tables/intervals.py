"""Means, medians and rates of cells with their intervals, one metric a line: for the terminal and for a document."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genconv.errors import printable
from genconv.metrics.summary import Summary
from genconv.report.format import NO_NUMBER, brackets, compact, escape_markdown, markdown_table, with_interval
from genconv.report.tables.metrics import DECIMALS
from genconv.statistics.summary import CellEstimate, Estimate

HEADER = ("metric", "seeds", "mean", "median")


def to_table(cells: Sequence[CellEstimate]) -> RenderableType:
    """For a terminal of 80 columns or more: a section a cell, all with columns of the same width."""
    lines = [line for cell in cells for line in _lines(cell)]
    widths = [max(map(len, column)) for column in zip(HEADER, *lines, strict=True)]
    parts: list[RenderableType] = []
    for cell in cells:
        parts.append(Text(printable(_name(cell)), style="bold"))
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=not parts[1:])
        for name, width in zip(HEADER, widths, strict=True):
            left = name == "metric"
            table.add_column(name, justify="left" if left else "right", overflow="fold", min_width=0 if left else width)
        for line in _lines(cell):
            table.add_row(*map(Text, line))
        parts += [table, ""]
    return Group(*parts, Text(caption(cells), style="dim"))


def to_markdown(cells: Sequence[CellEstimate]) -> str:
    """One pipe table with what `to_table` shows, its caption as a paragraph below."""
    rows = [(escape_markdown(_name(cell)), *line) for cell in cells for line in _lines(cell)]
    return f"{markdown_table(('cell', *HEADER), rows, 2)}\n{caption(cells)}\n"


def caption(cells: Sequence[CellEstimate]) -> str:
    """What the brackets are, and what they warn of."""
    levels = ", ".join(f"{100 * level:g} %" for level in dict.fromkeys(cell.level for cell in cells))
    means = dict.fromkeys(
        one.mean_interval.method for cell in cells for one in cell.estimates.values() if one.mean_interval is not None
    )
    text = (
        f"Intervals of {levels}: means by {', '.join(means) or 'no method'}, medians by order statistics, "
        "rates exact (Clopper-Pearson); metrics are of the seeds counted, those that survived."
    )
    return " ".join([text, *(f"Caution: {cell.warning}." for cell in cells[:1] if cell.warning)])


def _name(cell: CellEstimate) -> str:
    name = f"{cell.dataset} · {cell.model} · {cell.protocol}"
    return f"{name} ({cell.variant})" if cell.variant else name


def _lines(cell: CellEstimate) -> list[tuple[str, str, str, str]]:
    metrics = [_line(cell, name, cell.metrics[name], cell.estimates[name]) for name in cell.estimates]
    rate = "" if cell.rate is None else f"{cell.diverged / cell.seeds:.2f} {brackets(cell.rate, 2)}"
    return [("diverged", f"{cell.diverged} of {cell.seeds}", rate, ""), *metrics]


def _line(cell: CellEstimate, name: str, summary: Summary, estimate: Estimate) -> tuple[str, str, str, str]:
    seeds = f"{summary.n} of {cell.seeds}"
    label = name.replace("_", " ")
    if summary.n == 0:
        return label, seeds, NO_NUMBER, NO_NUMBER
    decimals = DECIMALS.get(name, 2)
    interval = estimate.mean_interval
    small = interval is not None and 0 < interval.high - interval.low < 10**-decimals
    decimals = min(decimals + 2, 4) if small else decimals
    median = with_interval(estimate.median, estimate.median_interval, decimals)
    if interval is None:
        return label, seeds, compact(summary.mean, decimals), median
    return label, seeds, with_interval(summary.mean, interval, decimals), median
