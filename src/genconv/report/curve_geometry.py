"""Loss curves as they are drawn: runs up to their divergence, quartiles of the others, limits of the axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genconv.coordinates import RunLabel
from genconv.curves import CellCurves, FloatArray
from genconv.metrics.curves import last

_SETTLED = 0.02
"""Fraction of the epochs at the start that has no say in the upper limit."""
_FEW = 10
"""Of fewer epochs each one is within the axis."""
_DWARFS = 20.0
"""A cell whose losses lie this many times farther from the lowest loss than those of the others sets no limit."""


@dataclass(frozen=True)
class DivergencePoint:
    """Where the curve of a diverged run ends."""

    seed: RunLabel
    place: int
    """Its last place with a number; where it has none, the place of its divergence."""
    epoch: float
    """The epoch of that place, counted from 0."""
    loss: float | None
    """None if the run never had a number."""
    cause: str


def until_divergence(cell: CellCurves) -> FloatArray:
    """Give validation curves, shape (N, E), NaN behind the epoch in which a run diverged."""
    curves = np.where(np.isfinite(cell.validation), cell.validation, np.nan)
    epochs = cell.places
    for row, divergence in zip(curves, cell.divergences, strict=True):
        if divergence is not None:
            row[epochs > divergence.epoch] = np.nan
    return curves


def divergence_points(cell: CellCurves) -> list[DivergencePoint]:
    """Where the curve of each diverged run ends."""
    points, epochs = [], cell.places
    for seed, row, divergence in zip(cell.seeds, until_divergence(cell), cell.divergences, strict=True):
        if divergence is None:
            continue
        known = np.flatnonzero(np.isfinite(row))
        behind = int(np.searchsorted(epochs, divergence.epoch))
        place = int(known[-1]) if known.size else min(behind, cell.epochs - 1)
        loss = float(row[place]) if known.size else None
        points.append(DivergencePoint(seed, place, float(epochs[place]), loss, divergence.cause))
    return points


def quartiles(cell: CellCurves) -> FloatArray:
    """Lower quartile, median and upper quartile over the runs that did not diverge, shape (3, E); NaN where none is."""
    result = np.full((3, cell.epochs), np.nan)
    alive = until_divergence(cell)[~cell.diverged]
    finite = np.isfinite(alive)
    known, whole = finite.any(axis=0), finite.all(axis=0)
    if known.any():  # nanquantile calls quantile for each epoch
        result[:, known & whole] = np.quantile(alive[:, known & whole], [0.25, 0.5, 0.75], axis=0)
        result[:, known & ~whole] = np.nanquantile(alive[:, known & ~whole], [0.25, 0.5, 0.75], axis=0)
    return result


def loss_limits(cells: Sequence[CellCurves]) -> tuple[float, float]:
    """Lower and upper end of the loss axis for `cells` of one dataset.

    The upper end comes from the 95 % quantile of each cell's settled losses, never from its first epochs
    or a blow-up; a cell whose losses dwarf the others' is left out. The lower end lies just below the lowest
    loss and the entropy, if the losses say something of it. Of fewer than ten epochs nothing is cut off.
    """
    ranges = [limits for limits in map(_range, cells) if limits is not None]
    floors = [cell.reference.entropy for cell in cells if cell.reference is not None and cell.measure.says_nll]
    if not ranges:
        return (floors[0] - 0.5, floors[0] + 0.5) if floors else (0.0, 1.0)
    nearest = min(high for _, high in ranges)
    low = min([low for low, _ in ranges] + floors)
    reach = _DWARFS * max(nearest - low, abs(nearest), 1e-9)
    high = max([high for _, high in ranges if high - low <= reach], default=nearest)
    low = min([value for value, top in ranges if top <= high] + floors)
    span = max(high - low, 1e-3 * abs(high), 1e-6)
    return low - 0.1 * span, high + 0.06 * span


def _range(cell: CellCurves) -> tuple[float, float] | None:
    curves = until_divergence(cell)
    if not cell.diverged.all():
        curves = curves[~cell.diverged]
    if cell.epochs < _FEW:
        losses = curves[np.isfinite(curves)]
        return (float(losses.min()), float(losses.max())) if losses.size else None
    settled = curves[:, min(int(np.ceil(_SETTLED * cell.epochs)), cell.epochs - 1) :]
    losses = settled[np.isfinite(settled)]
    if not losses.size:
        losses = curves[np.isfinite(curves)]
    if not losses.size:
        return None
    return float(np.quantile(losses, 0.002)), float(np.quantile(losses, 0.95))


def median_place(cell: CellCurves) -> int | None:
    """Find the survivor with the median final loss, the lower one of two: its index in `cell.seeds`.

    None if every run diverged.
    """
    final = np.where(cell.diverged, np.nan, last(cell.validation))
    ranked = np.argsort(final, kind="stable")[: np.count_nonzero(np.isfinite(final))]
    return int(ranked[(len(ranked) - 1) // 2]) if len(ranked) else None
