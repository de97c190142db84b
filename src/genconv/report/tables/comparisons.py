"""Comparisons as tables: verdicts in words and numbers for people, one long row a comparison for programs."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from rich.text import Text

from genconv.metrics.spec import title_of
from genconv.report.format import NO_NUMBER, counted, escape_markdown, listed, number, p_text, with_interval
from genconv.report.labels import said_by
from genconv.report.sentences import claim_sentence, verdict_sentence
from genconv.report.tables.comparison_columns import COLUMNS
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, finite_or_none, json_text, markdown_table, records
from genconv.report.undecided import told_once
from genconv.report.words import score_words, short
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.pairing import PairedDifference
from genconv.statistics.rank_comparison import Superiority
from genconv.statistics.sample import Sample
from genconv.statistics.stability import Reversal
from genconv.statistics.two_sample import MeanDifference

Cells = tuple[str, ...]

MOST_ROWS = 500
"""Longer tables of numbers are not for a terminal; the verdicts, which hold the main ones, are told in any case."""


@dataclass(frozen=True)
class _View:
    """A table of texts: its title, and its columns; those that do not fit are named by the terminal."""

    title: str
    columns: Sequence[Column]

    @property
    def rows(self) -> list[Cells]:
        """Its texts, row by row."""
        return list(zip(*(column.texts for column in self.columns), strict=True))


def to_table(found: Comparisons, width: int | None = None) -> Text:
    """For a terminal of that width: the verdicts of each dataset, then the numbers behind them in the columns that fit
    (all of them if `width` is None), up to `MOST_ROWS` of them.
    """
    parts: list[Text] = []
    omitted: dict[str, None] = {}
    for heading, judged in _groups(found).items():
        verdicts = [prose(text, width, 2) for text in _verdicts(judged)]
        parts += [prose(heading, width, style="bold"), *verdicts, Text()]
        parts += [_fitted(_numbers(judged), width, omitted), Text()]
    for view in _overall(found):
        parts += [prose(view.title, width, style="bold"), _fitted(view.columns, width, omitted), Text()]
    hint = [further(tuple(omitted), width)] if omitted else []
    shown = _shown(found) - set(omitted)
    lines = [prose(f"{', '.join(names)}: {text}", width, style="dim") for names, text in _caption(found, shown)]
    return joined([*parts, *hint, *lines])


def _verdicts(judged: Sequence[ComparisonResult]) -> list[str]:
    """A text a comparison. What several say alike of their bounds stands once, behind them."""
    texts = told_once([verdict_sentence(one) for one in judged])
    alike = f" {claim_sentence('bounds compared', ())}"
    if sum(alike in text for text in texts) < 2:
        return texts
    return [*(text.replace(alike, "") for text in texts), "Where two bounds are compared, the NLLs may rank otherwise."]


def _fitted(columns: Sequence[Column], width: int | None, omitted: dict[str, None]) -> Text:
    rows = len(columns[0].texts)
    if rows > MOST_ROWS:
        return Text(f"  {rows:,} rows: --format csv, json or markdown has them")
    table = fitted(columns, width)
    omitted |= dict.fromkeys(table.omitted)
    return table.text


def to_markdown(found: Comparisons) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for heading, judged in _groups(found).items():
        lines = "".join(f"- {escape_markdown(text)}\n" for text in _verdicts(judged))
        parts.append(f"**{escape_markdown(heading)}**\n\n{lines}")
    groups = _groups(found).items()
    for view in (*(_View(heading, _numbers(judged)) for heading, judged in groups), *_overall(found)):
        rows = [[escape_markdown(text) for text in row] for row in view.rows]
        header, labels = [escape_markdown(one.name) for one in view.columns], sum(one.label for one in view.columns)
        table = markdown_table(header, rows, labels)
        parts.append(f"**{escape_markdown(view.title)}**\n\n{table}")
    shown = _shown(found)
    named = [escape_markdown(f"{', '.join(names)}: {text}") for names, text in _caption(found, shown)]
    return "\n".join([*parts, "".join(f"- {line}\n" for line in named)])


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


def _shown(found: Comparisons) -> set[str]:
    """The columns that say something."""
    columns = [column for judged in _groups(found).values() for column in _numbers(judged)]
    return {column.name for column in columns if not column.is_empty}


def _caption(found: Comparisons, shown: Collection[str]) -> list[tuple[tuple[str, ...], str]]:
    """How the numbers of the columns that are shown were computed: names of columns, and a few words."""
    lower = "the cell with the lower mean, or the lower mean rank where some runs have no number"
    over = "; P over runs with a number, P* over all" if "P*" in shown else ""
    words = {
        ("A",): f"{lower}." if found.baseline is None else f"the other cell; B is the baseline, {found.baseline}.",
        ("B − A",): f"means over the runs with a number, {100 * found.level:g} % Welch interval.",
        ("p (Holm)",): (
            "studentized permutation of the means, or of the ranks of all runs where some have no number, these ranked "
            f"worst; after Holm over {counted(found.family, 'comparison')}. A verdict needs p below "
            f"{1 - found.level:.2g}, and an interval and most runs that agree."
        ),
        ("P", "P*"): (
            f"chance that a run of A is lower than one of B{over} (Brunner-Munzel; completely separated: exact)."
        ),
        ("p of these",): "whether A and B differ in runs without a number (Barnard).",
        ("p spread",): "whether A and B differ in standard deviation (Brown-Forsythe).",
        ("paired B − A", "paired p", "paired r"): "over runs that share a seed.",
        ("examples",): "standard error of B − A from the held-out examples.",
    }
    kept = {tuple(name for name in names if name in shown): text for names, text in words.items()}
    return [(names, text) for names, text in kept.items() if names]


def _columns(found: Comparisons) -> Mapping[str, Callable[[ComparisonResult], Any]]:
    return {**COLUMNS, "level": lambda _: found.level, "family": lambda _: found.family}


def _groups(found: Comparisons) -> dict[str, list[ComparisonResult]]:
    """The results of each dataset and metric, under a heading that says what the numbers are."""
    groups: dict[tuple[str, str], list[ComparisonResult]] = {}
    for one in found.results:
        groups.setdefault((one.comparison.dataset, one.comparison.metric), []).append(one)
    return {
        f"{dataset} · {title_of(metric)}{_reason(found, dataset)}{_said(several)}": several
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


def _overall(found: Comparisons) -> list[_View]:
    """What holds over several datasets or metrics."""
    views = [_aggregate(one, found.level) for one in found.aggregates]
    return [*views, _reversals(found.reversals)] if found.reversals else views


def _numbers(results: Sequence[ComparisonResult]) -> list[Column]:
    """The numbers behind the verdicts of one dataset; what tells of runs without a number, where there are some."""
    places = max(map(_places, results), default=2)
    texts = {
        "A": [one.comparison.a.label for one in results],
        "B": [one.comparison.b.label for one in results],
        "B − A": _differences([one.comparison.means for one in results], places),
        **{name: [text(one) for one in results] for name, text in _TEXTS.items()},
        "paired B − A": _differences([one.comparison.paired for one in results], places),
        **{name: [text(one) for one in results] for name, text in _FURTHER.items()},
    }
    missing = any(one.comparison.a.missing.any() or one.comparison.b.missing.any() for one in results)
    labels = [Column("A", texts.pop("A"), label=True), Column("B", texts.pop("B"), label=True)]
    kept = [name for name in texts if missing or name not in _OF_MISSING]
    first = ("p (Holm)", "P*", "B − A") if missing else ()
    return [*labels, *(Column(name, texts[name], -(name in first)) for name in kept)]


def _differences(parts: Sequence[MeanDifference | PairedDifference | None], places: int) -> list[str]:
    """A column whose numbers have the same decimals."""
    return [
        NO_NUMBER if one is None else with_interval(one.difference, one.interval, places, plain=True) for one in parts
    ]


def _chance(better: Superiority | None) -> str:
    return NO_NUMBER if better is None else with_interval(better.probability, better.interval, plain=True)


def _without(sample: Sample) -> str:
    return f"{sample.missing.sum()} of {len(sample.seeds)}"


def _of(part: Any, text: Callable[[Any], str]) -> str:
    return NO_NUMBER if part is None else text(part)


_TEXTS: Mapping[str, Callable[[ComparisonResult], str]] = MappingProxyType(
    {
        "P": lambda one: _chance(one.comparison.better),
        "p (Holm)": lambda one: p_text(one.p_adjusted),
        "P*": lambda one: _chance(one.comparison.better_of_all),
        "no number A": lambda one: _without(one.comparison.a),
        "no number B": lambda one: _without(one.comparison.b),
        "p of these": lambda one: _of(one.comparison.divergence, lambda rates: p_text(rates.p)),
        "sd A/B": lambda one: _of(one.comparison.spread, lambda spread: number(spread.ratio, plain=True)),
        "p spread": lambda one: _of(one.comparison.spread, lambda spread: p_text(spread.p)),
    }
)
"""Columns of a comparison for people behind that of the difference, those that are looked at first to the left."""

_FURTHER: Mapping[str, Callable[[ComparisonResult], str]] = MappingProxyType(
    {
        "paired p": lambda one: _of(one.comparison.paired, lambda pairs: p_text(pairs.p)),
        "paired r": lambda one: _of(one.comparison.paired, lambda pairs: number(pairs.correlation, plain=True)),
        "examples": lambda one: _of(one.comparison.evaluation, lambda error: short(error.standard_error)),
    }
)
"""Those behind that of the paired difference."""

_OF_MISSING = ("P*", "no number A", "no number B", "p of these")


def _places(one: ComparisonResult) -> int:
    """Two decimals, more where the difference or its interval is that small."""
    means = one.comparison.means
    if means is None or means.interval is None:
        return 2
    width = means.interval.high - means.interval.low
    return 2 if width >= 0.05 or width <= 0 else min(6, 1 - math.floor(math.log10(width)))


def _aggregate(found: Aggregates, level: float) -> _View:
    title = f"{score_words(found)}, over {', '.join(found.datasets)}"
    means = [with_interval(one.interquartile_mean, one.interval, 3, plain=True) for one in found.cells]
    missing = [f"{one.missing} of {one.seeds}" for one in found.cells]
    labels = [one.label for one in found.cells]
    mean = f"interquartile mean [{100 * level:g} %]"
    return _View(title, [Column("cell", labels, label=True), Column(mean, means), Column("no number", missing)])


def _reversals(found: Sequence[Reversal]) -> _View:
    names = {"dataset": "dataset", "lower": "a", "by": "metric_a", "lower then": "b", "by then": "metric_b"}
    columns = [Column(name, [getattr(one, field) for one in found], label=True) for name, field in names.items()]
    return _View("Means of the runs left whose order flips between metrics, numbers taken as they are", columns)


def _plain(value: Any) -> Any:
    """Dataclasses and arrays as dictionaries and lists."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return finite_or_none(value)
