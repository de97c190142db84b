"""The loss over the learning rate, and the share of runs that diverge."""

from collections.abc import Sequence

import numpy as np

from genconv.report.figures.colours import QUIET, looks
from genconv.report.figures.log_axis import plain_ticks
from genconv.report.figures.style import COLUMN, PaperFigure, styled
from genconv.statistics.rate_sensitivity import RateSensitivity


@styled
def sensitivity_figure(found: Sequence[RateSensitivity]) -> PaperFigure:
    """Above a dot a run and the line of the mean of min(loss, initial loss); below the share of diverged runs.

    `found` are of one dataset. A triangle marks the rate at which 5 % diverge, with its interval.
    """
    figure = PaperFigure(COLUMN, 3.4)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    colours = looks(one.model for one in found)
    for one in found:
        look = colours[one.model]
        rates = [rate.rate for rate in one.rates]
        means = [float(np.mean(np.fmin(np.nan_to_num(rate.losses, nan=np.inf), one.initial))) for rate in one.rates]
        above.plot(rates, means, color=look.colour, linestyle=look.dash, linewidth=1.0, label=one.model)
        for rate in one.rates:
            kept = np.fmin(rate.losses[np.isfinite(rate.losses)], one.initial)
            above.plot([rate.rate] * len(kept), kept, ".", color=look.colour, markersize=2.5, alpha=0.6)
        shares = [rate.diverged / len(rate.losses) for rate in one.rates]
        below.plot(rates, shares, color=look.colour, linestyle=look.dash, linewidth=1.0, marker="o", markersize=2)
        if np.isfinite(one.critical):
            ends = np.clip([one.critical_low, one.critical_high], rates[0], rates[-1])
            below.plot(ends, [0.05, 0.05], color=look.colour, linewidth=2.0, alpha=0.4)
            below.plot([one.critical], [0.05], "^", color=look.colour, markersize=4)
    above.set_xscale("log")
    plain_ticks(below.xaxis)
    above.set_ylabel(f"loss, {found[0].unit}" if found[0].unit else "loss")
    below.set_ylabel("diverged")
    below.set_xlabel("learning rate")
    below.axhline(0.05, color=QUIET, linewidth=0.4)
    below.set_ylim(-0.05, 1.05)
    above.legend()
    figure.caption = (
        f"Last validation loss on {found[0].dataset} over the learning rate, a dot a run, the initial loss where it is "
        "larger; lines: means, with diverged runs at the initial loss. Below: the share of runs that diverged; "
        "triangles: where 5 % do, with the 95 % interval."
    )
    figure.alt = "Loss and share of diverged runs over the learning rate."
    return figure
