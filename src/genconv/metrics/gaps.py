"""Curves with gaps: an epoch without a number (NaN) is passed over, infinities count as numbers."""

import numpy as np

from genconv.curves import FloatArray


def pack(curves: FloatArray) -> FloatArray:
    """Move the numbers of each row to its front, in their order, and its NaNs to the end.

    Shape (N, E) → (N, max(E, 1)): there is always a column, of NaN if need be.
    """
    order = np.argsort(np.isnan(curves), axis=1, kind="stable")
    packed = np.take_along_axis(curves, order, axis=1)
    return packed if packed.shape[1] else np.full((len(curves), 1), np.nan)


def row_mean(values: FloatArray) -> FloatArray:
    """Mean of the numbers of each row, NaN for a row without any: shape (N, E) → (N,)."""
    with np.errstate(all="ignore"):
        mean: FloatArray = np.nansum(values, axis=1) / np.count_nonzero(~np.isnan(values), axis=1)
    return mean
