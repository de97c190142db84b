"""The permutation test of `compare` at several looks at a growing number of runs, valid at any size.

Runs come in stages: those that are new at a look. Under equal laws the runs of one stage may change their cells, so
that a relabelling within each stage gives the joint law of the statistics of all looks, given the runs. The boundary of
a look is the value that at most so many relabellings exceed, there or at an earlier look, as alpha allows to be spent
by then. It depends on the runs of the look and not on their cells, so that the chance of any false rejection is at most
alpha, whatever the law, and whether runs have numbers or not. What discreteness leaves unspent is kept for later looks.

Relabellings are drawn, the observed one among them, so that this holds for the draws themselves (Hemerik and Goeman
2018). The statistics are those of `permutation`; alpha spending is that of Lan and DeMets 1983.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.statistics.decisive_test import Basis
from genconv.statistics.permutation import signed_squares
from genconv.statistics.rank_permutation import rank_statistic

DRAWS = 19_999
"""Relabellings that are drawn, beside the observed one."""
DRAWS_A_LEVEL = 40
"""At least so many for the share of alpha of one comparison."""
MOST_DRAWS = 99_999
_ROUNDING = 1e-9

Stage = tuple[FloatArray, FloatArray]
"""New runs of both cells at a look; those without a number are infinite."""


class LookStatistics(NamedTuple):
    """|T| at one look."""

    basis: Basis
    """`means` if every run until now has a number; else `all runs`, ranked."""
    values: FloatArray
    """Shape (draws + 1,): of the observed runs, then of every relabelling."""


@dataclass(frozen=True)
class StagedLook:
    """One comparison at one look."""

    basis: Basis
    p: float
    """Share of relabellings whose statistic is as far out at this look."""
    statistic: float
    """|T| of the observed runs."""
    boundary: float
    """What |T| must exceed."""
    bound: float
    """Share of relabellings that exceed it at this look: `p` must be at most that."""
    spent: float
    """Share of relabellings that exceed the boundary here, or exceeded that of an earlier look."""

    @property
    def rejected(self) -> bool:
        """Whether both laws are not the same."""
        return self.statistic > self.boundary


def statistics_of_looks(stages: Sequence[Stage], draws: int = DRAWS) -> list[LookStatistics]:
    """Those of each look so far; `stages` are those until now.

    Another order of the runs of a cell within a stage changes no digit.
    """
    kept = tuple((_bytes(a), _bytes(b)) for a, b in stages)
    return [_statistics(kept[: k + 1], draws) for k in range(len(kept))]


def staged_test(looks: Sequence[LookStatistics], levels: Sequence[float]) -> list[StagedLook]:
    """The comparison at each look, given what may be spent until each of them, cumulative."""
    crossed, found = np.zeros(len(looks[0].values), dtype=bool), []
    for (basis, values), level in zip(looks, levels, strict=True):
        left = int(np.floor(level * len(values) + _ROUNDING)) - int(crossed.sum())
        boundary, observed = _exceeded_by(values[~crossed], left), float(values[0])
        far_out = values > boundary
        as_far = float((values >= observed - _slack(observed)).mean())
        crossed |= far_out
        found.append(StagedLook(basis, as_far, observed, boundary, float(far_out.mean()), float(crossed.mean())))
    return found


def draws_needed(alpha: float, comparisons: int) -> int:
    """How many relabellings tell apart what one of so many comparisons may spend at a look."""
    return min(max(DRAWS, math.ceil(DRAWS_A_LEVEL * comparisons / alpha) - 1), MOST_DRAWS)


def _exceeded_by(values: FloatArray, most: int) -> float:
    """The smallest boundary that at most so many of the values exceed, equal ones all or none."""
    if most <= 0 or not len(values):
        return np.inf
    if most >= len(values):
        return -1.0
    edge = float(np.partition(values, -most - 1)[-most - 1])
    return edge + _slack(edge)


def _slack(value: float) -> float:
    return _ROUNDING * max(value, 1.0) if np.isfinite(value) else 0.0


def _bytes(values: FloatArray) -> bytes:
    """Of the values in ascending order."""
    return np.sort(np.asarray(values, dtype=np.float64)).tobytes()


@lru_cache(maxsize=256)
def _statistics(stages: tuple[tuple[bytes, bytes], ...], draws: int) -> LookStatistics:
    """At the last look of these stages, the bytes of their runs in ascending order; 0 where there is no test.

    Earlier looks are asked for again at each look.
    """
    ordered = [(np.frombuffer(a), np.frombuffer(b)) for a, b in stages]
    values = np.concatenate([part for stage in ordered for part in stage])
    sizes = tuple((len(a), len(b)) for a, b in ordered)
    n_a, n_b = (sum(size[side] for size in sizes) for side in (0, 1))
    basis: Basis = "means" if np.isfinite(values).all() else "all runs"
    if min(n_a, n_b) < 2 or not np.isfinite(values).any() or np.all(values == values[0]):
        return LookStatistics(basis, np.zeros(draws + 1))
    parts = [_members(place, *size, draws) for place, size in enumerate(sizes)]
    members = np.concatenate(parts, axis=1).astype(np.float64)
    return LookStatistics(basis, _of_means(members, values, n_a) if basis == "means" else _of_ranks(members, values))


@lru_cache(maxsize=64)
def _members(place: int, n_a: int, n_b: int, draws: int) -> NDArray[np.uint8]:
    """Rows of zeros and ones: who belongs to A in this stage; the observed one first."""
    members = np.zeros((draws + 1, n_a + n_b), dtype=np.uint8)
    if n_a:
        keys = np.random.default_rng([place, n_a, n_b, draws]).random((draws + 1, n_a + n_b))
        keys[0] = np.arange(n_a + n_b)
        np.put_along_axis(members, np.argpartition(keys, n_a - 1, axis=1)[:, :n_a], 1, axis=1)
    members.flags.writeable = False
    return members


def _of_means(members: FloatArray, values: FloatArray, n_a: int) -> FloatArray:
    """√|T |T||, T = (mean(A) − mean(B))/√(s_A²/n_A + s_B²/n_B)."""
    centred = values - values.mean()
    scale = np.abs(centred).max()
    moments = np.stack([centred / scale, (centred / scale) ** 2])
    with np.errstate(invalid="ignore"):  # 0 · ∞ where a difference is none
        found, _ = signed_squares(members @ moments.T, moments.sum(axis=1), n_a, len(values))
    absolute: FloatArray = np.sqrt(np.abs(found[:, 0]))
    return absolute


def _of_ranks(members: FloatArray, values: FloatArray) -> FloatArray:
    """|T| after Brunner and Munzel."""
    order = np.argsort(values, kind="stable")
    _, counts = np.unique(values, return_counts=True)
    with np.errstate(invalid="ignore"):  # 0 · ∞ where a difference is none
        return np.abs(rank_statistic(members[:, order], counts.tolist()))
