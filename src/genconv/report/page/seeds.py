"""What the seed decides: shares of the variance, twins and luck, where the runs can tell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from genconv.report.figures.catalogue import Kind, group_figures
from genconv.report.figures.studied import Studied
from genconv.report.page.embed import inline_svg
from genconv.report.page.table import PageTable
from genconv.report.tables import early as early_tables
from genconv.report.tables import luck as luck_tables
from genconv.report.tables import twins as twins_tables
from genconv.report.tables import variance as variance_tables
from genconv.report.tables.fitting import Column
from genconv.statistics.area import FEWEST as FEWEST_DEAD
from genconv.statistics.early_warning import TOGETHER, Warned
from genconv.statistics.luck_cells import CellLuck, cell_luck
from genconv.statistics.twins import Twins
from genconv.statistics.variance_shares import DIVERGED, CellShares

FEWEST = 20
"""Runs of a cell from which on its luck is told."""

_DEPENDENT = (
    "These runs share random numbers, so they are not independent: intervals and verdicts elsewhere on this page, "
    "which take them to be, are too sure."
)


@dataclass(frozen=True)
class SeedPart:
    """A heading, what it asks and answers, figures and a table."""

    id: str
    heading: str
    asked: str
    sentences: tuple[str, ...]
    drawings: tuple[dict[str, Any], ...]
    table: PageTable | None
    """None of a part that is one line."""
    notes: tuple[str, ...]


def seed_parts(studied: Studied) -> list[SeedPart]:
    """Those that the results can fill; none for plain seeds, but few."""
    return [part for part in (_shares(studied), _twins(studied), _luck(studied), _warning(studied)) if part is not None]


def _shares(studied: Studied) -> SeedPart | None:
    if not (found := studied.shares):
        return None
    rows = [
        (
            cell.dataset,
            cell.model,
            cell.metric,
            one.stream,
            f"{one.share:.2f}",
            f"[{one.low:.2f}, {one.high:.2f}]",
            variance_tables.alone_text(cell, one),
        )
        for cell in found
        for one in (cell.components.shares if cell.components else ())
    ]
    header = ("dataset", "model", "metric", "stream", "share", "[95\N{NO-BREAK SPACE}%]", "alone")
    table = PageTable("variance", variance_tables.caption(found), header, 4, rows, csv=variance_tables.to_csv(found))
    asked = "Which stream of random numbers brings how much of the spread over runs?"
    sentences = tuple(_largest(cell) for cell in found if cell.metric != DIVERGED)
    notes = (*variance_tables.notes(found), _DEPENDENT)
    drawings = _drawings(studied, "variance")
    return SeedPart("variance-shares", "Where the spread comes from", asked, sentences, drawings, table, notes)


def _largest(cell: CellShares) -> str:
    """The largest share in words, with its interval."""
    shares = cell.components.shares if cell.components else ()
    one = max(shares, key=lambda share: share.share)
    return (
        f"{cell.model} on {cell.dataset}: the largest estimate of a share of the variance of {cell.metric} is that of "
        f"{one.stream}, {one.share:.2f} [{one.low:.2f}, {one.high:.2f}]."
    )


def _twins(studied: Studied) -> SeedPart | None:
    if not (found := studied.twins):
        return None
    columns = twins_tables.columns_of(found)
    table = _table("twins", twins_tables.caption(), [one.dataset for one in found], columns, twins_tables.to_csv(found))
    asked = "How far does one flipped bit take a run, against another seed?"
    sentences = tuple(_bit(one) for one in found if one.chaos is not None)
    notes = (*twins_tables.notes(found), _DEPENDENT)
    return SeedPart("twins-of-runs", "One flipped bit", asked, sentences, _drawings(studied, "twins"), table, notes)


def _bit(one: Twins) -> str:
    share = twins_tables.chaos_text(one)
    return (
        f"{one.model} on {one.dataset}, bit flipped {twins_tables.flip_words(one.flip_at)}: the share of the variance "
        f"that twins have among themselves is {share}."
    )


def _luck(studied: Studied) -> SeedPart | None:
    cells = [cell for cell in studied.results.cells if len(cell.runs) >= FEWEST and cell.runs[0].format > 1]
    if not cells or not (found := [one for one in cell_luck(cells) if one.luck is not None]):
        return None
    columns = luck_tables.columns_of(found)
    table = _table(
        "luck", luck_tables.caption(found), [one.dataset for one in found], columns, luck_tables.to_csv(found)
    )
    asked = "Are the best runs on one half of the held-out data better on the other?"
    sentences = tuple(_real(one) for one in found)
    notes = tuple(luck_tables.notes(found))
    return SeedPart("luck-of-seeds", "Is the lucky seed really better?", asked, sentences, (), table, notes)


def _real(cell: CellLuck) -> str:
    one = cell.luck
    assert one is not None  # noqa: S101  as _luck chooses them
    best = one.best[-1]
    return (
        f"{cell.model} on {cell.dataset}: of the variance over {one.runs} runs the share {one.real:.2f} "
        f"[{one.real_low:.2f}, {one.real_high:.2f}] is real; the best {best.percent:g} % on one half are "
        f"{best.here:.2g} below the mean there, and {best.there:.2g} on the other half."
    )


def _warning(studied: Studied) -> SeedPart | None:
    """None where no run diverged; a line where too few did."""
    asked = "Could runs that diverge have been stopped early?"
    part = partial(SeedPart, "early-warning", "Early warning", asked)
    if not (found := studied.warned):
        line = (
            f"Too few runs to tell: it takes {FEWEST_DEAD} that diverged after their first epochs, and as many beside "
            "them that survived."
        )
        died = any(cell.diverged.any() for cell in studied.results.curves)
        return part((line,), (), None, ()) if died else None
    columns = early_tables.columns_of(found)
    table = _table("warning", early_tables.CAPTION, [one.dataset for one in found], columns, early_tables.to_csv(found))
    last = {(one.dataset, one.model, one.predictor): one for one in found if one.predictor != TOGETHER}
    sentences = tuple(_foretold(list(group)) for group in _by_model(last.values()))
    return part(sentences, _drawings(studied, "warning"), table, ())


def _by_model(found: Iterable[Warned]) -> Iterator[Iterator[Warned]]:
    return (group for _, group in groupby(found, key=lambda one: (one.dataset, one.model)))


def _foretold(found: Sequence[Warned]) -> str:
    """Which quantities tell, after the last of the times."""
    first = found[0]
    telling = [one for one in found if one.low is not None and one.high is not None and not one.low <= 0.5 <= one.high]
    names = ", ".join(f"{one.predictor} {early_tables.area_text(one)}" for one in telling)
    said = f"off ½ are the areas of {names}" if telling else "no quantity has an area whose interval is off ½"
    return f"{first.model} on {first.dataset}, {first.diverged} runs that diverged later: {said}."


def _table(name: str, caption: str, datasets: list[str], columns: list[Column], csv: str) -> PageTable:
    header = ("dataset", *(column.name for column in columns))
    names = 1 + sum(column.label for column in columns)
    rows = list(zip(datasets, *(column.texts for column in columns), strict=True))
    return PageTable(name, caption, header, names, rows, csv=csv)


def _drawings(studied: Studied, kind: Kind) -> tuple[dict[str, Any], ...]:
    return tuple(_each_drawing(studied, kind))


def _each_drawing(studied: Studied, kind: Kind) -> Iterator[dict[str, Any]]:
    for groups in studied.groups.values():
        for group in groups:
            for figure in group_figures(studied, group, kind).values():
                name = f"{kind}-{group.stem}"
                yield {"name": name, "svg": inline_svg(figure, name), "caption": figure.caption}
