"""What the page shows first: for each dataset the answer in two sentences, beside the curves that show it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.report.figures.studied import Group, Studied
from genconv.report.labels import bound_note, file_names, runs_phrase
from genconv.report.limits import MOST_ROWS, runs_note
from genconv.report.page.chart_data import chart_data
from genconv.report.page.embed import script_json
from genconv.report.page.prose import Finding
from genconv.report.page.quantities import FIRST, further_quantities, titled, wall_times

_NO_BARS = "Metrics are not drawn run by run on a page of so many cells: the table of all metrics has their numbers."


@dataclass(frozen=True)
class Answer:
    """The first sentences on a dataset, what folds out below them, and its charts."""

    dataset: str
    slug: str
    sentence: str
    more: tuple[str, ...]
    """The other sentences of the answer."""
    notes: tuple[str, ...]
    """What qualifies it: which runs diverged, what lies below the entropy."""
    verdicts: int
    charts: tuple[dict[str, Any], ...]


def answers(studied: Studied, found: Iterable[Finding], ids: Mapping[str, str]) -> list[Answer]:
    """One a dataset, in the order of the page; `ids` are those of `cell_ids`."""
    safe = file_names(studied.datasets)
    return [_answer(studied, finding, safe[finding.dataset], ids) for finding in found]


def _answer(studied: Studied, finding: Finding, slug: str, ids: Mapping[str, str]) -> Answer:
    shown, more = finding.sentences[: finding.shown], finding.sentences[finding.shown :]
    charts = tuple(
        curves_chart(studied, group, ids) | {"apart": _apart(studied, group)}
        for group in studied.groups[finding.dataset]
    )
    sentence = " ".join(filter(None, (*shown, finding.looked)))
    return Answer(finding.dataset, slug, sentence, more, finding.notes, len(finding.verdicts), charts)


def _apart(studied: Studied, group: Group) -> str:
    """The metric that the sentence is about where that is none of the curve: `test NLL`; else empty."""
    found = [] if studied.comparisons is None else studied.comparisons.of(group.dataset)
    of_group = (one.comparison for one in found if {one.comparison.a.label, one.comparison.b.label} <= group.labels)
    return next((one.a.metric.title for one in of_group if one.metric == BEST_ESTIMATE), "")


def crowded(studied: Studied) -> bool:
    """Whether the page has more cells than a figure of metrics can show."""
    return len(studied.results.cells) > MOST_ROWS


def curves_chart(
    studied: Studied, group: Group, ids: Mapping[str, str], wanted: Sequence[str] | None = None
) -> dict[str, Any]:
    """One chart of curves that share an axis, and in `others` the other quantities that can be chosen.

    `wanted`: these of them alone; None for all.
    """
    curves = [cell.curves for cell in group.drawn]
    data = chart_data(curves, studied.colours, group.dataset, ids, wall_times(group.drawn, curves))
    data["title"] = titled(FIRST, data["label"])
    more = further_quantities(group.drawn, studied.colours, group.dataset, ids, wanted)
    notes = (
        group.note,
        runs_note(curves),
        bound_note(cell.measure for cell in curves),
        _NO_BARS if crowded(studied) else "",
    )
    return {
        "slug": group.stem,
        "title": group.measure,
        "dataset": group.dataset,
        "runs": runs_phrase(curves),
        "data": data,
        "json": script_json(data),
        "others": more,
        "more": script_json(more),
        "quantities": [(FIRST, data["title"]), *((name, one["title"]) for name, one in more.items())],
        "thinned": " ".join(filter(None, notes)),
    }
