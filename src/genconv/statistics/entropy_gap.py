"""Where each run stands between the entropy of the data and a Gaussian."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from genconv.coordinates import RunLabel
from genconv.curves import FloatArray
from genconv.metrics.curves import last
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metric_named
from genconv.store.results import StoredCell

Flag = Literal["", "no number", "below the floor", "above the Gaussian", "above the Gaussian by the bound"]

SIGMAS = 3.0
"""How many standard errors beyond a line count as beyond it."""

MEANING = {
    "below the floor": "an error of the likelihood: no model has an expected loss below the entropy",
    "above the Gaussian": "a Gaussian of the data's mean and covariance does better, so the model is misspecified or "
    "not trained enough",
    "above the Gaussian by the bound": "no bound shows that it beats a Gaussian of the data's mean and covariance; its "
    "own NLL may be lower",
}

ABOVE: tuple[Flag, ...] = ("above the Gaussian", "above the Gaussian by the bound")


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
    """Excess of each run, with a flag where it is beyond 0 or the Gaussian by `SIGMAS` errors; None without entropy.

    The error is that of a model that equals the data's law. For the rest it is of the same order. A bound above the
    Gaussian is flagged unless the tightest held-out bound of the run is not.
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
    exact = curves.measure.kind == "exact"
    lowest = np.fmin(excess, _held_out(cell) - curves.reference.entropy)
    flags = tuple(
        _flag(float(value), float(value if exact else tightest), gaussian, slack, exact=exact)
        for value, tightest in zip(excess, lowest, strict=True)
    )
    return EntropyGap(label or curves.label, curves.seeds, excess, gaussian, error, flags)


def evaluation_points(cell: StoredCell) -> int | None:
    """On how many points the validation curve is evaluated, from the cell's configuration; None without one."""
    size = None if cell.config is None else cell.config.data.get("validation_size")
    return size if isinstance(size, int) and size > 0 else None


def _held_out(cell: StoredCell) -> FloatArray:
    """The tightest held-out bound of each run in nats, shape (N,); NaN where there is none."""
    metric = metric_named(BEST_ESTIMATE)
    values, measure = metric.of(cell.curves), metric.measure(cell.curves)
    known = values is not None and measure is not None and measure.says_nll
    return values if known and values is not None else np.full(len(cell.curves.seeds), np.nan)


def _flag(excess: float, tightest: float, gaussian: float, slack: float, *, exact: bool) -> Flag:
    if np.isnan(excess):
        return "no number"
    if excess < -slack:
        return "below the floor"
    if tightest <= gaussian + slack:
        return ""
    return "above the Gaussian" if exact else "above the Gaussian by the bound"
