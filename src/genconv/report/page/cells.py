"""The part of the page about each cell, which links lead to: its numbers, and every seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from genconv.metrics.summary import per_seed
from genconv.report.labels import diverged, file_names, seeds_phrase
from genconv.report.page.overview import cell_table
from genconv.report.page.panels import seed_table
from genconv.report.page.rows import PageTable
from genconv.statistics.entropy_gap import entropy_gap
from genconv.statistics.summary import CellEstimate
from genconv.store.results import StoredCell


@dataclass(frozen=True)
class CellPart:
    """One cell in full."""

    id: str
    title: str
    words: str
    parameters: str
    """How many the model has; empty where no run is on record."""
    tables: tuple[PageTable, ...]


def cell_ids(cells: Sequence[StoredCell]) -> dict[str, str]:
    """By a cell's label, the id of its part of the page: the same for the same cells."""
    safe = file_names(cell.curves.label.replace(" · ", "-") for cell in cells)
    ids = [f"cell-{stem}" for stem in safe.values()]
    return dict(zip((cell.curves.label for cell in cells), ids, strict=True))


def cell_parts(cells: Sequence[StoredCell], estimates: Sequence[CellEstimate]) -> list[CellPart]:
    """A part a cell, in the same order."""
    ids = cell_ids(cells)
    return [_part(cell, one, ids[cell.curves.label]) for cell, one in zip(cells, estimates, strict=True)]


def _part(cell: StoredCell, one: CellEstimate, name: str) -> CellPart:
    curves = cell.curves
    lost = diverged(curves) or "none diverged"
    words = f"{seeds_phrase([curves]).capitalize()}, {curves.epochs} epochs; {lost}."
    steps = entropy_gap(cell)
    flags = ("",) * len(curves.seeds) if steps is None else steps.flags
    tables = (
        cell_table(one, f"{name}-metrics"),
        seed_table(cell, per_seed(curves, "corrected"), flags, f"{name}-seeds"),
    )
    return CellPart(name, curves.label, words, _parameters(cell), tables)


def _parameters(cell: StoredCell) -> str:
    counts = sorted({run.outcome.parameters for run in cell.runs})
    return ", ".join(f"{count:,}" for count in counts)
