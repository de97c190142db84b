"""The five metrics of Pedersen, Investigating Convergence Metrics for Deep Generative Models.

Each takes loss curves in nats, shape (N, E), seeds by epochs, and gives one number a seed, shape (N,). Below,
v₀ … vₙ₋₁ are the values of a seed that are left once its NaN epochs are removed; a seed with none gives NaN.
"""

import numpy as np

from genconv.curves import FloatArray
from genconv.metrics.gaps import pack, row_mean

EARLY = 5
"""How many epochs `first` averages, and `exceeds` skips."""


def minimum(curves: FloatArray) -> FloatArray:
    """`min` = minᵢ vᵢ, the smallest loss, in nats: shape (N, E) → (N,)."""
    smallest: FloatArray = np.fmin.reduce(pack(curves), axis=1)
    return smallest


def maximum(curves: FloatArray) -> FloatArray:
    """`max` = maxᵢ vᵢ, the largest loss, in nats: shape (N, E) → (N,)."""
    largest: FloatArray = np.fmax.reduce(pack(curves), axis=1)
    return largest


def last(curves: FloatArray) -> FloatArray:
    """`last` = vₙ₋₁, the final loss, in nats: shape (N, E) → (N,)."""
    packed = pack(curves)
    end = np.count_nonzero(~np.isnan(packed), axis=1) - 1
    final: FloatArray = packed[np.arange(len(packed)), end]
    return final


def first(curves: FloatArray) -> FloatArray:
    """`first` = (v₀ + … + v₄)/5, the early loss, in nats: shape (N, E) → (N,).

    With fewer than five values, the mean of what there is.
    """
    return row_mean(pack(curves)[:, :EARLY])


def exceeds(curves: FloatArray) -> FloatArray:
    """`exceeds` = #{i ≥ 5 : vᵢ > `first`}, how often the loss rose above where it began: shape (N, E) → (N,).

    With five values or fewer, 0.
    """
    packed = pack(curves)
    above = packed[:, EARLY:] > first(curves)[:, np.newaxis]
    return np.where(np.isnan(packed[:, 0]), np.nan, np.count_nonzero(above, axis=1))
