"""Plans as tables: how many seeds, what the present ones can see, and power over seeds."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from rich.text import Text

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, decimals_for, escape_markdown, number
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, finite_or_none, json_text, markdown_table, records
from genconv.statistics.plan import Plan

NAMES = (
    "dataset", "metric", "a", "b", "n_a", "n_b", "sd", "effect", "difference", "seeds", "seeds_low", "seeds_high",
    "diverged_rate", "seeds_to_train", "detectable", "detectable_difference", "power_now", "note", "power", "alpha",
    "comparisons", "family", "alpha_each",
)  # fmt: skip
"""Columns of `genconv plan --format csv`, attributes of `Plan`."""

COLUMNS: Mapping[str, Callable[[Plan], Scalar]] = MappingProxyType({name: attrgetter(name) for name in NAMES})

SHOWN_AT = (3, 5, 10, 15, 20, 30, 50, 100)
"""Seeds of the power curve that people see; programs get all."""


def to_table(plans: Sequence[Plan], width: int | None = None) -> Text:
    """For a terminal of that width: a row a pair below its dataset, with the columns that fit; all of them if `width`
    is None.
    """
    table = fitted(columns_of(plans), width, [_title(plan) for plan in plans])
    hint = [further(table.omitted, width)] if table.omitted else []
    said = [prose(text, width) for text in notes(plans)]
    return joined([table.text, Text(), *hint, *said, prose(caption(plans[0]), width, style="dim")])


def to_markdown(plans: Sequence[Plan]) -> str:
    """Every column, a table a dataset."""
    parts = []
    for title in dict.fromkeys(map(_title, plans)):
        columns = columns_of([plan for plan in plans if _title(plan) == title])
        rows = zip(*([escape_markdown(text) for text in column.texts] for column in columns), strict=True)
        table = markdown_table([column.name for column in columns], list(rows), 2)
        parts.append(f"**{escape_markdown(title)}**\n\n{table}")
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
    """What stands in the way of a plan, a line for each reason, with the pairs that it holds for."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for plan in plans:
        if plan.note:
            pairs.setdefault((plan.dataset, plan.note), []).append(f"{plan.a} and {_other(plan)}")
    return [f"{dataset}, {'; '.join(several)}: {note}." for (dataset, note), several in pairs.items()]


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


def _title(plan: Plan) -> str:
    return f"{plan.dataset} · {plan.metric}"


def columns_of(plans: Sequence[Plan]) -> list[Column]:
    """How many seeds, what the present ones can see, then power over seeds."""
    texts = {name: [text(plan) for plan in plans] for name, text in _TEXTS.items()}
    texts["detects"] = _detects(plans)
    texts["d"] = [NO_NUMBER if plan.effect is None else f"{plan.effect:.2f}" for plan in plans]
    texts["sd"] = _alike([plan.sd for plan in plans])
    curves = [dict(plan.curve) for plan in plans]
    labels = [Column(name, texts.pop(name), label=True) for name in ("A", "B")]
    power = [Column(f"power at {n}", [_number(curve.get(n)) for curve in curves]) for n in SHOWN_AT]
    return [*labels, *(Column(name, column) for name, column in texts.items()), *power]


def _detects(plans: Sequence[Plan]) -> list[str]:
    """`d ≥ 1.57 (0.070 nats)`, with as many decimals in every row."""
    sizes = _alike([plan.detectable_difference for plan in plans])
    return [
        NO_NUMBER
        if plan.detectable is None
        else f"d ≥ {plan.detectable:.2f}"
        + ("" if plan.detectable_difference is None else f" ({size} {plan.unit})".replace(" )", ")"))
        for plan, size in zip(plans, sizes, strict=True)
    ]


def _alike(values: Sequence[float | None]) -> list[str]:
    """Numbers with as many decimals as show two digits of the smallest of them."""
    sizes = [abs(value) for value in values if value]
    decimals = min(decimals_for(min(sizes), 1), 6) if sizes else 2
    return [NO_NUMBER if value is None else number(value, decimals, plain=True) for value in values]


def _other(plan: Plan) -> str:
    return plan.b if plan.b != plan.a else "one alike"


def _seeds(plan: Plan) -> str:
    if plan.seeds is None:
        return NO_NUMBER
    if plan.seeds_low == plan.seeds_high:
        return str(plan.seeds)
    high = "more" if plan.seeds_high is None else plan.seeds_high
    return f"{plan.seeds} [{plan.seeds_low}, {high}]"


def _number(value: float | None) -> str:
    return NO_NUMBER if value is None else number(value, plain=True)


_TEXTS: Mapping[str, Callable[[Plan], str]] = MappingProxyType(
    {
        "A": attrgetter("a"),
        "B": _other,
        "seeds each": _seeds,
        "to train": lambda plan: NO_NUMBER if plan.seeds_to_train is None else str(plan.seeds_to_train),
        "seeds now": lambda plan: str(plan.n_a) if plan.n_a == plan.n_b else f"{plan.n_a}, {plan.n_b}",
        "power now": lambda plan: _number(plan.power_now),
    }
)
"""The columns for people, those that are looked at first to the left."""
