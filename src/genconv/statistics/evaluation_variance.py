"""How much of the spread over seeds is the evaluation's own noise."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import CellCurves


@dataclass(frozen=True)
class EvaluationNoise:
    """Standard deviations in nats of the loss on held-out data, of one cell; seeds that diverged are left out.

    With s² the variance over seeds and r² that over redraws of the evaluation's noise within a seed, the seeds
    themselves account for s² − r².
    """

    cell: str
    n: int
    """Seeds that count."""
    seeds: float
    """Over seeds; NaN for fewer than two."""
    redraws: float
    """Over redraws of latent variables, binarization and dequantization: root mean square over seeds. 0 for an exact
    likelihood, which draws nothing.
    """
    examples: float
    """Of a mean over as many other examples, from the two halves a and b of these: |a − b|/2, root mean square."""

    @property
    def share(self) -> float:
        """The part of the variance over seeds that the redraws explain, r²/s², at most 1."""
        return min(self.redraws**2 / self.seeds**2, 1.0) if self.seeds > 0 else float("nan")


def evaluation_noise(cell: CellCurves, label: str) -> EvaluationNoise | None:
    """From the final evaluation of each seed; None for curves that come without one."""
    needed = {"loss", "halves_difference"}
    if not needed <= cell.evaluation.keys():
        return None
    alive = ~cell.diverged & np.isfinite(cell.evaluation["loss"])
    losses, halves = (cell.evaluation[name][alive] for name in ("loss", "halves_difference"))
    redraws = cell.evaluation.get("redraw_sd", np.zeros(len(cell.seeds)))[alive]
    return EvaluationNoise(
        cell=label,
        n=len(losses),
        seeds=float(np.std(losses, ddof=1)) if len(losses) > 1 else float("nan"),
        redraws=_root_mean_square(redraws),
        examples=_root_mean_square(halves / 2),
    )


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
