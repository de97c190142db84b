"""How far the difference of two cells would vary over other held-out examples.

Cells of one dataset share their held-out examples, so their difference is known far better than either number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.metrics.spec import Metric
from genconv.store.results import StoredCell
from genconv.store.runs import StoredRun

SIGMAS = 2.0
"""A difference of fewer standard errors than that may be one of the held-out examples alone."""


@dataclass(frozen=True)
class HeldOut:
    """The losses of the single held-out examples of one cell, read when they are needed."""

    runs: tuple[StoredRun, ...]
    """Those that count: the runs that did not diverge."""
    name: str
    """Of the loss: `loss`, or `importance_weighted`."""

    @cached_property
    def digest(self) -> str | None:
        """SHA-256 of the examples; None unless every run was evaluated on the same ones, and says so."""
        tests = [run.outcome.test for run in self.runs]
        digests = {None if test is None else test.sha256 for test in tests}
        return digests.pop() if len(digests) == 1 else None

    @cached_property
    def losses(self) -> FloatArray | None:
        """Mean over runs of each example's loss, shape (n,); None unless every run has as many finite losses."""
        found = [_losses(run, self.name) for run in self.runs]
        losses = [one for one in found if one is not None]
        if not losses or len(losses) < len(found) or len({one.shape for one in losses}) > 1:
            return None
        mean: FloatArray = np.mean(losses, axis=0)
        return mean if len(mean) > 1 and np.isfinite(mean).all() else None


@dataclass(frozen=True)
class EvaluationError:
    """The standard error of a difference of means from the held-out examples, in the unit of the losses."""

    standard_error: float
    """Of the examples, what their own draws add included."""
    draws: float | None
    """Of the draws of latent variables, binarization and dequantization alone; None where that is not on record."""
    examples: int
    """How many there are, of the cell with fewer."""
    same_examples: bool | None
    """Whether both cells were evaluated on the same ones; None where that is not on record."""
    difference: float
    """Mean over the examples of B − A."""


def evaluation_error(
    a: HeldOut | None, b: HeldOut | None, draws: tuple[float | None, float | None] = (None, None)
) -> EvaluationError | None:
    """sd(dᵢ)/√n, dᵢ = bᵢ − aᵢ the difference of the losses of example i, each a mean over the runs of its cell.

    If the examples are not the same, or not known to be, √(sd(a)²/n_A + sd(b)²/n_B). `draws` are the standard errors of
    both means from their draws alone. None where the losses of single examples are not on record.
    """
    losses_a, losses_b = (None if one is None else one.losses for one in (a, b))
    if a is None or b is None or losses_a is None or losses_b is None:
        return None
    same = None if a.digest is None or b.digest is None else a.digest == b.digest
    paired = same and losses_a.shape == losses_b.shape
    error = _error(losses_b - losses_a) if paired else math.hypot(_error(losses_a), _error(losses_b))
    difference = float(losses_b.mean() - losses_a.mean())
    known = [one for one in draws if one is not None]
    of_draws = math.hypot(*known) if len(known) == 2 else None
    return EvaluationError(error, of_draws, min(len(losses_a), len(losses_b)), same, difference)


def held_out(cell: StoredCell, metric: Metric) -> HeldOut | None:
    """The losses of single examples behind a metric of a cell; None if it has none."""
    name = metric.per_example(cell.curves)
    runs = tuple(run for run, diverged in zip(cell.runs, cell.curves.diverged, strict=False) if not diverged)
    return HeldOut(runs, name) if name and runs else None


def bound_falls(evaluation: Mapping[str, FloatArray], counts: NDArray[np.bool_]) -> float | None:
    """Mean over the runs that count of L_{k/4} − L_k, L_k the importance-weighted bound with k draws: how loose it is.

    None where the bound with a quarter of the draws is not on record.
    """
    if not {"importance_weighted", "importance_weighted_quarter"} <= evaluation.keys() or not counts.any():
        return None
    falls = evaluation["importance_weighted_quarter"] - evaluation["importance_weighted"]
    mean = float(falls[counts].mean())
    return mean if np.isfinite(mean) else None


def draws_error(evaluation: Mapping[str, FloatArray], name: str, counts: NDArray[np.bool_]) -> float | None:
    """√(Σ rᵢ²)/N over the N runs that count, rᵢ the standard deviation over redraws within a run.

    0 for an exact likelihood, which draws nothing; None for a bound other than the loss that was drawn anew.
    """
    if "redraw_sd" not in evaluation:
        return 0.0
    if name != "loss":
        return None
    redraws = evaluation["redraw_sd"][counts]
    return float(np.sqrt(np.sum(redraws**2)) / len(redraws)) if len(redraws) and np.isfinite(redraws).all() else None


def _losses(run: StoredRun, name: str) -> FloatArray | None:
    losses = run.examples.get(name)
    return None if losses is None else np.asarray(losses, dtype=np.float64)


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
