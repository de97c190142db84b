"""Performance profiles over datasets: the share of runs that end at most so far above the best model."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from genconv.metrics.spec import title_of
from genconv.report.figures.colours import Look, looks
from genconv.report.figures.style import COLUMN, PaperFigure, styled
from genconv.report.format import counted, listed, number
from genconv.report.labels import bound_note
from genconv.statistics.aggregate import Aggregate, Aggregates
from genconv.statistics.compare import Comparisons


def profiled(found: Comparisons | None) -> Aggregates | None:
    """The first metric whose scores stand on one scale over the datasets."""
    return next(iter(found.aggregates), None) if found is not None else None


def why_no_profile(found: Comparisons | None) -> str:
    """In one line why there is no profile; empty where there is one."""
    if profiled(found) is not None:
        return ""
    return "a performance profile needs two models that were run on the same two or more datasets, with like losses"


@styled
def profile_figure(found: Comparisons | None, colours: Mapping[str, Look] | None = None) -> PaperFigure | None:
    """Draw for each model the share of its runs with a score of at most τ, with pointwise bootstrap bands.

    Agarwal et al., arXiv 2108.13264, section 4. None where `why_no_profile` says why.
    """
    one = profiled(found)
    if one is None or found is None:
        return None
    cells = sorted(one.cells, key=lambda cell: cell.interquartile_mean)
    known = colours or {}
    given = {cell.label: known[cell.label] for cell in cells if cell.label in known}
    given |= looks(cell.label for cell in cells if cell.label not in given)
    figure = PaperFigure(COLUMN, 2.2 + 0.145 * len(cells))
    axes = figure.subplots()
    for cell in cells:
        look = given[cell.label]
        axes.fill_between(
            one.thresholds, cell.profile_low, cell.profile_high, color=look.colour, alpha=0.16, linewidth=0, step="post"
        )
        axes.step(one.thresholds, cell.profile, where="post", color=look.colour, linestyle=look.dash, linewidth=1.4)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_ylabel("share of runs at most τ")
    axes.set_xlabel(_axis_label(one))
    low, high = float(one.thresholds[0]), float(one.thresholds[-1])
    if high > low:
        axes.set_xlim(low, high)
    handles = [
        Line2D([], [], color=given[c.label].colour, linestyle=given[c.label].dash, linewidth=1.4, label=_said(c))
        for c in cells
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=1)
    figure.caption = f"{_caption(one, cells, found.level)} {bound_note(one.measures)}".strip()
    figure.alt = f"Step curves of the share of runs with a score of at most τ over {listed(list(one.datasets))}."
    return figure


def _axis_label(one: Aggregates) -> str:
    unit = next((measure.unit for measure in one.measures if measure.unit), "")
    what = f"τ: {title_of(one.metric)}{' above the best median' if one.above_best else ''}"
    return f"{what}, {unit}" if unit else what


def _said(cell: Aggregate) -> str:
    mean = number(cell.interquartile_mean, 2) if np.isfinite(cell.interquartile_mean) else "∞"
    ends = [number(end, 2) if np.isfinite(end) else "∞" for end in (cell.interval.low, cell.interval.high)]
    missing = f", {cell.missing} of {cell.seeds} without a number" if cell.missing else ""
    return f"{cell.label}: {mean} [{', '.join(ends)}]{missing}"


def _caption(one: Aggregates, cells: Sequence[Aggregate], level: float) -> str:
    score = "its distance to the median of the best cell on the same dataset" if one.above_best else "the metric itself"
    runs = sorted({cell.seeds for cell in cells})
    several = str(runs[0]) if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    missing = " A run without a number is never reached." if any(cell.missing for cell in cells) else ""
    return (
        f"Performance profiles over {counted(len(one.datasets), 'dataset')} ({listed(list(one.datasets))}): share of "
        f"the runs of a model ({several} in all) whose score is at most τ. The score of {title_of(one.metric)} is "
        f"{score}; the higher curve is better.{missing} Bands: pointwise {100 * level:g} % intervals, stratified "
        "bootstrap over runs within datasets. In the legend: interquartile mean of the scores with its interval."
    )
