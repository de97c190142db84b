"""Forest plot: the differences of pairs of cells, with the interval of every difference."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from genconv.report.figures.colours import PALETTE, QUIET
from genconv.report.figures.layout import limits_around, row_figure, rule
from genconv.report.figures.style import PaperFigure, styled
from genconv.report.format import counted, listed, with_interval
from genconv.report.labels import bound_note, said_by
from genconv.report.limits import main_pairs, pairs_note
from genconv.report.sentences import ordered
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.sample import Sample
from genconv.statistics.two_sample import MeanDifference

_WIDE = 25.0
"""Largest over smallest difference from which the axis is logarithmic."""

State = Literal["decided", "undecided", "decided by all runs", "all runs"]
_HOLLOW: Mapping[str, Any] = {"markeredgewidth": 1.2, "markerfacecolor": "#ffffff", "color": QUIET}
_MARKS: Mapping[State, Mapping[str, Any]] = {
    "decided": {"marker": "o", "markersize": 4.5, "markeredgewidth": 1.2, "color": PALETTE[0]},
    "undecided": {"marker": "o", "markersize": 4.5, **_HOLLOW},
    "decided by all runs": {"marker": "D", "markersize": 4, "markeredgewidth": 1.2, "color": PALETTE[0]},
    "all runs": {"marker": "D", "markersize": 4, **_HOLLOW},
}
_WORDS: Mapping[State, str] = {
    "decided": "decided",
    "undecided": "no winner",
    "decided by all runs": "decided by all runs",
    "all runs": "no winner by all runs",
}
_ALL_RUNS = "; diamond: some runs have no number, so the verdict is on all runs, and not on this difference"


@styled
def forest_figure(found: Comparisons, dataset: str, labels: Collection[str] | None = None) -> PaperFigure | None:
    """Draw B − A of all pairs of a dataset with Welch intervals, the largest first, for one metric.

    `labels` names the cells that are drawn; None for all. None if no pair has two runs a cell.
    """
    judged = [
        one
        for one in found.of(dataset)
        if labels is None or {one.comparison.a.label, one.comparison.b.label} <= set(labels)
    ]
    metric = next((one.comparison.metric for one in judged if one.comparison.means), None)
    judged = [one for one in judged if one.comparison.metric == metric]
    tested = [one for one in judged if one.comparison.means]
    pairs = [(one, one.comparison.means) for one in main_pairs(tested, len(found.results)) if one.comparison.means]
    shown = sorted(pairs, key=lambda pair: -pair[1].difference)
    if not shown:
        return None
    names = [pair_name(one, means) for one, means in shown]
    figure, axes = row_figure(names, [with_interval(means.difference, means.interval, 2) for _, means in shown])
    linear_to = _scale(axes, [means for _, means in shown])
    for place, (one, means) in enumerate(shown):
        _row(axes, place, means, pair_state(one))
    rule(axes, 0.0, len(shown))
    scale = f" (logarithmic beyond {linear_to:.2g})" if linear_to else ""
    samples = {sample.label: sample for one, _ in shown for sample in (one.comparison.a, one.comparison.b)}
    unit = shown[0][0].comparison.a.unit
    measures = [sample.measure for sample in samples.values()]
    says = said_by((label, sample.measure) for label, sample in samples.items())
    title = shown[0][0].comparison.a.metric.title
    axes.set_xlabel(f"difference of {title}, B − A{f', {unit}' if unit else ''}{scale}")
    states = [pair_state(one) for one, _ in shown]
    key = _key(states)
    figure.legend(handles=key, loc="outside lower center", ncols=min(len(key), 2), columnspacing=0.9)
    figure.caption = (
        f"{dataset}: the mean of {title} of B minus that of A, which is named first, over the runs that have a number "
        f"({_runs(list(samples.values()))} a cell). {f'Numbers: {says}. ' if says else ''}"
        f"Lines: {100 * found.level:g} % Welch intervals, unadjusted. Filled: decided, "
        f"p of the permutation test of means after Holm over {counted(found.family, 'comparison')} is below "
        f"{1 - found.level:.2g}; hollow: no winner, as it is not, or as "
        f"the interval or most runs disagree{_ALL_RUNS if {'all runs', 'decided by all runs'} & {*states} else ''}. "
        f"{_by_ranks([one for one, _ in shown])}{note + ' ' if (note := bound_note(measures)) else ''}"
        f"{_missing(judged)}{pairs_note(len(shown), tested)}".strip()
    )
    figure.alt = f"Forest plot of the differences of {title} between the models on {dataset}; the numbers are tabled."
    return figure


def pair_name(one: ComparisonResult, means: MeanDifference) -> str:
    """`flow (5 of 10) below lvae` where the verdict rests on the difference, `flow vs vae` where it says neither.

    An NLL lies below `vae's bound`.
    """
    a, b = (_named(one, side) for side in (one.comparison.a, one.comparison.b))
    if pair_state(one) != "decided":
        return f"{a} vs {b}"
    return f"{a} below {b}" if means.difference >= 0 else f"{a} above {b}"


def _named(one: ComparisonResult, side: Sample) -> str:
    bound = one.verdict.claim == "nll below a bound" and pair_state(one) == "decided"
    name = f"{side.label}'s bound" if bound and side.label != one.verdict.lower else side.label
    return f"{name} ({side.counted})" if side.missing.any() else name


def _by_ranks(shown: Sequence[ComparisonResult]) -> str:
    """Who comes first where all runs decide: the drawn difference need not tell."""
    told = []
    for one in shown:
        if pair_state(one) == "decided by all runs":
            lower, upper = ordered(one)
            told.append(f"{lower.label} before {upper.label}")
    return f"Decided by all runs: {listed(told)}. " if told else ""


def _runs(samples: Sequence[Sample]) -> str:
    counts = sorted({len(sample.survivors) for sample in samples})
    return f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"


def _missing(judged: Sequence[ComparisonResult]) -> str:
    """Which cells have no difference to be drawn."""
    sides = [side for one in judged for side in (one.comparison.a, one.comparison.b)]
    few = {side.label: f"{side.label} ({side.counted} runs)" for side in sides if len(side.survivors) < 2}
    return f"Not drawn, as a mean needs two runs with a number: {listed(list(few.values()))}. " if few else ""


def pair_state(one: ComparisonResult) -> State:
    """Whether the verdict rests on the difference that is drawn, and decides."""
    if one.verdict.basis == "all runs":
        return "decided by all runs" if one.verdict.decision == "below" else "all runs"
    return "decided" if one.verdict.decision == "below" else "undecided"


def _row(axes: Axes, place: int, means: MeanDifference, state: State) -> None:
    mark = _MARKS[state]
    if means.interval is not None:
        ends = [means.interval.low, means.interval.high]
        axes.plot(ends, [place + 0.06] * 2, color=mark["color"], linewidth=1.4, zorder=3)
    axes.plot([means.difference], [place + 0.06], linestyle="none", zorder=4, **mark)


def _key(states: Sequence[State]) -> list[Line2D]:
    """Of the legend: the marks that are drawn."""
    shown = [state for state in _MARKS if state in states]
    return [Line2D([], [], linestyle="none", label=_WORDS[state], **_MARKS[state]) for state in shown]


def _scale(axes: Axes, means: Sequence[MeanDifference]) -> float | None:
    """Set the axis; returns up to where it is linear if it is logarithmic beyond."""
    ends = [0.0, *(one.difference for one in means)]
    ends += [end for one in means if one.interval is not None for end in (one.interval.low, one.interval.high)]
    ends = [end for end in ends if np.isfinite(end)]
    sizes = [abs(one.difference) for one in means if one.difference]
    if not sizes or max(sizes) / min(sizes) < _WIDE:
        axes.set_xlim(*limits_around(ends))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        return None
    linear = float(10 ** np.floor(np.log10(min(sizes))))
    axes.set_xscale("symlog", linthresh=linear, linscale=0.6)
    axes.set_xlim(2.5 * min(ends) if min(ends) < 0 else -0.4 * linear, 2.5 * max(ends))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    axes.minorticks_off()
    return linear
