"""Seed lottery: what a paper with fewer seeds would have said."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from genconv.metrics.summary import per_seed
from genconv.report.choice import evenly
from genconv.report.figures.style import COLUMN, DASHES, PALETTE, PaperFigure, styled
from genconv.report.figures.survival import step_names
from genconv.report.labels import seeds_phrase
from genconv.statistics.stability import Lottery
from genconv.statistics.stability import lotteries as draw
from genconv.store.results import StoredCell

METRICS = ("last", "min", "first")
_MOST = 10
"""Sizes of the draw that are computed at most."""
_SEED = 0


def lotteries(cells: Sequence[StoredCell], metrics: Sequence[str] = METRICS) -> dict[str, list[Lottery]]:
    """By metric, k of the seeds of one dataset's cells drawn, k up to the seeds of the smallest; empty for one cell."""
    names = step_names(cells)
    most = min(len(cell.curves.seeds) for cell in cells)
    sizes = [place + 1 for place in evenly(most, _MOST)]
    by_cell = [per_seed(cell.curves, "corrected") for cell in cells]
    found = {}
    for metric in metrics:
        values = {name: numbers[metric] for name, numbers in zip(names, by_cell, strict=True)}
        found[metric] = _drawn(tuple((name, one.tobytes()) for name, one in values.items()), tuple(sizes))
    return {metric: several for metric, several in found.items() if several}


@styled
def lottery_figure(cells: Sequence[StoredCell]) -> PaperFigure | None:
    """Draw the chance that k seeds name another winner than all; None for fewer than two cells with a number."""
    found = lotteries(cells)
    if not found:
        return None
    figure = PaperFigure(COLUMN, 2.35 + 0.145 * len(found))
    axes = figure.subplots()
    for place, (metric, several) in enumerate(found.items()):
        label = f"{metric}: {several[0].winner} wins with all seeds"
        x, y = [one.k for one in several], [one.other_winner for one in several]
        axes.plot(
            x, y, marker="o", markersize=3.2, color=PALETTE[place], linestyle=DASHES[place], linewidth=1.3, label=label
        )
    axes.set_xlabel("seeds k that a paper draws")
    axes.set_ylabel("chance of another winner")
    axes.set_ylim(-0.02, max(0.5, *axes.get_ylim()))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    figure.legend(loc="outside lower center", ncols=1)
    curves = [cell.curves for cell in cells]
    figure.caption = (
        f"Chance that k of the {seeds_phrase(curves)} of each cell, drawn without replacement, put another cell first "
        f"than all seeds do ({_methods(found)}; no error bars: it is computed for the seeds at hand). A drawn seed "
        "that diverged is left out of its cell's mean, as in a paper that does not mention it."
    )
    figure.alt = f"Line chart of the chance that a paper with k seeds names another winner on {curves[0].dataset}."
    return figure


@lru_cache(maxsize=64)
def _drawn(values: tuple[tuple[str, bytes], ...], sizes: tuple[int, ...]) -> list[Lottery]:
    """Computed once for figure and table."""
    return draw({name: np.frombuffer(one) for name, one in values}, sizes, np.random.default_rng(_SEED))


def _methods(found: Mapping[str, Sequence[Lottery]]) -> str:
    methods = {one.method for several in found.values() for one in several}
    return "all draws enumerated" if methods == {"enumeration"} else "enumerated, or 20,000 random draws a cell"
