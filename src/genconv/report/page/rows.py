"""The page's tables as plain rows of text, and in full precision for programs."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from genconv.curves import CellCurves
from genconv.errors import printable
from genconv.metrics.summary import STUDY_METRICS, CellSummary
from genconv.report.format import NO_NUMBER, mean_and_deviation, number
from genconv.report.labels import series
from genconv.report.page.embed import script_json
from genconv.store.results import StoredCell

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


EXTRA_METRICS = ("excess", "excess_importance_weighted")


@dataclass(frozen=True)
class Titled:
    """Key and value pairs of one cell."""

    title: str
    pairs: tuple[tuple[str, str], ...]


def headline(cells: Sequence[CellCurves]) -> str:
    """Say what was compared and how much of it was lost, in one sentence."""
    models, datasets = {series(cell) for cell in cells}, sorted({cell.dataset for cell in cells})
    protocols, counts = {cell.protocol for cell in cells}, {len(cell.seeds) for cell in cells}
    runs, lost = sum(len(cell.seeds) for cell in cells), sum(int(cell.diverged.sum()) for cell in cells)
    complete = len(cells) == len(models) * len(datasets) * len(protocols) and len(counts) == 1
    seeds = f" × {_count(counts.pop(), 'seed')}" if complete else ""
    under = f" × {len(protocols)} protocols" if len(protocols) > 1 else ""
    what = f"{_count(len(models), 'model')}{under}{seeds} on {_listed(datasets)}"
    return f"{what}; {lost} of {_count(runs, 'run')} diverged."


def metric_names(summaries: Sequence[CellSummary]) -> list[str]:
    """Columns of the table: the study's, and the excesses that any cell has."""
    return [
        *STUDY_METRICS,
        *(name for name in EXTRA_METRICS if any(name in one.metrics for one in summaries)),
    ]


def metric_row(summary: CellSummary, names: Sequence[str]) -> list[str]:
    """Mean and standard deviation of each metric."""
    return [mean_and_deviation(name, summary.metrics[name]) if name in summary.metrics else NO_NUMBER for name in names]


def lost_rows(cells: Sequence[CellCurves]) -> list[list[str]]:
    """Cell, seed, epoch, step and cause of every divergence."""
    return [
        [
            cell.label,
            str(seed),
            str(lost.epoch),
            NO_NUMBER if lost.step is None else str(lost.step),
            lost.cause,
        ]
        for cell in cells
        for seed, lost in zip(cell.seeds, cell.divergences, strict=True)
        if lost is not None
    ]


def configurations(cells: Iterable[StoredCell]) -> list[Titled]:
    """Every number of each cell's configuration, by dotted key."""
    return [
        Titled(
            cell.curves.label,
            tuple((key, _text(value)) for key, value in flatten(cell.config.model_dump(mode="json"))),
        )
        for cell in cells
        if cell.config is not None
    ]


def environments(cells: Iterable[StoredCell]) -> list[Titled]:
    """List what each cell's runs were made with; a range or a list where they differ."""
    return [
        Titled(cell.curves.label, tuple(_over_runs([dict(flatten(run.environment)) for run in cell.runs])))
        for cell in cells
        if cell.runs
    ]


def flatten(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as dotted keys, in their order."""
    pairs: list[tuple[str, Any]] = []
    for key, item in value.items():
        pairs += flatten(item, f"{prefix}{key}.") if isinstance(item, Mapping) else [(f"{prefix}{key}", item)]
    return pairs


def _over_runs(runs: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for key in dict.fromkeys(key for run in runs for key in run):
        values = [run[key] for run in runs if key in run]
        texts = list(dict.fromkeys(map(_text, values)))
        if len(texts) > 1 and all(isinstance(value, (int, float)) for value in values):
            texts = [f"{_text(min(values))} to {_text(max(values))}"]
        yield key, ", ".join(texts)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return str(value)


def reference_text(cell: CellCurves) -> str:
    """State the known numbers of a dataset; empty if there are none."""
    if cell.reference is None:
        return ""
    entropy, gaussian = number(cell.reference.entropy, 4), number(cell.reference.gaussian, 4)
    floor = f"Entropy of the data {entropy} nats, the floor of every loss"
    return f"{floor}; moment-matched Gaussian {gaussian} nats."


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
