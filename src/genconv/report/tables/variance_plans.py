"""Plans of designs as tables: how many levels make intervals of the shares as narrow as wanted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.text import Text

from genconv.metrics.summary import Scalar
from genconv.report.format import escape_markdown
from genconv.report.tables.fitting import Column, fitted, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.variance_plan import METHOD, MOST_RUNS, VariancePlan, Widths


@dataclass(frozen=True)
class _Row:
    """One design that was looked at, and one row of its shares."""

    plan: VariancePlan
    widths: Widths
    stream: str


COLUMNS: Mapping[str, Callable[[_Row], Scalar]] = MappingProxyType(
    {
        "dataset": lambda row: row.plan.dataset or None,
        "model": lambda row: row.plan.model or None,
        "layout": lambda row: row.plan.design.layout,
        "twins": lambda row: row.plan.design.twins_each,
        "levels": lambda row: row.widths.levels,
        "runs": lambda row: row.widths.runs,
        "stream": lambda row: row.stream,
        "share": lambda row: row.plan.shares.get(row.stream),
        "width": lambda row: row.widths.by_stream[row.stream],
        "asked": lambda row: row.plan.width,
        "enough": lambda row: row.plan.enough is not None and row.widths.levels == row.plan.enough.levels,
        "method": lambda _: METHOD,
    }
)
"""Columns of `genconv plan --variance --format csv`: a row for each design that was looked at and each share."""


def to_table(plans: Sequence[VariancePlan], width: int | None = None) -> Text:
    """For a terminal of that width: what is enough in words, and every design that was looked at."""
    parts: list[Text] = []
    for plan in plans:
        parts += [prose(sentence(plan), width, style="bold"), fitted(columns_of(plan), width).text, Text()]
    return joined([*parts, prose(caption(plans), width, style="dim")])


def to_markdown(plans: Sequence[VariancePlan]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for plan in plans:
        columns = columns_of(plan)
        rows = list(zip(*(column.texts for column in columns), strict=True))
        table = markdown_table([column.name for column in columns], rows, 0)
        parts.append(f"**{escape_markdown(sentence(plan))}**\n\n{table}")
    return "\n".join([*parts, f"{caption(plans)}\n"])


def to_csv(plans: Sequence[VariancePlan]) -> str:
    """One row for each design that was looked at and each share."""
    return csv_text(list(_rows(plans)), COLUMNS)


def to_json(plans: Sequence[VariancePlan]) -> str:
    """The columns of `to_csv` as keys."""
    return json_text(records(list(_rows(plans)), COLUMNS))


def columns_of(plan: VariancePlan) -> list[Column]:
    """Levels, runs, and the mean width of each interval."""
    looked = plan.looked_at
    rows = list(looked[0].by_stream) if looked else []
    return [
        Column("levels", [f"{one.levels}{' *' * _is_enough(plan, one)}" for one in looked], label=True),
        Column("runs", [str(one.runs) for one in looked]),
        *(Column(name, [f"{one.by_stream[name]:.2f}" for one in looked]) for name in rows),
    ]


def sentence(plan: VariancePlan) -> str:
    """What is enough, in words."""
    of = f"{plan.model} on {plan.dataset}: " if plan.model else ""
    if plan.enough is None:
        return f"{of}no such design of at most {MOST_RUNS:,} runs has intervals of mean width {plan.width:g}."
    design = plan.design.updated({"levels": plan.enough.levels})
    return (
        f"{of}{design.words}: {plan.enough.runs} runs, intervals of mean width {plan.enough.widest:.2f} "
        f"(asked for: {plan.width:g})."
    )


def caption(plans: Sequence[VariancePlan]) -> str:
    """What the numbers are."""
    shares = "; ".join(
        dict.fromkeys(", ".join(f"{name} {share:.2g}" for name, share in plan.shares.items()) for plan in plans)
    )
    return (
        f"Mean widths of the intervals if the true shares are {shares} and the rest is chaos: {METHOD}. "
        "*: the fewest levels that are enough. A width depends on the true shares: it is largest in the middle."
    )


def _is_enough(plan: VariancePlan, one: Widths) -> bool:
    return plan.enough is not None and one.levels == plan.enough.levels


def _rows(plans: Sequence[VariancePlan]) -> Iterator[_Row]:
    for plan in plans:
        for widths in plan.looked_at:
            yield from (_Row(plan, widths, stream) for stream in widths.by_stream)
