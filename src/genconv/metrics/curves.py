"""Numbers that describe how one run converged: functions of validation curves, and the metrics made of them."""

from collections.abc import Callable

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.spec import EARLY, EPOCHS, Metric, none


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


def area(curves: FloatArray, places: FloatArray | None = None) -> FloatArray:
    """`area` = 1/(eₗ − e₀) · Σᵢ (eᵢ₊₁ − eᵢ)(vᵢ + vᵢ₊₁)/2, the mean loss over training: shape (N, E) → (N,).

    The trapezoid rule over the places e, divided by their span, so that curves of different lengths compare. `places`
    are the epochs (or steps) of the values, shape (E,); None for 0, 1, 2, … A place without a number (NaN) is passed
    over; a single number is its own mean.
    """
    packed = pack(curves)
    at = np.arange(curves.shape[1], dtype=np.float64) if places is None else places
    widths = np.diff(pack(np.where(np.isnan(curves), np.nan, at)), axis=1)
    trapezoids = packed[:, 1:] / 2 + packed[:, :-1] / 2
    single = np.isnan(trapezoids).all(axis=1)
    with np.errstate(all="ignore"):
        mean = np.nansum(trapezoids * widths, axis=1) / np.nansum(widths, axis=1)
    return np.where(single, packed[:, 0], mean)


def last_minus_min(curves: FloatArray) -> FloatArray:
    """`last` - `min` ≥ 0, what training past the best epoch cost: shape (N, E) → (N,)."""
    with np.errstate(invalid="ignore"):
        return last(curves) - minimum(curves)


ARRIVAL = "epochs_to_final"
CLOSENESS = 0.05
"""Distance from the final loss that counts as having arrived, as a share of the curve's fall |v₀ − `last`|."""


def epochs_to_final(curves: FloatArray, within: float | None = None, places: FloatArray | None = None) -> FloatArray:
    """Min {e : |vₖ − `last`| ≤ c for all k ≥ e}, in epochs counted from 0: shape (N, E) → (N,).

    c is `within`, in the unit of the curve; None for `CLOSENESS` · |v₀ − `last`|, v₀ the first number of the run.
    `places` are the epochs (or steps) of the values, shape (E,); None for 0, 1, 2, …

    The loss must stay within that distance of the final one from then on: a curve that merely passes through
    the band has not arrived, and a late jump sends the answer past the jump. Epochs without a number (NaN)
    neither arrive nor leave; a seed without any number gives NaN.
    """
    final = last(curves)
    with np.errstate(invalid="ignore"):
        close = CLOSENESS * np.abs(pack(curves)[:, 0] - final) if within is None else np.full(len(curves), within)
        outside = np.abs(curves - final[:, np.newaxis]) > close[:, np.newaxis]
    leaves_later = np.logical_or.accumulate(outside[:, ::-1], axis=1)[:, ::-1]
    settled = ~leaves_later & ~np.isnan(curves)
    epochs = np.arange(curves.shape[1]) if places is None else places
    epoch = np.where(settled, epochs, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(epoch), np.nan, epoch)


def arrival(closeness: float) -> Metric:
    """`epochs_to_final` with a distance in the unit of the loss, in place of a share of each curve's fall."""
    return Metric(
        f"{ARRIVAL}:{closeness:g}",
        lambda cell: epochs_to_final(cell.validation, closeness, cell.places),
        f"first epoch from which the loss stays within {closeness:g} of the last one",
        f"min {{e : |vₖ − last| ≤ {closeness:g} for all k ≥ e}}",
        unit=EPOCHS,
        digits=1,
        counts=True,
        measure=none,
        by_tolerance=True,
        rests_on="all places",
    )


REACH = "epochs_to"


def epochs_to(cell: CellCurves, threshold: float) -> FloatArray:
    """Min {e + 1 : vₑ ≤ threshold} in epochs trained, shape (N,); NaN for a run that never was there, or diverged."""
    with np.errstate(invalid="ignore"):
        below = cell.validation <= threshold
    arrived = below.any(axis=1) & ~cell.diverged
    first = cell.done[below.argmax(axis=1)] if cell.epochs else np.zeros(len(cell.seeds))
    return np.where(arrived, first, np.nan)


def reach(threshold: float) -> Metric:
    """`epochs_to` a loss."""
    return Metric(
        f"{REACH}:{threshold:g}",
        lambda cell: epochs_to(cell, threshold),
        f"epochs trained until the loss is {threshold:g} or below, of the runs that got there and did not diverge",
        f"min {{e + 1 : vₑ ≤ {threshold:g}}}",
        unit=EPOCHS,
        digits=1,
        counts=True,
        measure=none,
        by_tolerance=True,
        rests_on="all places",
    )


def _of_validation(function: Callable[[FloatArray], FloatArray]) -> Callable[[CellCurves], FloatArray]:
    return lambda cell: function(cell.validation)


STUDY = "as in the study of four models that genconv re-derives"

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
    Metric(
        "first",
        _of_validation(first),
        "mean of the first five epochs",
        "(v₀ + … + v₄)/5",
        STUDY,
        published=True,
        rests_on="first places",
    ),
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
        rests_on="all places",
    ),
    Metric(
        ARRIVAL,
        lambda cell: epochs_to_final(cell.validation, places=cell.places),
        "first epoch from which the loss stays within 5 % of the curve's fall of the last one",
        "min {e : |vₖ − last| ≤ 0.05 · |v₀ − last| for all k ≥ e}",
        unit=EPOCHS,
        digits=1,
        counts=True,
        measure=none,
        rests_on="all places",
    ),
    Metric(
        "area",
        lambda cell: area(cell.validation, cell.places),
        "mean loss over training, by the trapezoid rule over epochs",
        "1/(eₗ − e₀) · Σᵢ (eᵢ₊₁ − eᵢ)(vᵢ + vᵢ₊₁)/2",
        rests_on="all places",
    ),
    Metric("last_minus_min", _of_validation(last_minus_min), "what training past the best epoch cost", "last − min"),
)
