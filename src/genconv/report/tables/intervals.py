"""Means, medians and rates of cells with their intervals, one metric a line: for the terminal and for a document."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genconv.errors import printable
from genconv.metrics.spec import Metric
from genconv.report.format import NO_NUMBER, brackets, escape_markdown, with_interval
from genconv.report.tables.metrics import shown_metrics
from genconv.report.tables.writing import markdown_table
from genconv.statistics.summary import CellEstimate

HEADER = ("metric", "runs", "mean", "median")


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
    intervals = [estimate.mean_interval for cell in cells for estimate in cell.estimates.values()]
    means = dict.fromkeys(interval.method for interval in intervals if interval is not None)
    text = (
        f"Intervals of {levels}: means by {', '.join(means) or 'no method'}, medians by order statistics, "
        "rates exact (Clopper-Pearson); metrics are of the runs counted, those that did not diverge."
    )
    return " ".join([text, *(f"Caution: {cell.warning}." for cell in cells[:1] if cell.warning)])


def _name(cell: CellEstimate) -> str:
    name = f"{cell.dataset} · {cell.model} · {cell.protocol}"
    return f"{name} ({cell.variant})" if cell.variant else name


def _lines(cell: CellEstimate) -> list[tuple[str, str, str, str]]:
    rate = "" if cell.rate is None else f"{cell.diverged / cell.seeds:.2f} {brackets(cell.rate, 2, plain=True)}"
    metrics = [_line(cell, metric) for metric in shown_metrics([cell]) if metric.name in cell.estimates]
    unfinished = [(f"{state}: in no number", str(count), "", "") for state, count in cell.unfinished.items()]
    return [("diverged", f"{cell.diverged} of {cell.seeds}", rate, ""), *unfinished, *metrics]


def _line(cell: CellEstimate, metric: Metric) -> tuple[str, str, str, str]:
    summary, estimate = cell.metrics[metric.name], cell.estimates[metric.name]
    measure = cell.measures.get(metric.name)
    label = f"{metric.title}: {measure.words}" if measure is not None and measure != cell.measure else metric.title
    runs = f"{summary.n} of {cell.seeds}"
    if summary.n == 0:
        return label, runs, NO_NUMBER, NO_NUMBER
    mean = with_interval(summary.mean, estimate.mean_interval, metric.digits, plain=True)
    median = with_interval(estimate.median, estimate.median_interval, metric.digits, plain=True)
    return label, runs, mean, median
