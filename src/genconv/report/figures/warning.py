"""Early warning: how well what is recorded early foretells which runs diverge later, an area under the ROC curve."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from genconv.report.figures.colours import PALETTE
from genconv.report.figures.layout import row_figure, rule
from genconv.report.figures.style import PaperFigure, styled
from genconv.statistics.early_warning import Warned

_MOST = 14
"""Rows of a figure."""
_MARKS = ("o", "s", "D", "^", "v")
"""By how much of the training is done; more of them are not drawn."""


@styled
def warning_figure(found: Sequence[Warned]) -> PaperFigure | None:
    """Draw the areas of one dataset with intervals, a row a model and quantity; None where nothing is known.

    Args:
        found: Of one dataset.

    """
    known = [one for one in found if one.area is not None]
    times = sorted({one.after for one in known})[: len(_MARKS)]
    every = list(dict.fromkeys((one.model, one.predictor) for one in known))
    rows = every[:_MOST]
    if not rows:
        return None
    several = len({model for model, _ in rows}) > 1
    names = [f"{model}: {_short(predictor)}" if several else _short(predictor) for model, predictor in rows]
    by_row = [[one for one in known if (one.model, one.predictor) == row and one.after in times] for row in rows]
    figure, axes = row_figure(names, [_note(each) for each in by_row])
    for place, each in enumerate(by_row):
        _row(axes, place, each, times)
    rule(axes, 0.5, len(rows))
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("area under the ROC curve")
    handles = [_handle(place, time) for place, time in enumerate(times)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=0.9)
    figure.caption = (
        f"How well what is recorded early foretells which runs diverge on {known[0].dataset}: the chance that a "
        "quantity is larger in a run that diverges later than in one of the same cell that survives, with 95 % "
        "intervals, after so much of the training; ½ (the line) foretells nothing. At the right: runs that diverged "
        f"later, of those compared.{'' if len(rows) == len(every) else f' Drawn: {len(rows)} of {len(every)} rows.'}"
    )
    figure.alt = f"Areas under the ROC curve of early warnings on {known[0].dataset}; the numbers are tabled."
    return figure


def _short(predictor: str) -> str:
    return predictor.removeprefix("scalar.")


def _note(each: Sequence[Warned]) -> str:
    first = each[0]
    return f"{first.diverged} of {first.diverged + first.survived}"


def _row(axes: Axes, place: int, each: Sequence[Warned], times: Sequence[float]) -> None:
    for one in each:
        at = times.index(one.after)
        y, colour = place - 0.13 + 0.38 * (at + 0.5) / len(times), PALETTE[at]
        if one.area is not None and one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [y, y], color=colour, linewidth=1.0, zorder=3)
            axes.plot([one.area], [y], _MARKS[at], color=colour, markersize=3.4, zorder=5)


def _handle(place: int, time: float) -> Line2D:
    return Line2D([], [], color=PALETTE[place], marker=_MARKS[place], markersize=3.4, label=f"after {time:g} %")
