"""Cells as a table: for the terminal, for a document, for a spreadsheet, for a program.

Rows stand together by dataset; datasets, and rows within one, keep the order in which they were given.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from rich.text import Text

from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metrics
from genconv.metrics.spec import Metric
from genconv.metrics.summary import ABSENT, CellSummary, metric_names
from genconv.report.format import (
    NO_NUMBER,
    brackets,
    decimals_for,
    escape_markdown,
    fitting_brackets,
    listed,
    number,
    with_interval,
)
from genconv.report.labels import panel_title
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.summary import CellEstimate, columns

C = TypeVar("C", bound=CellSummary)

_CAPTIONS = {
    "corrected": "mean ± sample standard deviation (ddof 1) over the runs that did not diverge",
    "published": "mean ± population standard deviation (ddof 0), diverged runs included, NaN epochs removed",
}
_COUNTS = "in brackets the number of runs, where some are left out"
_DIVERGED = "diverged"
_FIRST = (BEST_ESTIMATE, "last", "epochs_to_final", "min", "excess", "max", "first", "exceeds")
"""Which metrics have room before others."""
_EARLY = 2
"""Metrics whose interval has room before all other metrics."""
_RANGES = 1000
"""Rank of the other intervals; medians come last."""


def to_table(cells: Sequence[CellEstimate], width: int | None = None, how: str = "--wide") -> Text:
    """For a terminal of that width: a row a cell, below the name of its dataset, with the columns that fit; all of
    them if `width` is None, or `how` they are seen.
    """
    if not cells:
        return Text("no cell")
    rows = _by_dataset(cells)
    shown, kept = shown_metrics(rows), _identity(rows)
    names = [_name(cell, kept) for cell in rows]
    table = fitted(
        [Column("", names, label=True), *_columns(rows, shown)], width, [_heading(cell, kept) for cell in rows]
    )
    means = [metric.title for metric in shown if metric.title in table.omitted]
    rest = [*means, "intervals and medians"] if table.omitted else []
    hint = [further(rest, width, how)] if rest else []
    return joined([table.text, Text(), *hint, prose(_caption(rows, shown), width, style="dim")])


def rows_of(cells: Sequence[CellEstimate]) -> list[CellEstimate]:
    """The cells in the order of the table's rows."""
    return _by_dataset(cells)


def columns_of(cells: Sequence[CellEstimate]) -> list[Column]:
    """Every column of the table, the names first."""
    rows = _by_dataset(cells)
    kept = _identity(rows)
    return [Column("", [_name(cell, kept) for cell in rows], label=True), *_columns(rows, shown_metrics(rows))]


