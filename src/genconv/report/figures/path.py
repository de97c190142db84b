"""The path of a decision: p of each comparison at every look, against what it needed there."""

from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from genconv.report.figures.colours import DASHES, PALETTE, QUIET
from genconv.report.figures.style import COLUMN, PaperFigure, styled
from genconv.store.until import Answer, UntilRecord

_MOST = len(DASHES)
"""Comparisons that are drawn."""
_LEAST = 1e-5
"""The lowest p that is drawn; smaller ones stand there."""

Key = tuple[str, str, str, str]


@styled
def path_figure(record: UntilRecord) -> PaperFigure | None:
    """Draw the comparisons that took the most looks; None for a record without any."""
    paths = _paths(record)
    if not paths:
        return None
    several = len({key[0] for key in record.answers}) > 1
    shown = sorted(paths, key=lambda key: -len(paths[key]))[:_MOST]
    figure = PaperFigure(COLUMN, 2.2 + 0.145 * len(shown))
    axes = figure.subplots()
    for place, key in enumerate(shown):
        answers = paths[key]
        seeds = [one.seeds for one in answers]
        axes.plot(
            seeds, [max(one.p, _LEAST) for one in answers], marker="o", markersize=3.2, linestyle=DASHES[place],
            linewidth=1.3, color=PALETTE[place], label=_name(record, key, several=several),
        )  # fmt: skip
        needed = [one.bound if one.bound > 0 else float("nan") for one in answers]
        axes.plot(seeds, needed, marker="_", linestyle="", markersize=9, color=PALETTE[place])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(record.plan["alpha"], color=QUIET, linewidth=0.6, linestyle=":")
    axes.set_xlabel("seeds of each cell that goes on")
    axes.set_ylabel("1/E" if record.plan["method"] != "alpha spending" else "p at the look")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    figure.legend(loc="outside lower center", ncols=1)
    more = len(paths) - len(shown)
    figure.caption = (
        "Points: p at each look. Bars of the same colour: what it needed; none where so few runs could decide nothing. "
        f"Dotted: alpha = {record.plan['alpha']:g}, which all looks and comparisons share."
        + (f" {more} that took fewer looks are not drawn." if more else "")
    )
    figure.alt = f"Line chart of p at each look of '{record.name}', beside what was needed."
    return figure


def _paths(record: UntilRecord) -> dict[Key, list[Answer]]:
    found: dict[Key, list[Answer]] = {key: [] for key in record.answers}
    for look in record.looks:
        for one in look.answers:
            found[one.dataset, one.metric, one.a, one.b].append(one)
    return found


def _name(record: UntilRecord, key: Key, *, several: bool) -> str:
    last = record.answers[key]
    cells = f"{last.a} and {last.b}" if last.b else last.a
    where = f" on {last.dataset}" if several else ""
    states = {"decided": f"{last.said} better" if last.b else f"{last.said} the bound", "futile": "given up"}
    return f"{cells}{where}: {states.get(last.state, 'undecided')}"
