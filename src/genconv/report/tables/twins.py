"""Twins as tables: how far one flipped bit takes a run, against the spread over seeds."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from rich.text import Text

from genconv.curves import FloatArray
from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, escape_markdown
from genconv.report.tables.fitting import Column, fitted, further, joined, prose
from genconv.report.tables.writing import csv_text, json_text, markdown_table, records
from genconv.statistics.twins import PARTED, Twins

COLUMNS: Mapping[str, Callable[[Twins], Scalar]] = MappingProxyType(
    {
        "dataset": lambda one: one.dataset,
        "model": lambda one: one.model,
        "flip_at": lambda one: one.flip_at,
        "pairs": lambda one: one.pairs,
        "lost": lambda one: one.lost,
        "lost_alone": lambda one: one.lost_alone,
        "apart": lambda one: one.apart,
        "sd": lambda one: one.deviation,
        "unit": lambda one: one.unit,
        "chaos": lambda one: one.chaos.share if one.chaos else None,
        "chaos_low": lambda one: one.chaos.low if one.chaos else None,
        "chaos_high": lambda one: one.chaos.high if one.chaos else None,
        "parted": lambda one: one.parted,
        "weights_twins": lambda one: one.weights.twins if one.weights else None,
        "weights_seeds": lambda one: one.weights.seeds if one.weights else None,
    }
)
"""Columns of `genconv twins --format csv`: a row for each cell and epoch of a flip."""


def to_table(found: Sequence[Twins], width: int | None = None) -> Text:
    """For a terminal of that width."""
    table = fitted(columns_of(found), width, [one.dataset for one in found])
    hint = [further(table.omitted, width)] if table.omitted else []
    said = [prose(line, width) for line in notes(found)]
    return joined([table.text, Text(), *hint, *said, prose(caption(), width, style="dim")])


def to_markdown(found: Sequence[Twins]) -> str:
    """What `to_table` shows, as Markdown."""
    parts = []
    for dataset in dict.fromkeys(one.dataset for one in found):
        columns = columns_of([one for one in found if one.dataset == dataset])
        rows = zip(*([escape_markdown(text) for text in column.texts] for column in columns), strict=True)
        table = markdown_table([column.name for column in columns], list(rows), 2)
        parts.append(f"**{escape_markdown(dataset)}**\n\n{table}")
    return "\n".join([*parts, *(f"{escape_markdown(line)}\n" for line in notes(found)), f"{caption()}\n"])


def to_csv(found: Sequence[Twins]) -> str:
    """One row for each cell and epoch of a flip."""
    return csv_text(found, COLUMNS)


def to_json(found: Sequence[Twins]) -> str:
    """The columns of `to_csv` as keys, and `epochs` with `distance`, the median by epoch, and `spread`."""
    rows = records(found, COLUMNS)
    curves = [
        {
            "epochs": one.epochs.tolist(),
            "distance": _plain(one.median),
            "spread": _plain(one.spread),
        }
        for one in found
    ]
    return json_text([{**row, **curve} for row, curve in zip(rows, curves, strict=True)])


def columns_of(found: Sequence[Twins]) -> list[Column]:
    """What people see."""
    return [
        Column("model", [one.model for one in found], label=True),
        Column("bit flipped", [flip_words(one.flip_at) for one in found], label=True),
        Column("pairs", [str(one.pairs) for one in found]),
        Column("apart", [_number(one.apart) for one in found]),
        Column("sd over seeds", [_number(one.deviation) for one in found]),
        Column("chaos", [chaos_text(one) for one in found]),
        Column("parted after", [NO_NUMBER if one.parted is None else f"{one.parted:g}" for one in found]),
        Column("weights, twins", [_number(one.weights.twins if one.weights else None) for one in found]),
        Column("weights, seeds", [_number(one.weights.seeds if one.weights else None) for one in found]),
    ]


def flip_words(flip_at: int) -> str:
    """When the bit is flipped, in words."""
    return "at the start" if flip_at == 0 else f"after epoch {flip_at}"


def chaos_text(one: Twins) -> str:
    """The share of chaos with its interval."""
    return NO_NUMBER if one.chaos is None else f"{one.chaos.share:.2f} [{one.chaos.low:.2f}, {one.chaos.high:.2f}]"


def notes(found: Sequence[Twins]) -> list[str]:
    """Pairs that were lost."""
    return [
        f"{one.model} on {one.dataset}, bit flipped {flip_words(one.flip_at)}: {one.lost} of {one.pairs + one.lost} "
        f"pairs have a run that diverged, {one.lost_alone} of them one run alone; they are left out."
        for one in found
        if one.lost
    ]


def caption() -> str:
    """What the numbers are."""
    return (
        "Apart: median difference of the last validation losses of a run and its twin. Chaos: the share of the "
        "variance over these runs that twins have among themselves, with its 95 % interval; 1 where a flipped bit is "
        f"as much as another seed. Parted after: the median epoch at which a pair is {PARTED:g} standard deviations "
        "over seeds apart for the first time. Weights: distance of final weights over their norm, of twins, of seeds."
    )


def _number(value: float | None) -> str:
    return NO_NUMBER if value is None or math.isnan(value) else f"{value:.2g}"


def _plain(values: FloatArray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]
