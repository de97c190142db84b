"""Whether two ways of computing give the same mean over seeds, up to a margin that was fixed before."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from genconv.curves import FloatArray

MARGIN = 0.1
"""Standard deviations over seeds."""
ALPHA = 0.05


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided t tests of paired differences, in standard deviations over seeds."""

    pairs: int
    difference: float
    low: float
    high: float
    """The 90 % interval of the difference: inside ± margin, both tests reject at 5 %."""
    power: float
    """The chance that a true difference of 0 would have been found equivalent, at the spread of these differences."""

    @property
    def equivalent(self) -> bool:
        """Whether the difference is below the margin, at 5 %."""
        return self.low > -MARGIN and self.high < MARGIN

    @property
    def different(self) -> bool:
        """Whether the difference is above the margin, at 5 %."""
        return self.low > MARGIN or self.high < -MARGIN


def equivalence(one: FloatArray, other: FloatArray) -> Equivalence | None:
    """δ = mean(other − one)/s with s the standard deviation of `one` over seeds; |δ| < 0.1 is tested by two one-sided
    t tests of the pairs (Schuirmann 1987).

    `one` and `other` have shape (N,), a number a seed, NaN for a seed without one. None below three pairs, or where the
    seeds do not differ.
    """
    kept = np.isfinite(one) & np.isfinite(other)
    count = int(kept.sum())
    spread = float(np.std(one[kept], ddof=1)) if count >= 3 else 0.0
    if spread == 0:
        return None
    scaled = (other[kept] - one[kept]) / spread
    middle, error = float(scaled.mean()), float(scaled.std(ddof=1)) / np.sqrt(count)
    reach = float(stdtrit(count - 1, 1 - ALPHA)) * error
    inside = (MARGIN - reach) / error if error > 0 else np.inf
    power = max(0.0, 2 * float(stdtr(count - 1, inside)) - 1)
    return Equivalence(count, middle, middle - reach, middle + reach, power)