def to_markdown(cells: Sequence[CellEstimate]) -> str:
    """One pipe table with every column, its caption as a paragraph below."""
    rows = _by_dataset(cells)
    shown, identity = shown_metrics(rows), _identity(rows)
    always = {_DIVERGED, *(metric.title for metric in shown)}
    columns = [one for one in _columns(rows, shown) if one.name in always or not one.is_empty]
    header = [*identity, *(column.name for column in columns)]
    lines = [
        [*(escape_markdown(getattr(cell, name)) for name in identity), *(column.texts[row] for column in columns)]
        for row, cell in enumerate(rows)
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


def _by_dataset(cells: Sequence[C]) -> list[C]:
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return sorted(cells, key=lambda cell: datasets.index(cell.dataset))


def _identity(rows: Sequence[CellSummary]) -> list[str]:
    """Name the attributes that tell cells apart, shown as the left columns."""
    variant = ["variant"] if any(cell.variant for cell in rows) else []
    mode = ["mode"] if len({cell.mode for cell in rows}) > 1 else []
    return ["dataset", "model", "protocol", *variant, *mode]


def _heading(cell: CellSummary, identity: Sequence[str]) -> str:
    """`8gaussians · corrected`: what the cells below it have in common."""
    return " · ".join([panel_title(cell.dataset, cell.protocol), *([cell.mode] if "mode" in identity else [])])


def _name(cell: CellSummary, identity: Sequence[str]) -> str:
    """`flow`, or `flow (epochs=40)`."""
    return f"{cell.model} ({cell.variant})" if "variant" in identity and cell.variant else cell.model


def _columns(rows: Sequence[CellEstimate], shown: Sequence[Metric]) -> list[Column]:
    """Divergence, and for each metric its mean and deviation, the interval of the mean, and the median."""
    known = metrics()
    order = sorted(range(len(shown)), key=lambda place: _rank(shown[place], known))
    ranks = {shown[place].name: rank for rank, place in enumerate(order, 1)}
    level = f"{100 * rows[0].level:g} %" if rows else ""
    red = [row for row, cell in enumerate(rows) if cell.diverged or cell.unfinished]
    columns = [Column(_DIVERGED, [cell.diverged_words for cell in rows], red=red)]
    rates = ["" if cell.rate is None else brackets(cell.rate, 2, plain=True) for cell in rows]
    columns.append(Column(f"rate {level}", rates, _RANGES))
    for metric in shown:
        rank = ranks[metric.name]
        early = rank <= _EARLY
        means, intervals, medians = _of_metric(rows, metric)
        columns += [
            Column(metric.title, means, 2 * rank if early else 100 + rank),
            Column(f"{metric.title} {level}", intervals, 2 * rank + 1 if early else _RANGES + rank),
            Column(f"{metric.title} median", medians, 2 * _RANGES + rank),
        ]
    return columns


def _rank(metric: Metric, known: Mapping[str, Metric]) -> int:
    """Metrics that the user has added come first, then those that most questions are about."""
    if metric.name not in known:
        return -1
    return _FIRST.index(metric.name) if metric.name in _FIRST else len(_FIRST)


def _of_metric(rows: Sequence[CellEstimate], metric: Metric) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Three columns whose cells of one dataset have the same decimals."""
    datasets = {cell.dataset: [one for one in rows if one.dataset == cell.dataset] for cell in rows}
    digits = {dataset: _digits(cells, metric) for dataset, cells in datasets.items()}
    texts = [_texts(cell, metric, digits[cell.dataset]) for cell in rows]
    return [text[0] for text in texts], [text[1] for text in texts], [text[2] for text in texts]


def _digits(cells: Sequence[CellEstimate], metric: Metric) -> int:
    """Those of the metric, or as many as the smallest deviation needs."""
    if metric.counts:
        return metric.digits
    deviations = [cell.metrics[metric.name].sd for cell in cells if metric.name in cell.metrics]
    return decimals_for(min((sd for sd in deviations if sd > 0), default=0.0), metric.digits)


def _texts(cell: CellEstimate, metric: Metric, digits: int) -> tuple[str, str, str]:
    """`mean ± sd` with the number of runs behind it if some are missing, the interval of the mean, the median with its
    interval.
    """
    summary, estimate = cell.metrics.get(metric.name, ABSENT), cell.estimates.get(metric.name)
    if summary.n == 0:
        return NO_NUMBER, "", ""
    mean, sd = (number(value, digits, plain=True) for value in (summary.mean, summary.sd))
    spread = "" if math.isnan(summary.sd) else f" ± {sd}"
    text = f"{mean}{spread}" if summary.n == cell.seeds else f"{mean}{spread} ({summary.n})"
    if estimate is None:
        return text, "", ""
    interval = estimate.mean_interval
    around = "" if interval is None else fitting_brackets(interval, digits)
    return text, around, with_interval(estimate.median, estimate.median_interval, digits, plain=True)


def _caption(rows: Sequence[CellEstimate], shown: Sequence[Metric]) -> str:
    modes = list(dict.fromkeys(cell.mode for cell in rows))
    meanings = [f"{mode}: {_CAPTIONS[mode]}" if len(modes) > 1 else _CAPTIONS[mode] for mode in modes]
    sentences = [f"Curves: {measures_text(rows, lambda cell: cell.measure)}"] if rows else []
    if shown and shown[0].name == BEST_ESTIMATE:
        sentences.append(f"{shown[0].title}: {measures_text(rows, lambda cell: cell.measures.get(BEST_ESTIMATE))}")
    numbers = "; ".join([*meanings, _COUNTS])
    sentences.append(f"{numbers[0].upper()}{numbers[1:]}")
    return ". ".join([*sentences, *_intervals(rows)]) + "."


def _intervals(rows: Sequence[CellEstimate]) -> list[str]:
    """How the intervals were computed, and what they warn of."""
    intervals = [estimate.mean_interval for cell in rows for estimate in cell.estimates.values()]
    methods = list(dict.fromkeys(interval.method for interval in intervals if interval is not None))
    if not methods:
        return []
    levels = ", ".join(f"{100 * level:g} %" for level in dict.fromkeys(cell.level for cell in rows))
    said = f"{levels}: interval of the mean by {', '.join(methods)}, of a median by order statistics, "
    return [f"{said}of a rate exact (Clopper-Pearson)", *(f"Caution: {one}" for one in _warnings(rows))]


def _warnings(rows: Sequence[CellEstimate]) -> list[str]:
    return list(dict.fromkeys(cell.warning for cell in rows if cell.warning))[:1]
