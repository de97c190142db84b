"""Where each seed stands between the entropy of the data and a Gaussian."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from genconv.coordinates import RunLabel
from genconv.curves import FloatArray
from genconv.metrics.curves import last
from genconv.store.results import StoredCell

Flag = Literal["", "no number", "below the floor", "above the Gaussian"]

SIGMAS = 3.0
"""How many standard errors beyond a line count as beyond it."""

MEANING = {
    "below the floor": "an error of the likelihood: no model has an expected loss below the entropy",
    "above the Gaussian": "misspecification: two moments alone would do better",
}


@dataclass(frozen=True)
class EntropyGap:
    """The final validation losses of one cell, in nats above the entropy H of its data."""

    label: str
    seeds: tuple[RunLabel, ...]
    excess: FloatArray
    """`last` − H, shape (N,); NaN for a run that diverged or has no finite number."""
    gaussian: float
    """Excess of the Gaussian with the data's mean and covariance."""
    error: float | None
    """Standard error of an excess from the M points it was evaluated on, sd of −log p over √M; None where M is not on
    record, and then every excess beyond a line is flagged.
    """
    flags: tuple[Flag, ...]
    """One a seed."""


def entropy_gap(cell: StoredCell, label: str = "") -> EntropyGap | None:
    """Excess of each seed, with a flag where it is beyond 0 or the Gaussian by `SIGMAS` errors; None without entropy.

    The error is that of a model that equals the data's law. For the rest it is of the same order.
    """
    curves = cell.curves
    if curves.reference is None or not curves.measure.says_nll:
        return None
    final = last(curves.validation)
    missing = curves.diverged | ~np.isfinite(final)
    excess = np.where(missing, np.nan, final) - curves.reference.entropy
    gaussian = curves.reference.gaussian - curves.reference.entropy
    points = evaluation_points(cell)
    error = None if points is None else curves.reference.deviation / float(np.sqrt(points))
    slack = SIGMAS * (error or 0.0)
    flags = tuple(_flag(float(value), gaussian, slack) for value in excess)
    return EntropyGap(label or curves.label, curves.seeds, excess, gaussian, error, flags)


def evaluation_points(cell: StoredCell) -> int | None:
    """On how many points the validation curve is evaluated, from the cell's configuration; None without one."""
    size = None if cell.config is None else cell.config.data.get("validation_size")
    return size if isinstance(size, int) and size > 0 else None


def _flag(excess: float, gaussian: float, slack: float) -> Flag:
    if np.isnan(excess):
        return "no number"
    if excess < -slack:
        return "below the floor"
    return "above the Gaussian" if excess > gaussian + slack else ""
