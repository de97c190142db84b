"""What is drawn and told of very many cells, runs or pairs: a part chosen by a rule and named, never a blot."""

from collections.abc import Sequence

import numpy as np

from genconv.curves import CellCurves
from genconv.report.choice import evenly
from genconv.report.order import median_end
from genconv.statistics.compare import ComparisonResult, leader
from genconv.store.results import StoredCell

MOST_CELLS = 20
"""Cells of one dataset in a figure or a chart; tables hold all."""
MOST_LINES = 300
"""Runs of one dataset that are drawn as lines, in all its cells together, but at least one a cell."""
MOST_PAIRS = 66
"""Comparisons of one dataset that are all shown, in a figure, a table and in words: every two of twelve cells."""
MOST_COMPARISONS = 330
"""The same over all datasets of a page."""
NEAREST = 30
"""Of more comparisons, how many of a dataset are shown."""
MOST_ROWS = 60
"""Cells on a page up to which their metrics are drawn run by run; the table of all metrics has the numbers."""


def drawn_cells(cells: Sequence[StoredCell]) -> list[StoredCell]:
    """Those cells of a dataset with the lowest median final losses, a diverged run counting as infinite; in order."""
    if len(cells) <= MOST_CELLS:
        return list(cells)
    medians = [median_end(cell.curves) for cell in cells]
    kept = set(sorted(range(len(cells)), key=lambda place: medians[place])[:MOST_CELLS])
    return [cell for place, cell in enumerate(cells) if place in kept]


def cells_note(drawn: int, cells: int) -> str:
    """What was chosen, as a sentence; empty if nothing was left out."""
    return "" if drawn == cells else f"Drawn: the {drawn} of {cells} cells with the lowest median final loss."


def drawn_runs(cell: CellCurves, cells: int) -> list[int]:
    """Places of the runs that are drawn where `cells` cells share a chart: evenly from the best end to the worst."""
    most, n = max(MOST_LINES // max(cells, 1), 1), len(cell.seeds)
    if n <= most:
        return list(range(n))
    ends = np.where(cell.diverged | ~np.isfinite(cell.validation[:, -1]), np.inf, cell.validation[:, -1])
    order = np.argsort(ends, kind="stable")
    return sorted(int(order[place]) for place in evenly(n, most))


def runs_note(cells: Sequence[CellCurves]) -> str:
    """How many runs are drawn where not all are, as a sentence; else empty."""
    drawn, all_ = sum(len(drawn_runs(cell, len(cells))) for cell in cells), sum(len(cell.seeds) for cell in cells)
    if drawn == all_:
        return ""
    return f"Thin lines: {drawn} of {all_} runs, evenly from the best end to the worst; median and band are of all."


def main_pairs(judged: Sequence[ComparisonResult], comparisons: int) -> list[ComparisonResult]:
    """All pairs of a dataset; of more than `MOST_PAIRS`, or among more than `MOST_COMPARISONS` of all datasets, the
    `NEAREST` with the leading cell, the nearest first.
    """
    if len(judged) <= MOST_PAIRS and comparisons <= MOST_COMPARISONS:
        return list(judged)
    best = leader(judged)
    own = [one for one in judged if best is None or best.label in (one.comparison.a.label, one.comparison.b.label)]
    return sorted(own, key=_distance)[:NEAREST]


def pairs_note(shown: int, judged: Sequence[ComparisonResult]) -> str:
    """What was chosen, as a sentence; empty if nothing was left out."""
    best = leader(judged)
    if shown == len(judged) or best is None:
        return ""
    return f"Shown: {shown} of {len(judged):,} comparisons, those of {best.label}, which leads, nearest first."


def _distance(one: ComparisonResult) -> float:
    means = one.comparison.means
    return np.inf if means is None else abs(means.difference)
