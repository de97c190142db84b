"""Probability of improvement: the chance that a run of one model ends below a run of another, with its interval."""

from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.ticker import MultipleLocator

from genconv.report.figures.colours import INK, PALETTE, QUIET
from genconv.report.figures.layout import row_figure, rule
from genconv.report.figures.style import PaperFigure, styled
from genconv.report.format import number
from genconv.report.labels import bound_note
from genconv.report.limits import main_pairs, pairs_note
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.rank_comparison import MEANINGFUL, Superiority

Shown = tuple[str, str, Superiority]
"""The better one, the other one, and the chance that the first is lower."""


@styled
def improvement_figure(found: Comparisons, dataset: str, labels: Collection[str] | None = None) -> PaperFigure | None:
    """Draw P(A lower) of all pairs of a dataset with intervals, the surest first; None for fewer than two runs a cell.

    Agarwal et al., arXiv 2108.13264, section 4.3. `labels` names the cells that are drawn; None for all.
    """
    judged = [
        one
        for one in found.of(dataset)
        if labels is None or {one.comparison.a.label, one.comparison.b.label} <= set(labels)
    ]
    metric = next((one.comparison.metric for one in judged if one.comparison.better_of_all), None)
    tested = [one for one in judged if one.comparison.metric == metric and one.comparison.better_of_all]
    shown = sorted(map(_turned, main_pairs(tested, len(found.results))), key=_sureness)
    if not shown:
        return None
    figure, axes = row_figure([f"P({a} < {b})" for a, b, _ in shown], [_note(one) for _, _, one in shown], 0)
    for place, (_, _, one) in enumerate(shown):
        decided = one.interval is not None and one.interval.excludes(0.5)
        colour = PALETTE[0] if decided else QUIET
        if one.interval is not None:
            axes.plot([one.interval.low, one.interval.high], [place + 0.06] * 2, color=colour, linewidth=1.4, zorder=3)
        face = colour if decided else "#ffffff"
        mark: dict[str, Any] = {
            "markersize": 4.5,
            "markeredgewidth": 1.2,
            "color": colour,
            "markerfacecolor": face,
            "clip_on": False,
        }
        axes.plot([one.probability], [place + 0.06], "o", zorder=4, **mark)
    rule(axes, 0.5, len(shown), color=INK)
    rule(axes, MEANINGFUL, len(shown), linestyle=(0, (1, 1.5)))
    lows = [one.interval.low for _, _, one in shown if one.interval is not None]
    axes.set_xlim(min([0.45, *(low - 0.02 for low in lows)]), 1.01)
    axes.xaxis.set_major_locator(MultipleLocator(0.25))
    axes.set_xlabel("chance that a run of A ends below a run of B")
    title = tested[0].comparison.a.metric.title
    figure.caption = _caption(found, dataset, title, tested, len(shown))
    figure.alt = f"Chances that a run of one model ends below a run of another by {title} on {dataset}, with intervals."
    return figure


def _sureness(one: Shown) -> tuple[float, float]:
    """A key that sorts the surest first."""
    better = one[2]
    return -better.probability, 0.0 if better.interval is None else -better.interval.low


def _turned(one: ComparisonResult) -> Shown:
    a, b, better = one.comparison.a.label, one.comparison.b.label, one.comparison.better_of_all
    assert better is not None  # noqa: S101  the caller chose so
    if better.probability >= 0.5:
        return a, b, better
    turned = None if better.interval is None else better.interval.complement()
    return b, a, Superiority(1 - better.probability, turned, better.p, better.method)


def _note(one: Superiority) -> str:
    if one.interval is None:
        return number(one.probability, 2)
    return f"{number(one.probability, 2)} [{number(one.interval.low, 2)}, {number(one.interval.high, 2)}]"


def _caption(found: Comparisons, dataset: str, title: str, tested: Sequence[ComparisonResult], shown: int) -> str:
    methods = {one.comparison.better_of_all.method for one in tested if one.comparison.better_of_all}
    apart = (
        " Pairs of which every run of one lies below every run of the other: Clopper–Pearson of disjoint pairs."
        if any("separated" in method for method in methods)
        else ""
    )
    return (
        f"{dataset}: P(A < B) + ½ P(A = B) of {title} over all pairs of runs, one without a number behind all others. "
        f"Lines: {100 * found.level:g} % intervals (Brunner–Munzel), unadjusted.{apart} Solid rule: no difference; "
        f"dotted: {MEANINGFUL:g}, from which the difference is meaningful. Filled: the interval excludes 0.5. "
        f"{bound_note(side.measure for one in tested for side in (one.comparison.a, one.comparison.b))} "
        f"{pairs_note(shown, tested)}".strip()
    )
