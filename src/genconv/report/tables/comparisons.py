"""Comparisons as tables: verdicts in words and numbers for people, one long row a comparison for programs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from genconv.errors import printable
from genconv.report.format import NO_NUMBER, counted, escape_markdown, listed, number, p_text, with_interval
from genconv.report.labels import said_by
from genconv.report.sentences import verdict_sentence
from genconv.report.tables.comparison_columns import COLUMNS
from genconv.report.tables.writing import csv_text, finite_or_none, json_text, markdown_table, records, rich_table
from genconv.report.words import score_words, short
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.stability import Reversal

Cells = tuple[str, ...]

MOST_ROWS = 500
"""Longer tables of numbers are not for a terminal; the verdicts, which hold the main ones, are told in any case."""

_MEANS: Cells = ("A", "B", "B − A", "P", "P*", "p (Holm)")
_FURTHER: Cells = (
    "A",
    "B",
    "sd A/B",
    "p spread",
    "no number A",
    "no number B",
    "p of these",
    "paired B − A",
    "p",
    "r",
    "examples",
)


@dataclass(frozen=True)
class _View:
    """A table of texts: its title, its header, how many columns are names, its rows."""

    title: str
    header: Cells
    names: int
    rows: Sequence[Cells]


def to_table(found: Comparisons) -> RenderableType:
    """For a terminal: verdicts, then the numbers behind them, up to `MOST_ROWS` of them."""
    parts: list[RenderableType] = []
    for heading, judged in _groups(found).items():
        verdicts = "\n".join(printable(text) for text in map(verdict_sentence, judged))
        parts += [Text(printable(heading), style="bold"), Padding(Text(verdicts), (0, 0, 0, 2)), ""]
    for view in _views(found):
        table: RenderableType = f"  {len(view.rows):,} rows: --format csv, json or markdown has them"
        if len(view.rows) <= MOST_ROWS:
            table = rich_table(view.header, view.rows, view.names)
        parts += [Text(printable(view.title), style="bold"), table, ""]
    return Group(*parts, Text(caption(found), style="dim"))


def to_markdown(found: Comparisons) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for heading, judged in _groups(found).items():
        lines = "".join(f"- {escape_markdown(text)}\n" for text in map(verdict_sentence, judged))
        parts.append(f"**{escape_markdown(heading)}**\n\n{lines}")
    for view in _views(found):
        rows = [[escape_markdown(text) for text in row] for row in view.rows]
        table = markdown_table([escape_markdown(name) for name in view.header], rows, view.names)
        parts.append(f"**{escape_markdown(view.title)}**\n\n{table}")
    return "\n".join([*parts, f"{caption(found)}\n"])


def to_csv(found: Comparisons) -> str:
    """One row a comparison, the columns of `comparison_columns`."""
    return csv_text(found.results, _columns(found))


def to_json(found: Comparisons) -> str:
    """`comparisons` with the columns of `to_csv` as keys, `aggregates` and `reversals`; NaN and infinities are null."""
    return json_text(
        {
            "comparisons": records(found.results, _columns(found)),
            "aggregates": [_plain(one) for one in found.aggregates],
            "reversals": [_plain(one) for one in found.reversals],
        }
    )


def caption(found: Comparisons) -> str:
    """How the numbers were computed, in a few sentences."""
    first = "A is the cell with the better mean, or mean rank where some runs have no number."
    first = first if found.baseline is None else f"B is the baseline, {found.baseline}."
    return (
        f"{first} B − A: difference of the means over runs with a number, "
        f"{100 * found.level:g} % Welch interval. A verdict rests on p after Holm over "
        f"{counted(found.family, 'comparison')}, below {1 - found.level:.2g}: studentized permutation of the means, or "
        "of the ranks of all runs where some have no number, these ranked worst; none where the interval or most runs "
        "disagree. P: chance that a run of A is lower than one of B (Brunner-Munzel; completely separated samples: "
        "exact), * over all runs. Spread: Brown-Forsythe. Runs without a number: Barnard. Examples: standard error of "
        "B − A from the held-out examples."
    )


def _columns(found: Comparisons) -> Mapping[str, Callable[[ComparisonResult], Any]]:
    return {**COLUMNS, "level": lambda _: found.level, "family": lambda _: found.family}


def _groups(found: Comparisons) -> dict[str, list[ComparisonResult]]:
    """The results of each dataset and metric, under a heading that says what the numbers are."""
    groups: dict[tuple[str, str], list[ComparisonResult]] = {}
    for one in found.results:
        groups.setdefault((one.comparison.dataset, one.comparison.metric), []).append(one)
    return {
        f"{dataset} · {metric}{_reason(found, dataset)}{_said(several)}": several
        for (dataset, metric), several in groups.items()
    }


def _reason(found: Comparisons, dataset: str) -> str:
    """Why the best estimate is not compared: which cells have none."""
    cells = found.without_estimate.get(dataset, ())
    return f", without a held-out NLL of {listed(cells)}" if cells else ""


def _said(results: Sequence[ComparisonResult]) -> str:
    samples = {sample.label: sample for one in results for sample in (one.comparison.a, one.comparison.b)}
    says = said_by((label, sample.measure) for label, sample in samples.items())
    return f" ({says})" if says else ""


def _views(found: Comparisons) -> list[_View]:
    groups = _groups(found)
    views = [_View(heading, _MEANS, 2, [_means(one) for one in results]) for heading, results in groups.items()]
    for results in groups.values():
        title = f"{results[0].comparison.dataset} · {results[0].comparison.metric}: spread, divergence, pairs"
        views.append(_View(title, _FURTHER, 2, [_further(one) for one in results]))
    views += [_aggregate(one, found.level) for one in found.aggregates]
    return [*views, _reversals(found.reversals)] if found.reversals else views


def _means(one: ComparisonResult) -> Cells:
    comparison = one.comparison
    means = comparison.means
    difference = NO_NUMBER
    if means is not None:
        difference = with_interval(means.difference, means.interval, _places(one), plain=True)
    chances = [
        NO_NUMBER if better is None else with_interval(better.probability, better.interval, plain=True)
        for better in (comparison.better, comparison.better_of_all)
    ]
    return (comparison.a.label, comparison.b.label, difference, *chances, p_text(one.p_adjusted))


def _further(one: ComparisonResult) -> Cells:
    comparison = one.comparison
    spread, losses, pairs = comparison.spread, comparison.divergence, comparison.paired
    numbers = [f"{sample.missing.sum()} of {len(sample.seeds)}" for sample in (comparison.a, comparison.b)]
    return (
        comparison.a.label,
        comparison.b.label,
        NO_NUMBER if spread is None else number(spread.ratio, plain=True),
        p_text(None if spread is None else spread.p),
        *numbers,
        p_text(None if losses is None else losses.p),
        NO_NUMBER if pairs is None else with_interval(pairs.difference, pairs.interval, _places(one), plain=True),
        p_text(None if pairs is None else pairs.p),
        NO_NUMBER if pairs is None else number(pairs.correlation, plain=True),
        NO_NUMBER if comparison.evaluation is None else short(comparison.evaluation.standard_error),
    )


def _places(one: ComparisonResult) -> int:
    """Two decimals, more where the difference or its interval is that small."""
    means = one.comparison.means
    if means is None or means.interval is None:
        return 2
    width = means.interval.high - means.interval.low
    return 2 if width >= 0.05 or width <= 0 else min(6, 1 - math.floor(math.log10(width)))


def _aggregate(found: Aggregates, level: float) -> _View:
    title = f"{score_words(found)}, over {', '.join(found.datasets)}"
    header = ("cell", f"interquartile mean [{100 * level:g} %]", "no number")
    rows = [
        (one.label, with_interval(one.interquartile_mean, one.interval, 3, plain=True), f"{one.missing} of {one.seeds}")
        for one in found.cells
    ]
    return _View(title, header, 1, rows)


def _reversals(found: Sequence[Reversal]) -> _View:
    rows = [(one.dataset, one.a, one.metric_a, one.b, one.metric_b) for one in found]
    return _View(
        "Means of the runs left whose order flips between metrics, numbers taken as they are",
        ("dataset", "lower", "by", "lower", "by"),
        5,
        rows,
    )


def _plain(value: Any) -> Any:
    """Dataclasses and arrays as dictionaries and lists."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return finite_or_none(value)
