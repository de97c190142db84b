"""What looks at a study said: one line while it runs, one row a question afterwards."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from types import MappingProxyType

from rich.text import Text

from genconv.errors import printable
from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, escape_markdown, number
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.store.until import Answer, UntilRecord

Cells = tuple[str, ...]
HEADER = ("dataset", "A", "B", "answer", "seeds", "p", "needed", "difference", "adjusted [95 %]")
RATE_HEADER = ("dataset", "cell", "answer", "diverged", "p", "needed")
_NAMED = 3
"""Answers that a line names."""


def _end(place: int) -> Callable[[Answer], Scalar]:
    return lambda one: None if one.estimate is None else one.estimate[place]


COLUMNS: Mapping[str, Callable[[Answer], Scalar]] = MappingProxyType(
    {
        **{
            name: attrgetter(name)
            for name in (
                "dataset", "metric", "a", "b", "state", "said", "seeds", "p", "bound", "share", "basis", "predicted",
            )
        },
        **{name: _end(place) for place, name in enumerate(("difference", "adjusted", "adjusted_low", "adjusted_high"))},
    }
)  # fmt: skip
"""Columns of CSV and JSON, attributes of `Answer`."""


def look_line(record: UntilRecord) -> str:
    """What the latest look said."""
    look = record.looks[-1]
    decided = [answer_words(record, one) for one in look.answers if one.state == "decided"]
    parts = decided[:_NAMED] + ([f"{len(decided) - _NAMED} more decided"] if len(decided) > _NAMED else [])
    rest = "undecided" if _is_last(record) else "open"
    for state, words in (("futile", "given up"), ("split", "differ without a winner"), ("open", rest)):
        found = [one for one in look.answers if one.state == state]
        named = f" ({_question(found[0])}, {_detail(found[0])})" if len(found) == 1 else ""
        parts += [f"{len(found)} {words}{named}"] if found else []
    cost = "" if look.spent is None else f", alpha spent {look.spent:.3g} of {record.plan['alpha']:g}"
    return printable(f"look {len(record.looks)}, {_seeds_words(record)}{cost}: {'; '.join(parts)}")


def counted(record: UntilRecord, one: Answer) -> tuple[int, ...]:
    """How many runs of each of its cells the looks have counted: as many as there are seeds, but for those of a cell
    that was complete before, and of one with runs that failed.
    """
    return tuple(
        sum(
            len(runs.values)
            for look in record.looks
            for runs in look.runs
            if (runs.dataset, runs.metric, runs.cell) == (one.dataset, one.metric, cell)
        )
        for cell in (one.a, one.b)
        if cell
    )


def _seeds_words(record: UntilRecord) -> str:
    """`10 seeds each`, or `30 seeds of new, 5 of old`."""
    look = record.looks[-1]
    sizes: dict[str, int] = {}
    for one in look.answers:
        sizes |= zip((one.a, one.b), counted(record, one), strict=False)  # a rate has one cell
    if len({*sizes.values()}) < 2:
        return f"{look.seeds} seeds each"
    if len(sizes) > _NAMED:
        return f"{min(sizes.values())} to {max(sizes.values())} seeds a cell"
    (most, *others) = sorted(sizes, key=lambda cell: -sizes[cell])
    return ", ".join([f"{sizes[most]} seeds of {most}", *(f"{sizes[cell]} of {cell}" for cell in others)])


def _is_last(record: UntilRecord) -> bool:
    return bool(record.looks[-1].seeds >= record.plan.get("max-seeds", float("inf")))


def answer_words(record: UntilRecord, one: Answer) -> str:
    """`flow better than vae (p = 0.0004, needs 0.014)`, or what stands in its place."""
    if one.state != "decided":
        words = {"futile": "given up", "split": "differ, no winner"}.get(
            one.state, "undecided" if _is_last(record) else "open"
        )
        return f"{_question(one)}: {words}"
    if not one.b:
        return f"{one.a} diverges {one.said} {record.until.partition('=')[2]} ({_detail(one)})"
    return f"{one.said} better than {one.b if one.said == one.a else one.a} ({_detail(one)})"


def to_table(record: UntilRecord, width: int | None = None) -> Text:
    """For a terminal of that width: a row a question below its dataset, with the columns that fit."""
    header, names, rows = view(record)
    datasets, *texts = zip(*rows, strict=True)
    labels = header[1 : names - 1]
    columns = [Column(name, column, label=name in labels) for name, column in zip(header[1:], texts, strict=True)]
    table = fitted([replace(one, flows=one.name == "answer") for one in columns], width, datasets)
    hint = [further(table.omitted, width, "in a wider terminal")] if table.omitted else []
    return joined([table.text, Text(), *hint, prose(caption(record), width, style="dim")])


def to_markdown(record: UntilRecord) -> str:
    """What `to_table` shows, as Markdown."""
    header, names, rows = view(record)
    escaped = [[escape_markdown(text) for text in one] for one in rows]
    return f"{markdown_table(header, escaped, names)}\n{caption(record)}\n"


def to_csv(record: UntilRecord) -> str:
    """One row an answer of each look."""
    return csv_text([one for look in record.looks for one in look.answers], COLUMNS)


def to_json(record: UntilRecord) -> str:
    """The same rows under `answers`, beside the plan."""
    rows = records([one for look in record.looks for one in look.answers], COLUMNS)
    return json_text({"name": record.name, "plan": dict(record.plan), "before": record.before, "answers": rows})


def view(record: UntilRecord) -> tuple[Cells, int, list[Cells]]:
    """Header, how many of its columns are words, and the latest answer to each question."""
    answers = list(record.answers.values())
    if record.until == "decided":
        return HEADER, 4, [_row(record, one) for one in answers]
    return RATE_HEADER, 3, [_rate_row(record, one) for one in answers]


def _row(record: UntilRecord, one: Answer) -> Cells:
    answer = f"{one.said} better" if one.state == "decided" else answer_words(record, one).rpartition(": ")[2]
    difference, adjusted = NO_NUMBER, NO_NUMBER
    if one.estimate is not None:
        raw, median, low, high = (number(value, plain=True) for value in one.estimate)
        difference = f"{raw}{' in P' if one.basis == 'all runs' else ''}"
        adjusted = f"{median} [{low}, {high}]"
    return one.dataset, one.a, one.b, answer, str(one.seeds), _p(one.p), _p(one.bound), difference, adjusted


def _rate_row(record: UntilRecord, one: Answer) -> Cells:
    bound = record.until.partition("=")[2]
    answer = f"{one.said} {bound}" if one.state == "decided" else answer_words(record, one).rpartition(": ")[2]
    values = [
        value
        for look in record.looks
        for runs in look.runs
        if (runs.dataset, runs.cell) == (one.dataset, one.a)
        for value in runs.values.values()
    ]
    return (
        one.dataset,
        one.a,
        answer,
        f"{sum(value == 1 for value in values)} of {len(values)}",
        _p(one.p),
        _p(one.bound),
    )


def caption(record: UntilRecord) -> str:
    """How the numbers are to be read."""
    plan = record.plan
    chance = f"{plan['alpha']:g} over all looks and comparisons together"
    if plan["method"] == "alpha spending":
        rule = "Pocock-type" if plan["spending"] == "pocock" else "O'Brien-Fleming-type"
        return (
            f"A false verdict has a chance of at most {chance} ({rule} alpha spending, Holm). Difference: of means, "
            "B - A, as it is; where a run has no number, P(A better) - 1/2. A study that stops where a difference is "
            "large sees it too large; adjusted: median-unbiased after these looks."
        )
    return (
        f"A false verdict has a chance of at most {chance}, however often one looks; p is 1/E, the inverse of what a "
        "fair bet has won."
    )


def note(records: Sequence[UntilRecord]) -> str:
    """What whoever compares runs should know of these records; empty without any."""
    looked = [one for one in records if one.until == "decided" and one.looks]
    if not looked:
        return ""
    names = ", ".join(f"'{one.name}'" for one in looked)
    said = _by_the_plan([(record, one) for record in looked for one in record.answers.values()])
    return (
        f"the seeds of {names} were chosen by looks: p here does not count them; {said}; the page has what holds after "
        "them"
    )


def hedge(records: Sequence[UntilRecord], dataset: str, metrics: Collection[str]) -> str:
    """What must stand beside a verdict of `compare` on a dataset whose seeds were chosen by looks; empty if none were.

    `metrics` are those of the verdicts; another one is named.
    """
    said = [
        (record, one)
        for record in records
        if record.until == "decided"
        for one in record.answers.values()
        if one.dataset == dataset
    ]
    if not said:
        return ""
    return f"The seeds were chosen by looks, which this does not count: {_by_the_plan(said, metrics)}."


def _by_the_plan(said: Sequence[tuple[UntilRecord, Answer]], metrics: Collection[str] | None = None) -> str:
    """`by the plan net and vae are given up (p = 0.024, needed 0.0056)`: what has no winner first."""
    ordered = sorted(said, key=lambda pair: pair[1].state == "decided")
    parts = [_planned(record, one, metrics) for record, one in ordered[:_NAMED]]
    left = len(ordered) - len(parts)
    return f"by the plan {'; '.join(parts)}{f'; and {left} more (Looks and decisions)' if left else ''}"


def _planned(record: UntilRecord, one: Answer, metrics: Collection[str] | None) -> str:
    on = "" if metrics is None or one.metric in metrics else f"{one.metric}: "
    detail = f"({on}p = {_p(one.p)}, needed {_p(one.bound)})"
    if one.state == "decided":
        return f"{one.said} is better than {one.b if one.said == one.a else one.a} {detail}"
    words = {"futile": "are given up", "split": "differ without a winner"}
    rest = "are undecided" if _is_last(record) else "are still open"
    return f"{_question(one)} {words.get(one.state, rest)} {detail}"


def _question(one: Answer) -> str:
    return f"{one.a} and {one.b}" if one.b else one.a


def _detail(one: Answer) -> str:
    chance = "" if one.predicted is None or one.state == "decided" else f", chance of a verdict {one.predicted:.0%}"
    return f"p = {_p(one.p)}, needs {_p(one.bound)}{chance}"


def _p(value: float) -> str:
    return f"{value:.2g}"
