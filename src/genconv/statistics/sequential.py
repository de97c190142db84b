"""Looks at comparisons of a growing number of runs, until each is decided or will not be.

Each comparison is tested at every look by `staged_permutation` with its share of alpha: α/j while j comparisons are not
rejected yet (Holm), so that the chance of any false rejection is at most alpha over all comparisons and looks (Maurer
and Bretz 2013). A winner is named where p of Welch's t is within the bound as well: relabelling tests one law, and few
runs of equal means and unequal spreads are told apart too often by it. A comparison whose chance of a verdict at the
last look has become small is given up; that costs power and no alpha, so that such a comparison may as well go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import special

from genconv.curves import FloatArray
from genconv.statistics.decisive_test import Basis
from genconv.statistics.group_sequential import boundaries, predictive_power
from genconv.statistics.permutation import permutation_of
from genconv.statistics.spending import Design
from genconv.statistics.staged_permutation import (
    LookStatistics,
    Stage,
    StagedLook,
    draws_needed,
    staged_test,
    statistics_of_looks,
)
from genconv.statistics.two_sample import welch

State = Literal["open", "decided", "split", "futile"]
"""`decided`: one cell is better; `split`: the laws differ, but no cell is better: mean and most runs disagree, or the
means may be equal; it goes on; `futile`: it is given up before the last look; `open`: none of it yet, at the last look
undecided.
"""
FIRST_FUTILITY = 2
"""The look from which on comparisons are given up."""


@dataclass(frozen=True)
class ComparisonLook:
    """One comparison at one look."""

    state: State
    """After this look."""
    better: Literal["a", "b"] | None
    """Which cell is better, where that is decided."""
    basis: Basis
    p: float
    """Of the test at this look alone."""
    bound: float
    """At most that must be `p`."""
    share: int
    """j: its share of alpha is alpha/j."""
    predicted: float
    """How likely a verdict at the last look is; 1 and 0 at the last look itself."""


def look(
    design: Design,
    stages: Sequence[Sequence[Stage]],
    before: Sequence[State],
    *,
    grown: bool = False,
    draws: int | None = None,
) -> list[ComparisonLook | None]:
    """Every comparison at the look that its stages lead to; None for one that is over.

    `stages` has for each comparison the new runs (A, B) of each look so far: less is better, infinite for a run without
    a number. `before` are the states of all comparisons. With `grown`, the runs of B are all there from the first look
    on, in the first stage: relabelling within stages then has nothing to exchange, and each look spends its own part
    of alpha, whatever the others did (Bonferroni).
    """
    draws = draws_needed(design.alpha, len(stages)) if draws is None else draws
    tests = [
        None if state in ("decided", "futile") else _Test(design, s, grown, draws)
        for s, state in zip(stages, before, strict=True)
    ]
    rejected = [state in ("decided", "split") for state in before]
    share = _shares(tests, rejected)
    return [
        None if test is None else _judged(design, test, share, was_rejected)
        for test, was_rejected in zip(tests, rejected, strict=True)
    ]


def _shares(tests: Sequence["_Test | None"], rejected: list[bool]) -> int:
    """Mark in `rejected` what Holm rejects at this look; the share of the comparisons that are left."""
    while True:
        left = max(len(tests) - sum(rejected), 1)
        new = [i for i, test in enumerate(tests) if test is not None and not rejected[i] and test.rejected(left)]
        if not new:
            return left
        for i in new:
            rejected[i] = True


class _Test:
    """A comparison at the look that its stages lead to, under any share of alpha."""

    def __init__(self, design: Design, stages: Sequence[Stage], grown: bool, draws: int) -> None:
        self.design, self.stages, self.grown, self.draws = design, stages, grown, draws
        self._known: dict[int, StagedLook] = {}

    @cached_property
    def _statistics(self) -> list[LookStatistics]:
        return statistics_of_looks(self.stages, self.draws)

    def at(self, share: int) -> StagedLook:
        """The test with alpha/share."""
        if share not in self._known:
            levels = self.design.spent(1 / share)[: len(self.stages)]
            test = _of_increment(self.stages, levels) if self.grown else staged_test(self._statistics, levels)[-1]
            self._known[share] = test
        return self._known[share]

    def rejected(self, share: int) -> bool:
        """Whether it is rejected with alpha/share, and with every larger share: few runs have few boundaries, which
        do not fall with alpha, and Holm needs that.
        """
        return all(self.at(one).rejected for one in range(share, 0, -1))

    @cached_property
    def values(self) -> Stage:
        """All runs so far."""
        a, b = (np.concatenate([stage[side] for stage in self.stages]) for side in (0, 1))
        return a, b


def better_cell(a: FloatArray, b: FloatArray) -> Literal["a", "b"] | None:
    """The cell whose runs are lower more often, if its mean is lower too where every run has a number; else None."""
    chance = float((a[:, None] < b).mean() + (a[:, None] == b).mean() / 2)
    if chance == 0.5:
        return None
    most: Literal["a", "b"] = "a" if chance > 0.5 else "b"
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return most
    return most if (a.mean() < b.mean()) == (most == "a") else None


def _of_increment(stages: Sequence[Stage], levels: Sequence[float]) -> StagedLook:
    a, b = (np.sort(np.concatenate([stage[side] for stage in stages])) for side in (0, 1))
    basis: Basis = "means" if np.isfinite(a).all() and np.isfinite(b).all() else "all runs"
    bound = levels[-1] - (levels[-2] if len(levels) > 1 else 0.0)
    untested = not (np.isfinite(a).any() or np.isfinite(b).any())
    test = None if untested else permutation_of([(a, b)], "means" if basis == "means" else "ranks")[0]
    p = 1.0 if test is None else test.p
    return StagedLook(basis, p, -p, -np.nextafter(bound, 1.0), bound, levels[-1])


def _judged(design: Design, test: _Test, share: int, rejected: bool) -> ComparisonLook:
    one, place = test.at(share), len(test.stages) - 1
    better = better_cell(*test.values) if rejected and one.p <= design.alpha and _means_differ(test, one) else None
    predicted = _predicted(design, test, one.p, share)
    if better is not None:
        state: State = "decided"
    elif rejected:
        state = "split"
    else:
        may_stop = FIRST_FUTILITY <= place + 1 < len(design.looks)
        state = "futile" if may_stop and predicted < design.futility else "open"
    return ComparisonLook(state, better, one.basis, one.p, one.bound, share, predicted)


def _means_differ(test: _Test, one: StagedLook) -> bool:
    """Whether p of Welch's t is within the bound of the look, too, where every run has a number."""
    if one.basis != "means":
        return True
    difference = welch(*test.values)
    return difference is None or difference.p <= one.bound


def _predicted(design: Design, test: _Test, p: float, share: int) -> float:
    """By the normal law of the z that has this p, and the boundary of the last look under it.

    Time is the share of the information that the last look will have, 1/(1/n + 1/m) for n and m runs: where both cells
    grow alike that of their runs, and beside a complete cell of m runs less is to come. There the last look has its own
    part of alpha alone.
    """
    z, place, spent = -float(special.ndtri(p / 2)), len(test.stages) - 1, design.spent(1 / share)
    if not test.grown:
        return predictive_power(z, design.times[place], boundaries(design.times, spent)[-1])
    growing, complete = (max(side.size, 1) for side in test.values)
    time = (design.times[place] / growing + 1 / complete) / (1 / growing + 1 / complete)
    own = spent[-1] - (spent[-2] if len(spent) > 1 else 0.0)
    return predictive_power(z, time, -float(special.ndtri(own / 2)))
