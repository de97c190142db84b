"""Plans as tables: how many seeds, what the present ones can see, and power over seeds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.text import Text

from genconv.errors import printable
from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, escape_markdown, number
from genconv.report.tables.writing import csv_text, finite_or_none, json_text, markdown_table, records, rich_table
from genconv.statistics.plan import Plan

Cells = tuple[str, ...]

NAMES = (
    "dataset", "metric", "a", "b", "n_a", "n_b", "sd", "effect", "difference", "seeds", "seeds_low", "seeds_high",
    "diverged_rate", "seeds_to_train", "detectable", "detectable_difference", "power_now", "note", "power", "alpha",
    "comparisons", "family", "alpha_each",
)  # fmt: skip
"""Columns of `genconv plan --format csv`, attributes of `Plan`."""

COLUMNS: Mapping[str, Callable[[Plan], Scalar]] = MappingProxyType({name: attrgetter(name) for name in NAMES})

SHOWN_AT = (3, 5, 10, 15, 20, 30, 50, 100)
"""Seeds of the power curve that people see; programs get all."""

HEADER = ("A", "B", "sd", "d", "seeds each", "to train", "seeds now", "power now", "detects")


def to_table(plans: Sequence[Plan]) -> RenderableType:
    """For a terminal: one row a pair of each dataset, then power over seeds."""
    parts: list[RenderableType] = []
    for title, header, rows in _views(plans):
        parts += [Text(printable(title), style="bold"), rich_table(header, rows, 2), ""]
    return Group(*parts, *(Text(printable(text)) for text in notes(plans)), Text(caption(plans[0]), style="dim"))


def to_markdown(plans: Sequence[Plan]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for title, header, rows in _views(plans):
        escaped = [[escape_markdown(text) for text in row] for row in rows]
        parts.append(f"**{escape_markdown(title)}**\n\n{markdown_table(header, escaped, 2)}")
    parts += [f"{escape_markdown(text)}\n" for text in notes(plans)]
    return "\n".join([*parts, f"{caption(plans[0])}\n"])


def to_csv(plans: Sequence[Plan]) -> str:
    """One row a pair, without the curve."""
    return csv_text(plans, COLUMNS)


def to_json(plans: Sequence[Plan]) -> str:
    """The columns of `to_csv` as keys, and `curve`, a list of seeds and power."""
    rows = records(plans, COLUMNS)
    curves = [[{"seeds": n, "power": finite_or_none(power)} for n, power in plan.curve] for plan in plans]
    return json_text([{**row, "curve": curve} for row, curve in zip(rows, curves, strict=True)])


def notes(plans: Sequence[Plan]) -> list[str]:
    """What stands in the way of a plan, one line a pair."""
    return [f"{plan.dataset}, {plan.a} and {_other(plan)}: {plan.note}." for plan in plans if plan.note]


def caption(plan: Plan) -> str:
    """What the numbers are."""
    return (
        f"{_family(plan)} Power {plan.power:g} of a two-sided permutation test of means, "
        "for normal values and runs that all have a number. In brackets the seeds needed if the "
        "true spread is at either end of its 95 % interval. To train: seeds each, if as many diverge as in the pilot. "
        "Detects: what the present seeds find with that power."
    )


def _family(plan: Plan) -> str:
    """Which comparisons the plan is made for."""
    if plan.comparisons == 1:
        asked = "as given" if plan.family == "as given" else "the only one of these cells"
        return f"Planned for one comparison ({asked}), tested at alpha = {plan.alpha:g}."
    whose = "as given" if plan.family == "as given" else "every two of these cells on a dataset"
    return (
        f"Planned for {plan.comparisons:,} comparisons ({whose}). A false verdict among them has a chance of at most "
        f"{plan.alpha:g}: each is tested at {plan.alpha:g}/{plan.comparisons} = {plan.alpha_each:.2g}, the first step "
        "of Holm."
    )


def _views(plans: Sequence[Plan]) -> Iterator[tuple[str, Cells, list[Cells]]]:
    """Title, header and rows of every table."""
    datasets = {plan.dataset: [one for one in plans if one.dataset == plan.dataset] for plan in plans}
    for dataset, group in datasets.items():
        yield f"{dataset} · {group[0].metric}", HEADER, [_row(plan) for plan in group]
    for dataset, group in datasets.items():
        header = ("A", "B", *(f"n = {n}" for n in SHOWN_AT))
        yield f"{dataset} · {group[0].metric}: power of n seeds each", header, [_curve_row(plan) for plan in group]


def _row(plan: Plan) -> Cells:
    detects = NO_NUMBER
    if plan.detectable is not None:
        least = plan.detectable_difference
        detects = f"d ≥ {plan.detectable:.2f}" + ("" if least is None else f" ({least:.2g} {plan.unit})")
    return (
        plan.a,
        _other(plan),
        NO_NUMBER if plan.sd is None else f"{plan.sd:.2g}",
        NO_NUMBER if plan.effect is None else f"{plan.effect:.2f}",
        _seeds(plan),
        NO_NUMBER if plan.seeds_to_train is None else str(plan.seeds_to_train),
        str(plan.n_a) if plan.n_a == plan.n_b else f"{plan.n_a}, {plan.n_b}",
        _number(plan.power_now),
        detects,
    )


def _other(plan: Plan) -> str:
    return plan.b if plan.b != plan.a else "one alike"


def _seeds(plan: Plan) -> str:
    if plan.seeds is None:
        return NO_NUMBER
    if plan.seeds_low == plan.seeds_high:
        return str(plan.seeds)
    high = "more" if plan.seeds_high is None else plan.seeds_high
    return f"{plan.seeds} [{plan.seeds_low}, {high}]"


def _curve_row(plan: Plan) -> Cells:
    power = dict(plan.curve)
    return (plan.a, _other(plan), *(_number(power.get(n)) for n in SHOWN_AT))


def _number(value: float | None) -> str:
    return NO_NUMBER if value is None else number(value, plain=True)
