"""The area under a loss curve: low for a model that learns early and stays good."""

import numpy as np

from genconv.curves import FloatArray
from genconv.metrics.gaps import pack, row_mean


def area(curves: FloatArray) -> FloatArray:
    """`area` = 1/(n - 1) · Σᵢ (vᵢ + vᵢ₊₁)/2, i = 0 … n - 2, the mean loss over training: shape (N, E) → (N,).

    In nats: the trapezoid rule over epochs, divided by the number of intervals, so that curves of different
    lengths compare. The values vᵢ left once NaN epochs are removed count as consecutive; a single one is its
    own mean.
    """
    packed = pack(curves)
    trapezoids = packed[:, 1:] / 2 + packed[:, :-1] / 2
    single = np.isnan(packed[:, 1:]).all(axis=1)
    return np.where(single, packed[:, 0], row_mean(trapezoids))
