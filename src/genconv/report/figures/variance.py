"""Shares of the variance: which stream of random numbers brings how much of the spread, with intervals."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from genconv.metrics.spec import title_of
from genconv.report.figures.colours import QUIET, Look
from genconv.report.figures.layout import row_figure
from genconv.report.figures.style import PaperFigure, styled
from genconv.report.format import counted
from genconv.statistics.variance import Share
from genconv.statistics.variance_shares import DIVERGED, CellShares

_MOST = 8
"""Cells of a figure."""


@styled
def variance_figure(found: Sequence[CellShares], colours: Mapping[str, Look]) -> PaperFigure | None:
    """Draw the shares of the cells of one dataset, a row a stream; None without a cell of which something is known.

    Args:
        found: Of one dataset.
        colours: By the names of its cells.

    """
    known = [cell for cell in found if cell.components is not None and cell.metric != DIVERGED][:_MOST]
    if not known:
        return None
    rows = [(cell, share) for cell in known for share in (cell.components.shares if cell.components else ())]
    several = len(known) > 1
    names = [f"{cell.model}: {share.stream}" if several else share.stream for cell, share in rows]
    notes = [f"{share.share:.2f} [{share.low:.2f}, {share.high:.2f}]" for _, share in rows]
    figure, axes = row_figure(names, notes, 0)
    for place, (cell, share) in enumerate(rows):
        _row(axes, place, share, colours[cell.model].colour)
    axes.set_xlim(-0.02, 1.02)
    metric = title_of(known[0].metric)
    axes.set_xlabel(f"share of the variance of {metric} over runs")
    runs = sorted({cell.runs for cell in known})
    over = counted(runs[0], "run") if len(runs) == 1 else f"{runs[0]} to {runs[-1]} runs"
    bounds = any(cell.components is not None and cell.components.totals_are_bounds for cell in known)
    at_most = " (at most that)" if bounds else ""
    figure.caption = (
        f"Which stream of random numbers brings how much of the variance of {metric} on {known[0].dataset} over "
        f"{over} a cell: random effects, lines are 95 % generalised pivotal intervals, which hold for normal effects. "
        f"Hollow: the total effect{at_most}, the variance if this stream alone varies, with interactions and chaos. "
        f"{'Runs that diverged are left out. ' if any(cell.missing for cell in known) else ''}"
        f"{_left_out(found, known)}".strip()
    )
    figure.alt = f"Shares of the variance by stream of random numbers on {known[0].dataset}; the numbers are tabled."
    return figure


def _row(axes: Axes, place: int, share: Share, colour: str) -> None:
    y = place + 0.08
    axes.plot([share.low, share.high], [y, y], color=colour, linewidth=1.4, zorder=3)
    axes.plot([share.share], [y], "o", color=colour, markersize=4.5, zorder=5)
    if share.total is not None:
        axes.plot([share.total], [y], "o", color=QUIET, markersize=3.5, markerfacecolor="#ffffff", zorder=4)


def _left_out(found: Sequence[CellShares], known: Sequence[CellShares]) -> str:
    all_ = sum(cell.components is not None and cell.metric != DIVERGED for cell in found)
    return "" if all_ == len(known) else f"Drawn: the first {len(known)} of {all_} cells."
