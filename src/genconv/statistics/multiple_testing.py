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


def holm_at(p_values: Sequence[float], candidates: Sequence[float]) -> list[float]:
    """What Holm would make of each test if its p were the candidate and the others as they are; NaN where it is NaN.

    With the smallest possible p as candidates, at most the p themselves: whether a test can decide anything here.
    """
    p, wanted = np.array(p_values, dtype=np.float64), np.array(candidates, dtype=np.float64)
    made = np.sort(p[~np.isnan(p)])
    raised = np.maximum.accumulate(made * np.arange(len(made), 0, -1)) if len(made) else made
    found = []
    for own, candidate in zip(p, wanted, strict=True):
        if np.isnan(own) or np.isnan(candidate):
            found.append(float("nan"))
            continue
        smaller = int(np.searchsorted(made, candidate, side="left"))
        before = raised[smaller - 1] if smaller else 0.0
        found.append(float(min(max(before, candidate * (len(made) - smaller)), 1.0)))
    return found
