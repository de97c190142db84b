"""Spikes of the loss from which a run recovers."""

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.spec import Metric, none

BEFORE = 5
"""Places whose median is the level before a spike."""
HEIGHT = 10.0
"""Usual changes that a spike is above that level, at least."""
RETURNED = 0.5
"""Of its height: how far it has to fall again."""


def spikes(losses: FloatArray) -> FloatArray:
    """#{spikes of v₀, v₁, …}, shape (N,), of losses of shape (N, E); NaN for fewer than ten finite places.

    With d the median of |vₑ₊₁ − vₑ|, a spike begins at the first e with vₑ − b > 10 d, b the median of the five places
    before e. It is counted if a later loss is below b + ½ (p − b), p its peak so far; the next one can begin behind.
    """
    return np.array([_of_run(row) for row in losses])


def _of_run(row: FloatArray) -> float:
    values = row[np.isfinite(row)]
    if len(values) < 2 * BEFORE:
        return np.nan
    usual = float(np.median(np.abs(np.diff(values))))
    count, level, peak = 0, np.nan, np.nan
    for place in range(BEFORE, len(values)):
        value = values[place]
        if np.isfinite(peak):
            peak = max(peak, value)
            if value < level + RETURNED * (peak - level):
                count, peak = count + 1, np.nan
        else:
            before = float(np.median(values[place - BEFORE : place]))
            if value - before > HEIGHT * usual:
                level, peak = before, value
    return float(count)


def _lacks(cell: CellCurves) -> str:
    return "" if cell.epochs >= 2 * BEFORE else f"{2 * BEFORE} places of its curves"


METRICS = (
    Metric(
        "spikes",
        lambda cell: spikes(cell.validation),
        "spikes of the validation loss from which the run recovered: more than ten usual changes above the median of "
        "the five places before, then back to less than half of that height",
        "#{e : vₑ − median(vₑ₋₅, …, vₑ₋₁) > 10 · median |vₖ₊₁ − vₖ|, and half of it is lost again}",
        unit="spikes",
        digits=1,
        counts=True,
        requires=_lacks,
        measure=none,
        has_zero=True,
        rests_on="all places",
    ),
)
