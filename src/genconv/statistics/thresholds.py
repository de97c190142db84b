"""The loss that counts as reached: of the user, from what is known of the data, or from the best cell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genconv.curves import CellCurves, Reference
from genconv.errors import InputError
from genconv.statistics.survival import arrival_times

SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""What may be left of the way from the Gaussian to the entropy, as a share of it; 1 is the Gaussian itself."""
SHARE = 0.05
"""Without an entropy: how far above the best cell's median the threshold lies, as a share of that cell's fall."""
_ROUNDING = 1e-12
"""A fall of so little is rounding."""

Source = Literal["user", "entropy", "Gaussian", "cell"]


@dataclass(frozen=True)
class Threshold:
    """The loss that counts as reached, in the unit of the curves, and where it comes from."""

    loss: float
    source: Source
    above: float = 0.0
    """How far above the entropy, or above the best cell's median, it lies; 0 for a value of the user."""
    share: float = 0.0
    """The same as a share of the way from the entropy to the Gaussian; 0 for other sources."""
    label: str = ""
    """The best cell's, where it comes from that."""


def checked(value: float | None) -> float | None:
    """The threshold of a user, if it is a number; `InputError` otherwise."""
    if value is not None and not math.isfinite(value):
        raise InputError(f"threshold = {value}: must be a finite loss")
    return value


def threshold(cells: Sequence[CellCurves], value: float | None = None) -> Threshold | None:
    """The loss that counts as reached by cells of one dataset: `value`, H + s (G − H), or minᵢ median of finals + c.

    H is the entropy of the data and G the cross-entropy of the Gaussian with its moments, where the losses are NLLs or
    bounds in nats: s is the smallest of `SHARES` that at least half of the runs of some cell reach and keep, and 1 if
    none does. Without them the best cell counts among those of which fewer than half of the runs diverged, a diverged
    run as +∞; c is 1, 2 or 5 times a power of ten, nearest to `SHARE` of its fall over training. None if there is none.
    """
    if value is not None:
        return Threshold(value, "user")
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    if (
        reference is not None
        and all(cell.measure.says_nll for cell in cells)
        and reference.gaussian > reference.entropy
    ):
        return _of_reference(cells, reference)
    return _of_best(cells)


def _of_reference(cells: Sequence[CellCurves], reference: Reference) -> Threshold:
    way = reference.gaussian - reference.entropy
    share = next((one for one in SHARES if _usual(cells, reference.entropy + one * way)), SHARES[-1])
    source: Source = "Gaussian" if share == 1 else "entropy"
    return Threshold(reference.entropy + share * way, source, share * way, share)


def _usual(cells: Sequence[CellCurves], loss: float) -> bool:
    """Whether half of the runs of some cell reach the loss."""
    return any(2 * arrival_times(cell, loss).arrived.sum() >= len(cell.seeds) for cell in cells if cell.seeds)


def _of_best(cells: Sequence[CellCurves]) -> Threshold | None:
    kept = [cell for cell in cells if cell.seeds and cell.epochs and 2 * cell.diverged.sum() < len(cell.seeds)]
    medians = {cell.label: float(np.median(np.where(cell.diverged, np.inf, cell.validation[:, -1]))) for cell in kept}
    medians = {label: median for label, median in medians.items() if np.isfinite(median)}
    if not medians:
        return None
    label = min(medians, key=medians.__getitem__)
    above = _round(SHARE * _fall([cell for cell in kept if cell.label == label], medians[label]))
    return Threshold(medians[label] + above, "cell", above, label=label)


def _fall(cells: Sequence[CellCurves], best: float) -> float:
    first = [cell.validation[~cell.diverged, 0] for cell in cells]
    starts = [float(np.median(losses)) for losses in first if losses.size and np.isfinite(losses).all()]
    fall, size = min(starts, default=best) - best, max(abs(best), 1.0)
    return fall if fall > _ROUNDING * size else 0.2 * size


def _round(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    steps = [1 * power, 2 * power, 5 * power, 10 * power]
    return float(f"{min(steps, key=lambda step: abs(np.log(step / value))):.6g}")
