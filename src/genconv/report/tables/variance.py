"""Shares of the variance as tables: how much of the spread each stream of random numbers brings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.text import Text

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, escape_markdown, listed
from genconv.report.tables.fitting import Column, fitted, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.variance import Share
from genconv.statistics.variance_shares import DIVERGED, CellShares

HEADER = ("model", "stream", "share", "95 % interval", "alone")


@dataclass(frozen=True)
class _Row:
    """One share of one cell."""

    cell: CellShares
    share: Share | None

    def field(self, name: str) -> Scalar:
        """An attribute of the share or the cell."""
        value: Scalar = None if self.share is None else getattr(self.share, name)
        return value


COLUMNS: Mapping[str, Callable[[_Row], Scalar]] = MappingProxyType(
    {
        "dataset": lambda row: row.cell.dataset,
        "model": lambda row: row.cell.model,
        "metric": lambda row: row.cell.metric,
        "stream": lambda row: row.field("stream"),
        "share": lambda row: row.field("share"),
        "low": lambda row: row.field("low"),
        "high": lambda row: row.field("high"),
        "method": lambda row: row.cell.components.method if row.cell.components else None,
        "total_effect": lambda row: row.field("total"),
        "variance": lambda row: row.cell.components.variance if row.cell.components else None,
        "skewness": lambda row: row.cell.components.skewness if row.cell.components else None,
        "runs": lambda row: row.cell.runs,
        "missing": lambda row: row.cell.missing,
        "note": lambda row: row.cell.reason or None,
    }
)
"""Columns of `genconv variance --format csv`."""


def to_table(cells: Sequence[CellShares], width: int | None = None) -> Text:
    """For a terminal of that width: the shares of each dataset and metric, and what the numbers are."""
    parts: list[Text] = []
    for title, rows in _views(cells):
        columns = [Column(name, texts, label=name in HEADER[:2]) for name, *texts in zip(HEADER, *rows, strict=True)]
        parts += [prose(title, width, style="bold"), fitted(columns, width).text, Text()]
    said = [prose(line, width) for line in notes(cells)]
    return joined([*parts, *said, *([prose(caption(cells), width, style="dim")] if parts else [])])


def to_markdown(cells: Sequence[CellShares]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = [
        f"**{escape_markdown(title)}**\n\n"
        + markdown_table(HEADER, [[escape_markdown(text) for text in row] for row in rows], 2)
        for title, rows in _views(cells)
    ]
    below = [f"{caption(cells)}\n"] if parts else []
    return "\n".join([*parts, *(f"{escape_markdown(line)}\n" for line in notes(cells)), *below])


def to_csv(cells: Sequence[CellShares]) -> str:
    """One row a share; a cell of which nothing can be told has one row without a number."""
    return csv_text(_rows(cells), COLUMNS)


def to_json(cells: Sequence[CellShares]) -> str:
    """The columns of `to_csv` as keys."""
    return json_text(records(_rows(cells), COLUMNS))


def notes(cells: Sequence[CellShares]) -> list[str]:
    """What stands in the way, a line for each reason, and which runs the shares are about."""
    silent: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.components is None:
            silent.setdefault((cell.metric, cell.reason), []).append(f"{cell.model} on {cell.dataset}")
    found = [f"{listed(names)}, {metric}: nothing can be told: {why}." for (metric, why), names in silent.items()]
    for cell in cells:
        where = f"{cell.model} on {cell.dataset}"
        if cell.components is None:
            continue
        if cell.metric == DIVERGED:
            found.append(f"{where}: {cell.missing} of {cell.runs} runs diverged; {DIVERGED} is 1 for them and 0 else.")
        elif cell.missing:
            found.append(f"{where}, {cell.metric}: given survival, {cell.missing} of {cell.runs} runs have no number.")
        if cell.components.skewed:
            found.append(
                f"{where}, {cell.metric}: the numbers are skewed (skewness {cell.components.skewness:.1f}), and the "
                "intervals are for normal effects: they may be too short."
            )
    return found


def alone_text(cell: CellShares, share: Share) -> str:
    """The variance if the stream alone varies, `≤` before a bound of it."""
    at_most = cell.components is not None and cell.components.totals_are_bounds
    return NO_NUMBER if share.total is None else f"{'≤ ' * at_most}{share.total:.2f}"


def caption(cells: Sequence[CellShares]) -> str:
    """What the numbers are."""
    bounds = any(cell.components is not None and cell.components.totals_are_bounds for cell in cells)
    at_most = " (at most that: the design does not tell interactions apart)" if bounds else ""
    chance = any(cell.metric == DIVERGED and cell.components is not None for cell in cells)
    of_chance = f"; of {DIVERGED}, simulated tests under a normal law that passes a limit" if chance else ""
    return (
        "Share of the variance over runs that differ in every stream; random effects. Intervals are generalised "
        f"pivotal quantities, for normal effects{of_chance}. Alone: the variance if this stream alone varies, over the "
        f"same sum: its share with its interactions and the chaos{at_most}; these overlap and sum to more than 1."
    )


def _rows(cells: Sequence[CellShares]) -> list[_Row]:
    return [_Row(cell, share) for cell in cells for share in (cell.components.shares if cell.components else (None,))]


def _views(cells: Sequence[CellShares]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    groups: dict[tuple[str, str], list[CellShares]] = {}
    for cell in cells:
        groups.setdefault((cell.dataset, cell.metric), []).append(cell)
    for (dataset, metric), group in groups.items():
        rows = [_texts(row) for row in _rows(group) if row.share is not None]
        if rows:
            yield f"{dataset} · {metric}", rows


def _texts(row: _Row) -> tuple[str, ...]:
    share = row.share
    assert share is not None  # noqa: S101  as _views chooses them
    interval = f"[{share.low:.2f}, {share.high:.2f}]"
    return row.cell.model, share.stream, f"{share.share:.2f}", interval, alone_text(row.cell, share)
