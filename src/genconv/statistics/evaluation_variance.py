"""How much of the spread over seeds is the evaluation's own noise, and how well the mean over them is known."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.evaluation_error import HeldOut
from genconv.store.results import StoredCell


@dataclass(frozen=True)
class EvaluationNoise:
    """What the loss of one cell on held-out data varies by, in its unit; seeds that diverged are left out.

    With s² the variance over seeds and r² that over redraws of the evaluation's noise within a seed, the seeds
    themselves account for s² − r².
    """

    n: int
    """Seeds that count."""
    seeds: float
    """Standard deviation over seeds; NaN for fewer than two."""
    redraws: float
    """Over redraws of latent variables, binarization and dequantization: root mean square over seeds. 0 for an exact
    likelihood, which draws nothing; NaN where a bound was not drawn anew.
    """
    examples: float | None
    """sd(ℓᵢ)/√n of n examples, ℓᵢ the mean over seeds of the loss of example i: the standard error of the mean loss
    from the held-out examples, which all seeds share. None where the losses of single examples are not on record.
    """

    @property
    def share(self) -> float:
        """The part of the variance over seeds that the redraws explain, r²/s², at most 1."""
        return min(self.redraws**2 / self.seeds**2, 1.0) if self.seeds > 0 else float("nan")


def evaluation_noise(cell: StoredCell) -> EvaluationNoise | None:
    """From the final evaluation of each seed; None for curves that come without one."""
    curves = cell.curves
    if "loss" not in curves.evaluation:
        return None
    alive = ~curves.diverged & np.isfinite(curves.evaluation["loss"])
    losses = curves.evaluation["loss"][alive]
    return EvaluationNoise(
        n=len(losses),
        seeds=float(np.std(losses, ddof=1)) if len(losses) > 1 else float("nan"),
        redraws=_root_mean_square(_redraws(cell)[alive]),
        examples=_of_examples(cell, alive),
    )


def _redraws(cell: StoredCell) -> FloatArray:
    """The standard deviation over redraws of each seed, shape (N,)."""
    measure = cell.curves.measures.get("loss", cell.curves.measure)
    none = np.full(len(cell.curves.seeds), 0.0 if measure.kind == "exact" else np.nan)
    return cell.curves.evaluation.get("redraw_sd", none)


def _of_examples(cell: StoredCell, alive: np.ndarray) -> float | None:
    runs = tuple(run for run, counts in zip(cell.runs, alive, strict=False) if counts)
    losses = HeldOut(runs, "loss").losses if runs else None
    return None if losses is None else float(losses.std(ddof=1) / np.sqrt(len(losses)))


def _root_mean_square(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
