"""Cells as a table: for the terminal, for a document, for a spreadsheet, for a program.

Rows stand together by dataset; datasets, and rows within one, keep the order in which they were given.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich import box
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from genconv.errors import printable
from genconv.metrics.summary import ABSENT, CellSummary, metric_names
from genconv.report.format import NO_NUMBER, compact, csv_text, escape_markdown, json_text, records
from genconv.statistics.summary import CellEstimate, columns

BLOCK = 5
"""How many metrics stand side by side in the terminal; five fit 80 columns."""

DECIMALS = {"exceeds": 1, "epochs_to_final": 1, "excess": 3, "excess_importance_weighted": 3}
"""Decimals shown in the terminal and in Markdown; two for every other metric."""

C = TypeVar("C", bound=CellSummary)

_CAPTIONS = {
    "corrected": "mean ± sample standard deviation (ddof 1) over the seeds that did not diverge",
    "published": "mean ± population standard deviation (ddof 0), diverged seeds included, NaN epochs removed",
}
_COUNTS = "in brackets the number of seeds, where some are left out"
_DIVERGED = "seeds diverged"
_LONG_NAME = 16


def to_table(cells: Sequence[CellSummary]) -> Table:
    """For a terminal of 80 columns or more: blocks of `BLOCK` metrics, one below the other."""
    rows = _by_dataset(cells)
    metrics = metric_names(rows)
    page = Table.grid()
    page.caption = Text(_caption(rows), style="dim", justify="left")
    for start in range(0, len(metrics), BLOCK):
        page.add_row(Padding(_block(rows, metrics[start : start + BLOCK]), (0, 0, 1, 0)))
    return page


def to_markdown(cells: Sequence[CellSummary]) -> str:
    """One pipe table with what `to_table` shows, its caption as a paragraph below."""
    rows = _by_dataset(cells)
    metrics = metric_names(rows)
    identity = _identity(rows)
    lines = [
        [*identity, _DIVERGED, *map(_header, metrics)],
        [*("---" for _ in identity), *("---:" for _ in [_DIVERGED, *metrics])],
    ]
    for cell in rows:
        names = (escape_markdown(getattr(cell, name)) for name in identity)
        lines.append([*names, _diverged(cell), *(_shown(cell, metric) for metric in metrics)])
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{table}\n{_caption(rows)}\n"


def to_csv(cells: Sequence[CellEstimate]) -> str:
    """Every number in full precision, NaN as an empty field; a line of column names, then one a cell.

    Control characters in names are written as escapes.
    """
    rows = _by_dataset(cells)
    fields = columns(metric_names(rows))
    return csv_text(rows, fields)


def to_json(cells: Sequence[CellEstimate]) -> str:
    """List one object a cell, with the columns of `to_csv` as keys; NaN and infinities are null."""
    rows = _by_dataset(cells)
    fields = columns(metric_names(rows))
    return json_text(records(rows, fields))


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


def _block(rows: Sequence[CellSummary], metrics: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    names = {name: [Text(printable(getattr(cell, name))) for cell in rows] for name in _identity(rows)}
    for name, texts in names.items():
        fits = all(len(text) <= _LONG_NAME for text in texts)
        table.add_column(name, overflow="fold", no_wrap=fits)
    for name in (_DIVERGED, *map(_header, metrics)):
        table.add_column(name, justify="right")
    final = {cell.dataset: index for index, cell in enumerate(rows)}
    for index, cell in enumerate(rows):
        diverged = Text(_diverged(cell), style="red" if cell.diverged else "")
        numbers = (_Estimate(_shown(cell, metric)) for metric in metrics)
        ends = final[cell.dataset] == index
        table.add_row(*(texts[index] for texts in names.values()), diverged, *numbers, end_section=ends)
    return table


def _by_dataset(cells: Sequence[C]) -> list[C]:
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return sorted(cells, key=lambda cell: datasets.index(cell.dataset))


def _identity(rows: Sequence[CellSummary]) -> list[str]:
    """Name the attributes that tell cells apart, shown as the left columns."""
    variant = ["variant"] if any(cell.variant for cell in rows) else []
    mode = ["mode"] if len({cell.mode for cell in rows}) > 1 else []
    return ["dataset", "model", "protocol", *variant, *mode]


def _caption(rows: Sequence[CellSummary]) -> str:
    modes = list(dict.fromkeys(cell.mode for cell in rows))
    meanings = [f"{mode}: {_CAPTIONS[mode]}" if len(modes) > 1 else _CAPTIONS[mode] for mode in modes]
    return "; ".join(["Losses in nats", *meanings, _COUNTS]) + "."


def _header(metric: str) -> str:
    return metric.replace("_", " ")


def _diverged(cell: CellSummary) -> str:
    return f"{cell.diverged} of {cell.seeds}"


def _shown(cell: CellSummary, metric: str) -> str:
    """`mean ± sd`, and the number of seeds behind it if some are missing."""
    summary = cell.metrics.get(metric, ABSENT)
    if summary.n == 0:
        return NO_NUMBER
    decimals = DECIMALS.get(metric, 2)
    text = f"{compact(summary.mean, decimals)} ± {compact(summary.sd, decimals)}"
    return text if summary.n == cell.seeds else f"{text} ({summary.n})"
