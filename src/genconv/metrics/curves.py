"""Numbers that describe how one run converged: functions of validation curves, and the metrics made of them."""

from collections.abc import Callable

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.spec import EPOCHS, Metric, none


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


EARLY = 5
"""How many epochs `first` averages, and `exceeds` skips."""


def minimum(curves: FloatArray) -> FloatArray:
    """`min` = minᵢ vᵢ, the smallest loss: shape (N, E) → (N,)."""
    smallest: FloatArray = np.fmin.reduce(pack(curves), axis=1)
    return smallest


def maximum(curves: FloatArray) -> FloatArray:
    """`max` = maxᵢ vᵢ, the largest loss: shape (N, E) → (N,)."""
    largest: FloatArray = np.fmax.reduce(pack(curves), axis=1)
    return largest


def last(curves: FloatArray) -> FloatArray:
    """`last` = vₙ₋₁, the final loss: shape (N, E) → (N,)."""
    packed = pack(curves)
    end = np.count_nonzero(~np.isnan(packed), axis=1) - 1
    final: FloatArray = packed[np.arange(len(packed)), end]
    return final


def first(curves: FloatArray) -> FloatArray:
    """`first` = (v₀ + … + v₄)/5, the early loss: shape (N, E) → (N,).

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


def area(curves: FloatArray) -> FloatArray:
    """`area` = 1/(n - 1) · Σᵢ (vᵢ + vᵢ₊₁)/2, i = 0 … n - 2, the mean loss over training: shape (N, E) → (N,).

    The trapezoid rule over epochs, divided by the number of intervals, so that curves of different
    lengths compare. The values vᵢ left once NaN epochs are removed count as consecutive; a single one is its
    own mean.
    """
    packed = pack(curves)
    trapezoids = packed[:, 1:] / 2 + packed[:, :-1] / 2
    single = np.isnan(packed[:, 1:]).all(axis=1)
    return np.where(single, packed[:, 0], row_mean(trapezoids))


def last_minus_min(curves: FloatArray) -> FloatArray:
    """`last` - `min` ≥ 0, what training past the best epoch cost: shape (N, E) → (N,)."""
    with np.errstate(invalid="ignore"):
        return last(curves) - minimum(curves)


WITHIN = 0.1
"""Distance from the final loss, in the unit of the curve, that counts as having arrived."""


def epochs_to_final(curves: FloatArray, within: float = WITHIN, places: FloatArray | None = None) -> FloatArray:
    """Min {e : |vₖ - `last`| ≤ `within` for all k ≥ e}, in epochs counted from 0: shape (N, E) → (N,).

    `places` are the epochs of the values, shape (E,); None for 0, 1, 2, …

    The loss must stay within that distance of the final one from then on: a curve that merely passes through
    the band has not arrived, and a late jump sends the answer past the jump. Epochs without a number (NaN)
    neither arrive nor leave; a seed without any number gives NaN.
    """
    with np.errstate(invalid="ignore"):
        outside = np.abs(curves - last(curves)[:, np.newaxis]) > within
    leaves_later = np.logical_or.accumulate(outside[:, ::-1], axis=1)[:, ::-1]
    settled = ~leaves_later & ~np.isnan(curves)
    epochs = np.arange(curves.shape[1]) if places is None else places
    epoch = np.where(settled, epochs, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(epoch), np.nan, epoch)


def _of_validation(function: Callable[[FloatArray], FloatArray]) -> Callable[[CellCurves], FloatArray]:
    return lambda cell: function(cell.validation)


STUDY = "the published study of four models"

METRICS = (
    Metric(
        "min",
        _of_validation(minimum),
        "smallest validation loss of a run",
        "minₑ vₑ",
        STUDY,
        published=True,
        of_model=True,
        headline=True,
    ),
    Metric("max", _of_validation(maximum), "largest validation loss of a run", "maxₑ vₑ", STUDY, published=True),
    Metric(
        "last",
        _of_validation(last),
        "last validation loss of a run",
        "vₗ, l the last epoch",
        STUDY,
        published=True,
        of_model=True,
        headline=True,
    ),
    Metric("first", _of_validation(first), "mean of the first five epochs", "(v₀ + … + v₄)/5", STUDY, published=True),
    Metric(
        "exceeds",
        _of_validation(exceeds),
        "later epochs whose loss is greater than first",
        "#{e ≥ 5 : vₑ > first}",
        STUDY,
        unit=EPOCHS,
        digits=1,
        counts=True,
        published=True,
        measure=none,
    ),
    Metric(
        "epochs_to_final",
        lambda cell: epochs_to_final(cell.validation, places=cell.places),
        "first epoch from which the loss stays within 0.1 of the last one",
        "min {e : |vₖ − last| ≤ 0.1 for all k ≥ e}",
        unit=EPOCHS,
        digits=1,
        counts=True,
        measure=none,
        by_tolerance=True,
    ),
    Metric(
        "area",
        _of_validation(area),
        "mean loss over training, by the trapezoid rule over epochs",
        "1/l · Σₑ (vₑ + vₑ₊₁)/2",
    ),
    Metric("last_minus_min", _of_validation(last_minus_min), "what training past the best epoch cost", "last − min"),
)
