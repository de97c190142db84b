"""Ranks of values, equal ones sharing the mean of theirs."""

import numpy as np

from genconv.curves import FloatArray


def midranks(values: FloatArray) -> FloatArray:
    """Ranks from 1 along the last axis, shape (…, n) → (…, n); infinities are equal among themselves.

    The same as `scipy.stats.rankdata`.
    """
    n = values.shape[-1]
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    differs = np.ones((*values.shape[:-1], n + 1), dtype=bool)
    differs[..., 1:-1] = ordered[..., 1:] != ordered[..., :-1]
    places = np.arange(n, dtype=np.float64)
    first = np.maximum.accumulate(np.where(differs[..., :-1], places, 0.0), axis=-1)
    ends = np.where(differs[..., 1:], places, n - 1.0)
    last = np.flip(np.minimum.accumulate(np.flip(ends, axis=-1), axis=-1), axis=-1)
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    return ranks
