"""Where each run stands between the entropy of the data and a Gaussian.

A run is flagged only beyond the error of the points on which it was evaluated; where that is not on record, none is.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.coordinates import RunLabel
from genconv.curves import CellCurves, FloatArray, Reference
from genconv.metrics.curves import last
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metric_named
from genconv.store.results import StoredCell

Flag = Literal["", "no number", "below the floor", "above the Gaussian", "above the Gaussian by the bound"]

SIGMAS = 3.0
"""How many standard errors beyond a line count as beyond it, for one run."""
TAIL = float(special.ndtr(-SIGMAS))
"""The chance of that by the points alone: .00135."""

MEANING = {
    "below the floor": "an error of the likelihood: no model has an expected loss below the entropy, and the points of "
    "the evaluation do not explain it",
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
    points: int | None
    """On how many points M each run was evaluated; None where that is not on record, and then no run is flagged."""
    point_sets: int
    """How many different sets of points that were: runs of the same data share theirs, and its error."""
    error: float | None
    """σ/√M, σ the standard deviation of −log p of the data: the standard error of an excess near 0, common to runs on
    the same points.
    """
    reach: float | None
    """How far below zero the points may put runs of a right likelihood; see `entropy_gap`."""
    flags: tuple[Flag, ...]
    """One a seed."""


def entropy_gap(cell: StoredCell, label: str = "") -> EntropyGap | None:
    """Excess of each run, with a flag where it is beyond 0 or the Gaussian by more than the points explain.

    With K sets of M points and N runs, z_K the quantile beyond which one of K normal numbers lies with chance τ =
    `TAIL`, a run lies below the floor if `last` − H < −(z_K σ/√M + log(N/τ)/M). The first term is the points' own: the
    mean of −log p over M points, of which all runs on these points have the same. The second is each run's: for any
    density or unbiased estimate q, E[q/p] ≤ 1, so the mean of log q − log p over M points exceeds t with chance at most
    exp(−M t) (Markov). So a right likelihood is flagged in at most 2τ of cells, whatever the models.

    A run lies above the Gaussian if `last` does so by z_N standard errors of its own, sd over its held-out examples
    over √M, and its number on held-out data lies above it too. None without an entropy, or a loss in nats.
    """
    curves = cell.curves
    if curves.reference is None or not curves.measure.says_nll:
        return None
    final = last(curves.validation)
    counts = ~curves.diverged & np.isfinite(final)
    excess = np.where(counts, final, np.nan) - curves.reference.entropy
    points, sets = evaluation_points(cell), _point_sets(curves, counts)
    reach = None if points is None else _reach(curves.reference, points, sets, int(counts.sum()))
    below = np.zeros(len(excess), dtype=bool) if reach is None else excess < -reach
    above = np.zeros(len(excess), dtype=bool) if points is None else _above(cell, excess, points)
    exact = curves.measure.kind == "exact"
    return EntropyGap(
        label=label or curves.label,
        seeds=curves.seeds,
        excess=excess,
        gaussian=curves.reference.gaussian - curves.reference.entropy,
        points=points,
        point_sets=sets,
        error=None if points is None else curves.reference.deviation / math.sqrt(points),
        reach=reach,
        flags=tuple(_flag(*one, exact=exact) for one in zip(counts, below, above, strict=True)),
    )


def evaluation_points(cell: StoredCell) -> int | None:
    """On how many points the validation curve is evaluated, from the cell's configuration; None without one."""
    size = None if cell.config is None else cell.config.data.get("validation_size")
    return size if isinstance(size, int) and size > 0 else None


def _point_sets(curves: CellCurves, counts: NDArray[np.bool_]) -> int:
    """How many sets of validation points the runs that count have; each its own where that is not on record."""
    if curves.coordinates is None:
        return int(counts.sum())
    return len({one.data for one, counted in zip(curves.coordinates, counts, strict=True) if counted})


def _reach(reference: Reference, points: int, sets: int, runs: int) -> float:
    common = _quantile(sets) * reference.deviation / math.sqrt(points)
    return common + math.log(max(runs, 1) / TAIL) / points


def _quantile(count: int) -> float:
    """What the largest of `count` normal numbers exceeds with chance `TAIL`: 3 for one, 3.6 for ten."""
    return -float(special.ndtri(TAIL / max(count, 1)))


def _above(cell: StoredCell, excess: FloatArray, points: int) -> NDArray[np.bool_]:
    """Which runs lie above the Gaussian by more than their own error, on held-out data too; shape (N,)."""
    reference = cell.curves.reference
    assert reference is not None  # noqa: S101  the caller's promise
    beyond = excess + reference.entropy - reference.gaussian
    confirmed = ~(_held_out(cell) <= reference.gaussian)
    sigmas = _quantile(int(np.isfinite(excess).sum())) / math.sqrt(points)
    found = np.zeros(len(excess), dtype=bool)
    for place in np.flatnonzero((beyond > 0) & confirmed):
        sd = _deviation(cell, int(place))
        found[place] = sd is not None and bool(beyond[place] > sigmas * sd)
    return found


def _deviation(cell: StoredCell, place: int) -> float | None:
    """Standard deviation over held-out examples of the loss of one run; None where it is not on record."""
    losses = cell.runs[place].examples.get("loss") if place < len(cell.runs) else None
    if losses is None or len(losses) < 2:
        return None
    sd = float(np.std(losses, ddof=1, dtype=np.float64))
    return sd if math.isfinite(sd) else None


def _held_out(cell: StoredCell) -> FloatArray:
    """The tightest held-out number of each run in nats, shape (N,); NaN where there is none."""
    metric = metric_named(BEST_ESTIMATE)
    values, measure = metric.of(cell.curves), metric.measure(cell.curves)
    known = values is not None and measure is not None and measure.says_nll
    return values if known and values is not None else np.full(len(cell.curves.seeds), np.nan)


def _flag(counts: bool, below: bool, above: bool, *, exact: bool) -> Flag:
    if not counts:
        return "no number"
    if below:
        return "below the floor"
    if not above:
        return ""
    return "above the Gaussian" if exact else "above the Gaussian by the bound"
