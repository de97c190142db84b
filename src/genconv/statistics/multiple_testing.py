"""Many tests at once."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down p: with p₍₁₎ ≤ … ≤ p₍ₘ₎, max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎), in the order given.

    Rejecting where it is below α errs anywhere in the family with probability ≤ α, whatever the dependence. NaN, a test
    that could not be made, stays NaN and does not count. Holm 1979.
    """
    p = np.array(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    ascending = made[np.argsort(p[made], kind="stable")]
    raised = p[ascending] * np.arange(len(made), 0, -1)  # statsmodels' multipletests collects garbage for 0.3 s a call
    adjusted[ascending] = np.minimum(np.maximum.accumulate(raised), 1)
    return [float(value) for value in adjusted]
