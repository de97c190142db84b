"""Which models end too close together to be told apart in a panel, and the part of it that is enlarged for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import CellCurves
from genconv.report.curve_geometry import quartiles, until_divergence
from genconv.report.figures.curve_panel import Place

_CLOSE = 0.035
"""Share of the panel's height within which two medians lie on each other: two to three line widths."""
_MOST = 2
"""Parts of a panel that are enlarged, those of the best models."""
_FROM = 0.6
"""Share of the epochs behind which the enlarged part begins."""
_SHORT = 8
"""Epochs below which nothing is enlarged."""


@dataclass(frozen=True)
class Enlarged:
    """Some models of a panel, and the part of the plane where they end."""

    cells: tuple[CellCurves, ...]
    place: Place


def enlarged(cells: Sequence[CellCurves], place: Place) -> list[Enlarged]:
    """The groups of models whose medians end within `_CLOSE` of each other, lowest first."""
    if place.log_x or place.log_y or max(cell.epochs for cell in cells) < _SHORT:
        return []
    low, high = place.limits
    ends = sorted(((_end(cell), number) for number, cell in enumerate(cells)))
    known = [(end, number) for end, number in ends if low <= end <= high]
    groups: list[list[tuple[float, int]]] = []
    for end, number in known:
        if groups and end - groups[-1][-1][0] <= _CLOSE * (high - low):
            groups[-1].append((end, number))
        else:
            groups.append([(end, number)])
    several = [sorted(number for _, number in group) for group in groups if len(group) > 1]
    return [_part([cells[number] for number in group], place) for group in several][:_MOST]


def _end(cell: CellCurves) -> float:
    """The median at the last place; NaN if no run is left there."""
    return float(quartiles(cell)[1, -1]) if cell.epochs else float("nan")


def _part(cells: Sequence[CellCurves], place: Place) -> Enlarged:
    last = max(float(cell.places.max(initial=0.0)) for cell in cells)
    left = _FROM * last
    seen = [until_divergence(cell)[~cell.diverged][:, cell.places >= left] for cell in cells]
    losses = np.concatenate([one[np.isfinite(one)] for one in seen])
    low, high = (float(np.quantile(losses, share)) for share in (0.005, 0.97))
    margin = 0.12 * ((high - low) or abs(high) * 1e-3 or 1e-6)
    return Enlarged(tuple(cells), Place((left, last + 0.02 * (last - left)), (low - margin, high + margin)))
