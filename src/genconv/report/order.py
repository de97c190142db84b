"""In which order models stand: the best first, in every table, legend and figure alike."""

import numpy as np

from genconv.curves import CellCurves, FloatArray

Place = tuple[float, float]


def best_first(cell: CellCurves) -> Place:
    """What cells of one dataset are sorted by: the median final loss of all runs, then the mean of those with a number.

    A diverged run counts as infinite. Losses that say different things are compared as they stand.
    """
    ends = _ends(cell)
    known = ends[np.isfinite(ends)]
    return median_end(cell), float(known.mean()) if known.size else np.inf


def median_end(cell: CellCurves) -> float:
    """The median final loss of all runs, infinite where half of them have no number."""
    ends = _ends(cell)
    with np.errstate(invalid="ignore"):
        middle = float(np.median(ends)) if ends.size else np.inf
    return np.inf if np.isnan(middle) else middle


def _ends(cell: CellCurves) -> FloatArray:
    last = cell.validation[:, -1] if cell.epochs else np.full(len(cell.seeds), np.nan)
    return np.where(cell.diverged | ~np.isfinite(last), np.inf, last)
