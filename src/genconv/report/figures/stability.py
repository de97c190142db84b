"""Stability of the winner: what a paper with fewer seeds would have said."""

from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator, PercentFormatter

from genconv.metrics.spec import title_of
from genconv.report.figures.colours import DASHES, INK, QUIET
from genconv.report.figures.style import COLUMN, PaperFigure, styled
from genconv.report.format import listed
from genconv.report.labels import kinds_note, runs_phrase, series_names
from genconv.statistics.stability import WinnerStability, stability_of_winner
from genconv.store.results import StoredCell

_FORCED = (
    "Draws of nearly all runs must agree with all, so that little chance there is no sign of a sure winner; whether a "
    "lowest mean is a decided one, the comparisons say."
)
"""What the curve does not show."""
_MARKERS, _GREYS = ("o", "s", "^", "D"), (INK, QUIET, "#9a9a9a")
"""Of the metrics: no colours, for these are the models'."""


@styled
def stability_figure(cells: Sequence[StoredCell]) -> PaperFigure | None:
    """Draw the chance that k runs name another winner than all; None for fewer than two cells with a number."""
    found = stability_of_winner(cells, series_names(cells))
    if not found:
        return None
    figure = PaperFigure(COLUMN, 2.35 + 0.145 * len(found))
    axes = figure.subplots()
    for place, (metric, several) in enumerate(found.items()):
        label = f"{title_of(metric)}: {lowest(several[0])} the lowest {several[0].by.removesuffix('s')} of all runs"
        x, y = [one.k for one in several], [one.other_winner for one in several]
        axes.plot(
            x, y, marker=_MARKERS[place % 4], markersize=4, color=_GREYS[place % 3], linestyle=DASHES[place % 4],
            linewidth=1.3, label=label, clip_on=False,
        )  # fmt: skip
    axes.set_xlabel("runs k that a paper draws")
    axes.set_ylabel("chance of another winner")
    axes.set_ylim(0, max(0.1, *axes.get_ylim()))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    figure.legend(loc="outside lower center", ncols=1)
    curves = [cell.curves for cell in cells]
    figure.caption = (
        f"Chance that k of the {runs_phrase(curves)} of each cell, drawn without replacement, put another cell first "
        f"than all do, or none ({_methods(found)}; no error bars: it is computed for the runs at hand). "
        f"{ranked_by(found)} {_FORCED} "
        f"{kinds_note(curves)}".strip()
    )
    figure.alt = f"Line chart of the chance that a paper with k seeds names another winner on {curves[0].dataset}."
    return figure


def lowest(one: WinnerStability) -> str:
    """`vae has`, `flow and vae share`."""
    return f"{listed([one.winner, *one.tied], 3)} share" if one.tied else f"{one.winner} has"


def ranked_by(found: Mapping[str, Sequence[WinnerStability]]) -> str:
    """What puts a cell first."""
    if all(one.by == "means" for several in found.values() for one in several):
        return "First is the cell with the lowest mean over runs."
    return (
        "Some runs have no number, so first is the cell with the lowest mean rank of its runs among all, those without "
        "a number last: a mean of losses would leave them out."
    )


def _methods(found: Mapping[str, Sequence[WinnerStability]]) -> str:
    methods = {one.method for several in found.values() for one in several}
    return "all draws enumerated" if methods == {"enumeration"} else "enumerated, or 20,000 random draws a cell"
