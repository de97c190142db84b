"""Comparisons that may be looked at after every run, and go on for as long as one likes: a bet on each pair of runs.

Run i of A and run i of B are a pair, D_i = b_i − a_i. Under equal laws the sign s_i of D_i is a fair coin given all
|D|, so that a player who stakes a part of the capital on it wins nothing on average: the capital E_n is an e-process,
and it ever reaches 1/α with chance at most α (Ville 1939; Ramdas et al., arXiv 2210.01948). The stakes are larger for
pairs that are far apart, by the rank of |D_i| among those so far, as in the signed-rank test. Assumed is that the runs
of a pair can be exchanged under equal laws: runs of other seeds are independent, those of one seed may be dependent.
"""

from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray

STAKES = (0.4, 0.8, 1.0)
"""Parts of tanh(2 r) that are staked on either sign, each with an equal share of the first capital."""


@dataclass(frozen=True)
class EProcess:
    """The capital after each pair of runs."""

    capital: FloatArray
    """Shape (n,)."""

    @property
    def value(self) -> float:
        """After the last pair; 1 before the first."""
        return float(self.capital[-1]) if self.capital.size else 1.0

    @property
    def p(self) -> float:
        """1/max E, at most 1: valid whenever one stops, and for Holm."""
        return min(1.0, 1.0 / float(self.capital.max())) if self.capital.size else 1.0


def paired_bets(a: FloatArray, b: FloatArray) -> EProcess:
    """E_n = mean over λ of ∏ (1 + λ tanh(2 r_i) s_i), λ of both signs; r_i = rank of |D_i| among |D_1| … |D_i|, over i.

    `a` and `b` of shape (n,) in the order in which the runs were made, infinite for a run without a number. A
    pair of equal runs is no bet.
    """
    if a.shape != b.shape:
        raise ValueError(f"pairs: {len(a)} and {len(b)} runs")
    signs = (b > a).astype(np.float64) - (b < a)
    with np.errstate(invalid="ignore"):
        distance = np.abs(b - a)
    distance[signs == 0] = 0.0
    stakes = np.tanh(2 * _ranks(distance)) * signs
    factors = np.array([side * part for part in STAKES for side in (1, -1)])[:, None] * stakes
    return EProcess(np.exp(np.cumsum(np.log1p(factors), axis=1)).mean(axis=0))


def _ranks(distance: FloatArray) -> FloatArray:
    """Of each among those before it and itself, equal ones in the middle, over how many that are."""
    until = np.tril(np.ones((len(distance), len(distance)), dtype=bool))
    below = (until & (distance[None, :] < distance[:, None])).sum(axis=1)
    equal = (until & (distance[None, :] == distance[:, None])).sum(axis=1)
    ranks: FloatArray = (below + (equal + 1) / 2) / np.arange(1, len(distance) + 1)
    return ranks
