"""Critical-difference diagram: models on a line of mean ranks, bars over those that cannot be told apart."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.axes import Axes

from genconv.measure import Measure
from genconv.metrics.spec import title_of
from genconv.report.figures.colours import INK, Look, looks
from genconv.report.figures.style import COLUMN, PaperFigure, in_points, styled
from genconv.report.format import counted, listed
from genconv.report.labels import bound_note
from genconv.statistics.critical_difference import RankedModels

_SIDE = 0.17
"""Inches: a name at a side."""
_LETTER = 0.019
"""Width of a letter, as a share of the figure's."""


@styled
def ranks_figure(
    found: RankedModels | None, colours: Mapping[str, Look] | None = None, measures: Iterable[Measure | None] = ()
) -> PaperFigure | None:
    """Draw mean ranks over datasets, with bars over models within Nemenyi's critical difference; None for None.

    Demšar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006. `measures`: what the numbers
    that are ranked say.
    """
    if found is None:
        return None
    count = len(found.labels)
    half = -(-count // 2)
    cliques = found.cliques if found.p < 1 - found.level else [(0, count - 1)]
    figure = PaperFigure(COLUMN, 0.55 + _SIDE * (half + 1) + 0.1 * len(cliques))
    axes = figure.subplots()
    share = min(_LETTER * max(len(label) + 5 for label in found.labels), 0.4)
    margin = (count - 1) * share / (1 - 2 * share)
    axes.set_xlim(1 - margin, count + margin)
    depth = 0.12 * len(cliques) + 0.2
    axes.set_ylim(-(depth + 0.28 * (half - 1) + 0.15), 0.42)
    _axis(axes, count, found)
    known = {**looks(found.labels), **(colours or {})}
    for place, (label, rank) in enumerate(zip(found.labels, found.mean_ranks, strict=True)):
        left = place < half
        down = depth + 0.28 * (place if left else count - 1 - place)
        edge = 0.9 if left else count + 0.1
        axes.plot([rank, rank, edge], [0, -down, -down], color=INK, linewidth=0.7)
        axes.plot([rank], [0], "o", color=known[label].colour, markersize=4.5, zorder=5)
        side: dict[str, Any] = {"ha": "right" if left else "left", "va": "center", "fontsize": in_points(7)}
        axes.annotate(f"{label} {rank:.2f}", (edge, -down), (-2 if left else 2, 0), textcoords="offset points", **side)
    for place, (first, last) in enumerate(cliques):
        ends = [found.mean_ranks[first] - 0.03, found.mean_ranks[last] + 0.03]
        axes.plot(ends, [-0.1 - 0.12 * place] * 2, color=INK, linewidth=2.6, solid_capstyle="butt", zorder=4)
    figure.caption = (
        f"Mean ranks of {title_of(found.metric)} over {counted(len(found.datasets), 'dataset')} "
        f"({listed(list(found.datasets))}); 1 is best. Ranks on a dataset are of means over runs, of medians where "
        f"runs are lost. Friedman's test after Iman and Davenport: p = {found.p:.2g}. Models below one bar differ by "
        f"less than the critical difference of {found.difference:.2f} (Nemenyi, {100 * found.level:g} %)"
        f"{'' if found.p < 1 - found.level else '; as Friedman’s test does not reject, no two are told apart'}. "
        f"{bound_note(measures)}".strip()
    )
    figure.alt = f"Critical-difference diagram of {listed(list(found.labels))} over {len(found.datasets)} datasets."
    return figure


def _axis(axes: Axes, count: int, found: RankedModels) -> None:
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xticks([])
    axes.plot([1, count], [0, 0], color=INK, linewidth=0.8)
    for rank in range(1, count + 1):
        axes.plot([rank, rank], [0, 0.04], color=INK, linewidth=0.8)
        axes.annotate(str(rank), (rank, 0.06), ha="center", va="bottom", fontsize=in_points(7))
    axes.plot([1, 1 + found.difference], [0.3, 0.3], color=INK, linewidth=1.2)
    axes.annotate(f"critical difference {found.difference:.2f}", (1, 0.33), va="bottom", fontsize=in_points(7))
