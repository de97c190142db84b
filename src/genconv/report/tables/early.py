"""Early warning as tables: areas under the ROC curve, a row for each time and quantity."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from rich.text import Text

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, escape_markdown
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.early_warning import TOGETHER, Warned

COLUMNS: Mapping[str, Callable[[Warned], Scalar]] = MappingProxyType(
    {
        "dataset": lambda one: one.dataset,
        "model": lambda one: one.model,
        "after_percent": lambda one: one.after,
        "done": lambda one: one.done,
        "predictor": lambda one: one.predictor,
        "diverged_later": lambda one: one.diverged,
        "survived": lambda one: one.survived,
        "cells": lambda one: one.cells,
        "area": lambda one: one.area,
        "low": lambda one: one.low,
        "high": lambda one: one.high,
        "method": lambda one: one.method,
    }
)
"""Columns of `genconv early --format csv`."""
CAPTION = (
    "Area under the ROC curve: the chance that the quantity is larger in a run that diverges later than in one of the "
    "same cell that survives; ½ foretells nothing, below ½ smaller values foretell it. "
    f"{TOGETHER.capitalize()}: of a discriminant of all quantities, each pair of runs judged by the others; at or "
    "below ½ it foretells nothing."
)


def to_table(found: Sequence[Warned], width: int | None = None) -> Text:
    """For a terminal of that width."""
    table = fitted(columns_of(found), width, [one.dataset for one in found])
    hint = [further(table.omitted, width)] if table.omitted else []
    return joined([table.text, Text(), *hint, prose(CAPTION, width, style="dim")])


def to_markdown(found: Sequence[Warned]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for dataset in dict.fromkeys(one.dataset for one in found):
        columns = columns_of([one for one in found if one.dataset == dataset])
        rows = zip(*([escape_markdown(text) for text in column.texts] for column in columns), strict=True)
        parts.append(
            f"**{escape_markdown(dataset)}**\n\n{markdown_table([column.name for column in columns], list(rows), 3)}"
        )
    return "\n".join([*parts, f"{CAPTION}\n"])


def to_csv(found: Sequence[Warned]) -> str:
    """One row for each model, time and quantity."""
    return csv_text(found, COLUMNS)


def to_json(found: Sequence[Warned]) -> str:
    """The columns of `to_csv` as keys."""
    return json_text(records(found, COLUMNS))


def columns_of(found: Sequence[Warned]) -> list[Column]:
    """What people see."""
    return [
        Column("model", [one.model for one in found], label=True),
        Column("after", [f"{one.after:g} % ({one.done:g})" for one in found], label=True),
        Column("foretold by", [one.predictor for one in found], label=True),
        Column("diverged later", [str(one.diverged) for one in found]),
        Column("survived", [str(one.survived) for one in found]),
        Column("area [95 %]", [area_text(one) for one in found]),
    ]


def area_text(one: Warned) -> str:
    """`0.81 [0.70, 0.89]`."""
    if one.area is None or one.low is None or one.high is None:
        return NO_NUMBER
    return f"{one.area:.2f} [{one.low:.2f}, {one.high:.2f}]"
