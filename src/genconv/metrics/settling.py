"""How soon a curve reaches its final value for good."""

import numpy as np

from genconv.curves import FloatArray
from genconv.metrics.study import last

WITHIN = 0.1
"""Distance from the final loss, in nats, that counts as having arrived."""


def epochs_to_final(curves: FloatArray, within: float = WITHIN) -> FloatArray:
    """Min {e : |vₖ - `last`| ≤ `within` for all k ≥ e}, in epochs counted from 0: shape (N, E) → (N,).

    The loss must stay within that many nats of the final one from then on: a curve that merely passes through
    the band has not arrived, and a late jump sends the answer past the jump. Epochs without a number (NaN)
    neither arrive nor leave; a seed without any number gives NaN.
    """
    with np.errstate(invalid="ignore"):
        outside = np.abs(curves - last(curves)[:, np.newaxis]) > within
    leaves_later = np.logical_or.accumulate(outside[:, ::-1], axis=1)[:, ::-1]
    settled = ~leaves_later & ~np.isnan(curves)
    epoch = np.where(settled, np.arange(curves.shape[1]), np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(epoch), np.nan, epoch)
