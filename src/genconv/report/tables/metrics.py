"""Cells as a table: for the terminal, for a document, for a spreadsheet, for a program.

Rows stand together by dataset; datasets, and rows within one, keep the order in which they were given.
"""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich import box
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from genconv.errors import printable
from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metrics
from genconv.metrics.spec import Metric
from genconv.metrics.summary import ABSENT, CellSummary, metric_names
from genconv.report.format import NO_NUMBER, decimals_for, escape_markdown, listed, number
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.summary import CellEstimate, columns

BLOCK = 5
"""How many metrics stand side by side in the terminal; five fit 80 columns."""

C = TypeVar("C", bound=CellSummary)

_CAPTIONS = {
    "corrected": "mean ± sample standard deviation (ddof 1) over the runs that did not diverge",
    "published": "mean ± population standard deviation (ddof 0), diverged runs included, NaN epochs removed",
}
_COUNTS = "in brackets the number of runs, where some are left out"
_DIVERGED = "runs diverged"
_LONG_NAME = 16


def to_table(cells: Sequence[CellSummary]) -> Table:
    """For a terminal of 80 columns or more: blocks of `BLOCK` metrics, one below the other."""
    rows = _by_dataset(cells)
    shown = shown_metrics(rows)
    page = Table.grid()
    page.caption = Text(_caption(rows, shown), style="dim", justify="left")
    for start in range(0, len(shown), BLOCK):
        page.add_row(Padding(_block(rows, shown[start : start + BLOCK]), (0, 0, 1, 0)))
    return page


def to_markdown(cells: Sequence[CellSummary]) -> str:
    """One pipe table with what `to_table` shows, its caption as a paragraph below."""
    rows = _by_dataset(cells)
    shown, identity = shown_metrics(rows), _identity(rows)
    header = [*identity, _DIVERGED, *(metric.title for metric in shown)]
    lines = [
        [*(escape_markdown(getattr(cell, name)) for name in identity), _diverged(cell), *_numbers(cell, shown)]
        for cell in rows
    ]
    return f"{markdown_table(header, lines, len(identity))}\n{_caption(rows, shown)}\n"


def to_csv(cells: Sequence[CellEstimate]) -> str:
    """Every number in full precision, NaN as an empty field; a line of column names, then one a cell.

    Control characters in names are written as escapes.
    """
    rows = _by_dataset(cells)
    return csv_text(rows, columns(metric_names(rows)))


def to_json(cells: Sequence[CellEstimate]) -> str:
    """List one object a cell, with the columns of `to_csv` as keys; NaN and infinities are null."""
    rows = _by_dataset(cells)
    return json_text(records(rows, columns(metric_names(rows))))


def shown_metrics(cells: Sequence[CellSummary]) -> list[Metric]:
    """The metrics that any cell has, the best estimate of the likelihood first."""
    specs = dict(metrics()) | {name: metric for cell in cells for name, metric in cell.specs.items()}
    named = [specs[name] for name in metric_names(cells)]
    return sorted(named, key=lambda metric: metric.name != BEST_ESTIMATE)


def measures_text(cells: Sequence[C], of: Callable[[C], Measure | None]) -> str:
    """What numbers of these cells say: `NLL, nats`, or `NLL, nats (flow); NLL bound (ELBO), nats (lvae and vae)`."""
    groups: dict[str, list[C]] = {}
    for cell in cells:
        if (measure := of(cell)) is not None:
            groups.setdefault(measure.label, []).append(cell)
    if len(groups) < 2:
        return next(iter(groups), "")
    names = _names(groups)
    return "; ".join(f"{label} ({listed(names[label])})" for label in groups)


def _names(groups: Mapping[str, Sequence[CellSummary]]) -> dict[str, list[str]]:
    """The models of each group; one that is in several groups with its datasets."""
    models = {label: list(dict.fromkeys(cell.model for cell in cells)) for label, cells in groups.items()}
    several = Counter(model for named in models.values() for model in named)
    return {
        label: [model if several[model] == 1 else f"{model} on {_datasets(groups[label], model)}" for model in named]
        for label, named in models.items()
    }


def _datasets(cells: Sequence[CellSummary], model: str) -> str:
    return listed(list(dict.fromkeys(cell.dataset for cell in cells if cell.model == model)))


@dataclass(frozen=True)
class _Estimate:
    """A text such as `2.95 ± 0.04 (9)` that breaks behind its ± only where it must."""

    text: str

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(max(map(len, self._lines(1))), len(self.text))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text("\n".join(self._lines(options.max_width)), justify="right")

    def _lines(self, width: int) -> list[str]:
        glued = self.text.replace("± ", "±\N{NO-BREAK SPACE}")
        lines = textwrap.wrap(glued, max(width, 1), break_long_words=False)
        return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _block(rows: Sequence[CellSummary], shown: Sequence[Metric]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    names = {name: [Text(printable(getattr(cell, name))) for cell in rows] for name in _identity(rows)}
    for name, texts in names.items():
        table.add_column(name, overflow="fold", no_wrap=all(len(text) <= _LONG_NAME for text in texts))
    for name in (_DIVERGED, *(metric.title for metric in shown)):
        table.add_column(name, justify="right")
    final = {cell.dataset: index for index, cell in enumerate(rows)}
    for index, cell in enumerate(rows):
        diverged = Text(_diverged(cell), style="red" if cell.diverged or cell.unfinished else "")
        ends = final[cell.dataset] == index
        identity = (column[index] for column in names.values())
        table.add_row(*identity, diverged, *map(_Estimate, _numbers(cell, shown)), end_section=ends)
    return table


def _by_dataset(cells: Sequence[C]) -> list[C]:
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return sorted(cells, key=lambda cell: datasets.index(cell.dataset))


def _identity(rows: Sequence[CellSummary]) -> list[str]:
    """Name the attributes that tell cells apart, shown as the left columns."""
    variant = ["variant"] if any(cell.variant for cell in rows) else []
    mode = ["mode"] if len({cell.mode for cell in rows}) > 1 else []
    return ["dataset", "model", "protocol", *variant, *mode]


def _caption(rows: Sequence[CellSummary], shown: Sequence[Metric]) -> str:
    modes = list(dict.fromkeys(cell.mode for cell in rows))
    meanings = [f"{mode}: {_CAPTIONS[mode]}" if len(modes) > 1 else _CAPTIONS[mode] for mode in modes]
    sentences = [f"Curves: {measures_text(rows, lambda cell: cell.measure)}"] if rows else []
    if shown and shown[0].name == BEST_ESTIMATE:
        sentences.append(f"{shown[0].title}: {measures_text(rows, lambda cell: cell.measures.get(BEST_ESTIMATE))}")
    numbers = "; ".join([*meanings, _COUNTS])
    return ". ".join([*sentences, f"{numbers[0].upper()}{numbers[1:]}" if numbers else ""]) + "."


def _diverged(cell: CellSummary) -> str:
    return cell.diverged_words


def _numbers(cell: CellSummary, shown: Sequence[Metric]) -> list[str]:
    """For each metric `mean ± sd`, and the number of runs behind it if some are missing."""
    return [_number(cell, metric) for metric in shown]


def _number(cell: CellSummary, metric: Metric) -> str:
    summary = cell.metrics.get(metric.name, ABSENT)
    if summary.n == 0:
        return NO_NUMBER
    digits = metric.digits if metric.counts else decimals_for(summary.sd, metric.digits)
    mean, sd = (number(value, digits, plain=True) for value in (summary.mean, summary.sd))
    return f"{mean} ± {sd}" if summary.n == cell.seeds else f"{mean} ± {sd} ({summary.n})"
