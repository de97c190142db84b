"""Whether a rate lies below or above a bound, told as soon as it is known, however often one looks.

Against "the rate is p₀ or more" stands a mixture of smaller rates: E = ∫ L(p) dF(p)/L(p₀), L(p) = pᵏ (1 − p)ⁿ⁻ᵏ. If the
rate is p₀ or more, E ever reaches 1/α with chance at most α, at any n and at any number of looks, exactly (Robbins
1970; Ville 1939). The mixture is half a rate of 0, which clean runs decide soonest, half the uniform law on [0, p₀];
for the other side it is the uniform law on [p₀, 1].
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from scipy import special

from genconv.errors import InputError
from genconv.statistics.intervals import Interval

Answer = Literal["below", "above"]
_TARGET = re.compile(r"\s*diverged\s*(<=|>=|<|>)\s*([0-9.eE+-]+)\s*(%?)\s*")


@dataclass(frozen=True)
class RateTarget:
    """A bound of the rate of divergence."""

    bound: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `diverged<=0.05`, or `diverged>=5%`; `InputError` for anything else.

        Both directions ask the same question, and either answer ends it.
        """
        match = _TARGET.fullmatch(text)
        try:
            bound = float(match[2]) / (100 if match[3] else 1) if match else math.nan
        except ValueError:
            bound = math.nan
        if not 0 < bound < 1:
            raise InputError(f"--until '{text}': must be decided, or diverged<=RATE with a rate between 0 and 1")
        return cls(bound)


@dataclass(frozen=True)
class RateEvidence:
    """What k diverged runs of n say of a bound."""

    diverged: int
    runs: int
    p_below: float
    """1/E against a rate from the bound on; valid whenever one stops."""
    p_above: float
    """1/E against a rate up to the bound."""


def rate_evidence(diverged: int, runs: int, bound: float) -> RateEvidence:
    """Both p after `runs` runs of which so many diverged."""
    if runs == 0:
        return RateEvidence(0, 0, 1.0, 1.0)
    at_bound = special.xlogy(diverged, bound) + special.xlog1py(runs - diverged, -bound)
    clean = 0.0 if diverged == 0 else -np.inf
    below = np.logaddexp(clean, _mixture(diverged, runs, 0.0, bound)) - math.log(2)
    above = _mixture(diverged, runs, bound, 1.0)
    p_below, p_above = (float(np.exp(min(at_bound - one, 0.0))) for one in (below, above))
    return RateEvidence(diverged, runs, p_below, p_above)


def decidable(diverged: int, runs: int, most: int, bound: float, alpha: float) -> bool:
    """Whether any outcome of the runs up to `most` can still decide."""
    left = max(most - runs, 0)
    ends = rate_evidence(diverged, runs + left, bound), rate_evidence(diverged + left, runs + left, bound)
    return ends[0].p_below <= alpha or ends[1].p_above <= alpha


def seeds_of_rate(bound: float, alpha: float) -> int:
    """After how many clean runs a rate is known to be below `bound`: 68 for .05 and α = .05."""
    n = 1
    while rate_evidence(0, n, bound).p_below > alpha:
        n += 1
    return n


def rate_confidence_sequence(diverged: int, runs: int, level: float) -> Interval:
    """All rates p with L(p) ≥ α ∫ L(q) dq, α = 1 − level: they cover the rate at every n at once with chance ≥ level.

    Robbins 1970, with the uniform law.
    """
    if runs == 0:
        return Interval(0.0, 1.0, level, "Robbins", 0)
    mixture = float(special.betaln(diverged + 1, runs - diverged + 1)) + math.log(1 - level)
    top = diverged / runs

    def inside(p: float) -> bool:
        return float(special.xlogy(diverged, p) + special.xlog1py(runs - diverged, -p)) >= mixture

    return Interval(_edge(inside, top, 0.0), _edge(inside, top, 1.0), level, "Robbins", runs)


def _edge(inside: Callable[[float], bool], within: float, end: float) -> float:
    if inside(end):
        return end
    without = end
    for _ in range(60):
        middle = (within + without) / 2
        within, without = (middle, without) if inside(middle) else (within, middle)
    return without


def _mixture(diverged: int, runs: int, low: float, high: float) -> float:
    """log of the mean of L over the uniform law on [low, high]."""
    a, b = diverged + 1, runs - diverged + 1
    share = special.betaincc(a, b, low) if high == 1 else special.betainc(a, b, high) - special.betainc(a, b, low)
    return float(special.betaln(a, b) + np.log(max(share, 1e-300)) - math.log(high - low))
