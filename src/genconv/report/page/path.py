"""The path of each decision: what every look at a study has seen, said and spent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genconv.report.figures.path import path_figure
from genconv.report.format import NO_NUMBER
from genconv.report.page.embed import inline_svg
from genconv.report.page.table import PageTable
from genconv.report.tables.looks import answer_words, caption, counted, to_csv, view
from genconv.store.results import Results
from genconv.store.until import Answer, Look, UntilRecord

_ABOUT_STEPS = "What each look found, and how likely a verdict at the last look then was."
_STEPS = ("look", "seeds", "A", "B", "after it", "alpha spent", "p", "needed", "chance of a verdict")


@dataclass(frozen=True)
class Path:
    """One record in words and tables."""

    title: str
    words: str
    answers: PageTable
    steps: PageTable
    drawing: dict[str, Any] | None
    """The figure of p over the looks."""


def paths(results: Results) -> list[Path]:
    """Of the records whose datasets are among the results."""
    datasets = {cell.curves.dataset for cell in results}
    shown = [one for one in results.looks if one.looks and {each.dataset for each in one.answers.values()} <= datasets]
    return [_path(record, place) for place, record in enumerate(shown)]


def _path(record: UntilRecord, place: int) -> Path:
    header, names, answers = view(record)
    count, seeds = len(record.looks), record.looks[-1].seeds
    words = f"Until {record.until}: {count} look{'s' * (count != 1)}, at most {seeds} seeds of a cell."
    if record.before:
        words += f" {record.before} runs were there before the plan."
    if record.until == "decided":
        words += " The verdicts above are those of compare, which does not count looks; these do."
    return Path(
        record.name,
        words,
        PageTable(f"until-{place}", caption(record), header, names, answers),
        PageTable(f"looks-{place}", _ABOUT_STEPS, _STEPS, 5, list(_steps(record)), csv=to_csv(record)),
        _drawing(record, f"path-{place}"),
    )


def _drawing(record: UntilRecord, name: str) -> dict[str, Any] | None:
    figure = path_figure(record)
    return None if figure is None else {"name": name, "svg": inline_svg(figure, name), "caption": figure.caption}


def _steps(record: UntilRecord) -> Iterator[tuple[str, ...]]:
    for number, look in enumerate(record.looks, start=1):
        upto = UntilRecord(record.name, record.plan, record.before, record.looks[:number])
        yield from (_step(upto, number, look, one) for one in look.answers)


def _step(record: UntilRecord, number: int, look: Look, one: Answer) -> tuple[str, ...]:
    words = answer_words(record, one)
    state = words.partition(" (")[0] if one.state == "decided" else words.rpartition(": ")[2]
    spent = NO_NUMBER if look.spent is None else f"{look.spent:.3g}"
    chance = NO_NUMBER if one.predicted is None else f"{one.predicted:.0%}"
    return (
        str(number),
        " and ".join(dict.fromkeys(map(str, counted(record, one)))),
        one.a,
        one.b or NO_NUMBER,
        state,
        spent,
        f"{one.p:.2g}",
        f"{one.bound:.2g}",
        chance,
    )
