"""How far apart the seeds of a cell end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.metrics.summary import Summary

QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Spread:
    """The final losses of a cell's seeds, in nats; NaN, and no best or worst seed, if no seed has one."""

    sd: float
    q1: float
    median: float
    q3: float
    best: int | None
    """The seed with the lowest final loss, the smallest such seed if several tie."""
    worst: int | None
    """The seed with the highest final loss, the smallest such seed if several tie."""

    @classmethod
    def of(cls, losses: FloatArray, seeds: Sequence[int], ddof: int) -> "Spread":
        """From final losses of shape (N,), NaN for a seed without one, and the N seeds.

        Quartiles interpolate linearly between order statistics. The order of seeds does not matter.
        """
        sd = Summary.of(losses, ddof).sd
        ranked = [(float(loss), seed) for loss, seed in zip(losses, seeds, strict=True) if not np.isnan(loss)]
        if not ranked:
            return cls(sd, np.nan, np.nan, np.nan, None, None)
        with np.errstate(invalid="ignore"):
            q1, median, q3 = np.quantile([loss for loss, _ in ranked], QUARTERS).tolist()
        best = min(ranked)[1]
        worst = min((-loss, seed) for loss, seed in ranked)[1]
        return cls(sd, q1, median, q3, best, worst)
