"""Spikes of the loss from which a run recovers."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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
    return np.array(
        [_of_run(row) if possible else 0.0 for row, possible in zip(losses, _possible(losses), strict=True)]
    )


def _possible(losses: FloatArray) -> NDArray[np.bool_]:
    """Where a run may have a spike, shape (N,): a loss far above the least of the five before it, or one missing."""
    if losses.shape[1] < 2 * BEFORE:
        return np.ones(len(losses), dtype=bool)
    with np.errstate(invalid="ignore"):
        usual = np.median(np.abs(np.diff(losses, axis=1)), axis=1)
        windows = sliding_window_view(losses[:, :-1], BEFORE, axis=1)
        rises = losses[:, BEFORE:] - windows.min(axis=2) > HEIGHT * usual[:, None]
    found: NDArray[np.bool_] = rises.any(axis=1) | ~np.isfinite(losses).all(axis=1)
    return found


def _of_run(row: FloatArray) -> float:
    values = row[np.isfinite(row)]
    if len(values) < 2 * BEFORE:
        return np.nan
    usual = float(np.median(np.abs(np.diff(values))))
    levels = np.median(sliding_window_view(values[:-1], BEFORE), axis=1)
    count, end = 0, 0
    for start in np.flatnonzero(values[BEFORE:] - levels > HEIGHT * usual) + BEFORE:
        if start >= end:
            level, later = levels[start - BEFORE], values[start:]
            recovered = np.flatnonzero(later < level + RETURNED * (np.maximum.accumulate(later) - level))
            if not len(recovered):
                break
            count, end = count + 1, start + recovered[0] + 1
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
