"""Luck as tables: how much of the spread over seeds is real, and what the best seeds are worth on other data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.text import Text

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, decimals_for, escape_markdown
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.luck import METHOD, Best
from genconv.statistics.luck_cells import CellLuck


@dataclass(frozen=True)
class _Row:
    """One share of best runs of one cell."""

    cell: CellLuck
    best: Best | None

    def of_cell(self, name: str) -> Scalar:
        """An attribute of the cell's luck."""
        value: Scalar = None if self.cell.luck is None else getattr(self.cell.luck, name)
        return value

    def of_best(self, name: str) -> Scalar:
        """An attribute of the best runs."""
        value: Scalar = None if self.best is None else getattr(self.best, name)
        return value


_CELL = ("examples", "halves", "halves_low", "halves_high", "real", "real_low", "real_high")
_BEST = {"best_percent": "percent", "best_runs": "runs", "here": "here", "there": "there"}
_BEST |= {"there_low": "low", "there_high": "high"}


def _attribute(of: Callable[[_Row, str], Scalar], name: str) -> Callable[[_Row], Scalar]:
    return lambda row: of(row, name)


COLUMNS: Mapping[str, Callable[[_Row], Scalar]] = MappingProxyType(
    {
        "dataset": lambda row: row.cell.dataset,
        "model": lambda row: row.cell.model,
        "runs": lambda row: row.cell.runs,
        "missing": lambda row: row.cell.missing,
        **{name: _attribute(_Row.of_cell, name) for name in _CELL},
        "sd": lambda row: row.of_cell("deviation"),
        "real_sd": lambda row: row.of_cell("real_deviation"),
        **{column: _attribute(_Row.of_best, name) for column, name in _BEST.items()},
        "fresh": lambda row: row.cell.fresh,
        "method": lambda row: METHOD if row.cell.luck else None,
        "note": lambda row: row.cell.reason or None,
    }
)
"""Columns of `genconv luck --format csv`: one row a cell and share of best runs."""


def to_table(cells: Sequence[CellLuck], width: int | None = None) -> Text:
    """For a terminal of that width."""
    known = [cell for cell in cells if cell.luck]
    parts: list[Text] = []
    if known:
        table = fitted(columns_of(known), width, [cell.dataset for cell in known])
        parts = [table.text, Text(), *([further(table.omitted, width)] if table.omitted else [])]
    return joined([*parts, *(prose(line, width) for line in notes(cells)), prose(caption(cells), width, style="dim")])


def to_markdown(cells: Sequence[CellLuck]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for dataset in dict.fromkeys(cell.dataset for cell in cells if cell.luck):
        columns = columns_of([cell for cell in cells if cell.luck and cell.dataset == dataset])
        rows = zip(*([escape_markdown(text) for text in column.texts] for column in columns), strict=True)
        table = markdown_table([column.name for column in columns], list(rows), 1)
        parts.append(f"**{escape_markdown(dataset)}**\n\n{table}")
    return "\n".join([*parts, *(f"{escape_markdown(line)}\n" for line in notes(cells)), f"{caption(cells)}\n"])


def to_csv(cells: Sequence[CellLuck]) -> str:
    """One row a share of best runs; a cell of which nothing can be told has one row without a number."""
    return csv_text(_rows(cells), COLUMNS)


def to_json(cells: Sequence[CellLuck]) -> str:
    """The columns of `to_csv` as keys."""
    return json_text(records(_rows(cells), COLUMNS))


def columns_of(cells: Sequence[CellLuck]) -> list[Column]:
    """What people see of cells of which something can be told."""
    found = [cell.luck for cell in cells if cell.luck]
    columns = [
        Column("model", [cell.model for cell in cells], label=True),
        Column("runs", [str(one.runs) for one in found]),
        Column("sd", _alike([one.deviation for one in found])),
        Column("real", [f"{one.real:.3f} [{one.real_low:.3f}, {one.real_high:.3f}]" for one in found]),
        Column("halves agree", [f"{one.halves:.3f}" for one in found]),
    ]
    for percent in dict.fromkeys(best.percent for one in found for best in one.best):
        best = [next((each for each in one.best if each.percent == percent), None) for one in found]
        columns.append(
            Column(f"best {percent:g} % here", _alike([None if one is None else one.here for one in best]), rank=1)
        )
        columns.append(Column(f"best {percent:g} % there", _there(best)))
    return columns


def notes(cells: Sequence[CellLuck]) -> list[str]:
    """What stands in the way, and which runs are left out."""
    found = []
    for cell in cells:
        where = f"{cell.model} on {cell.dataset}"
        if cell.reason:
            found.append(f"{where}: nothing can be told: {cell.reason}.")
        elif cell.missing:
            found.append(f"{where}: given survival, {cell.missing} of {cell.runs} runs have no number.")
    return found


def caption(cells: Sequence[CellLuck]) -> str:
    """What the numbers are."""
    examples = sorted({cell.luck.examples for cell in cells if cell.luck})
    what = "fresh points" if any(cell.fresh for cell in cells) else "held-out examples"
    count = f"{examples[0]:,}" if len(examples) == 1 else f"{examples[0]:,} to {examples[-1]:,}" if examples else "no"
    return (
        f"Losses on {count} {what}. sd: over seeds, of the mean loss. Real: the share of that variance which other "
        "data would show, with its 95 % interval. Halves agree: correlation over seeds of the means on two halves of "
        "the data, whose noise lowers it. Best: by how much the best runs on one half are below the mean of "
        "all, here on that half, there on the other."
    )


def _rows(cells: Sequence[CellLuck]) -> list[_Row]:
    return [_Row(cell, best) for cell in cells for best in (cell.luck.best if cell.luck else (None,))]


def _alike(values: Sequence[float | None]) -> list[str]:
    """Numbers with as many decimals as show two digits of the smallest of them."""
    decimals = _decimals(values)
    return [NO_NUMBER if value is None else f"{value:.{decimals}f}" for value in values]


def _decimals(values: Sequence[float | None]) -> int:
    """Decimals for two significant digits of the smallest size, three at least and six at most."""
    sizes = [abs(value) for value in values if value]
    return max(3, min(decimals_for(min(sizes), 3), 6)) if sizes else 3


def _there(best: Sequence[Best | None]) -> list[str]:
    """What the best runs are worth on the other half, with its interval where it has one."""
    there = [None if one is None else one.there for one in best]
    values = _alike(there)
    decimals = _decimals(there)
    ends = [None if one is None or one.low is None or one.high is None else (one.low, one.high) for one in best]
    return [
        value if end is None else f"{value} [{end[0]:.{decimals}f}, {end[1]:.{decimals}f}]"
        for value, end in zip(values, ends, strict=True)
    ]
