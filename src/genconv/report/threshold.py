"""The loss that a seed has to reach, chosen for a dataset from its curves unless somebody names the distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import CellCurves
from genconv.errors import InputError
from genconv.statistics.survival import threshold_near_best

SHARE = 0.05
"""Of the way that the best cell came from its first epoch to its last."""
_NOTHING = 1e-12
"""A fall of so little is rounding."""


@dataclass(frozen=True)
class Threshold:
    """A loss, and how far above the best cell's median it lies; both in nats."""

    loss: float
    within: float


def threshold(cells: Sequence[CellCurves], within: float | None = None) -> Threshold | None:
    """`within` nats of the best cell's median final loss; None if no cell has a finite median.

    By default `within` is 1, 2 or 5 times a power of ten, nearest to `SHARE` of the best median's fall over training.
    """
    try:
        best = threshold_near_best(cells, 0.0)
    except InputError:
        return None
    chosen = _round(SHARE * _fall(cells, best)) if within is None else within
    return Threshold(best + chosen, chosen)


def _fall(cells: Sequence[CellCurves], best: float) -> float:
    first = [cell.validation[~cell.diverged, 0] for cell in cells]
    starts = [float(np.median(losses)) for losses in first if losses.size and np.isfinite(losses).all()]
    fall, size = min(starts, default=best) - best, max(abs(best), 1.0)
    return fall if fall > _NOTHING * size else 0.2 * size


def _round(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    steps = [1 * power, 2 * power, 5 * power, 10 * power]
    return float(f"{min(steps, key=lambda step: abs(np.log(step / value))):.6g}")
