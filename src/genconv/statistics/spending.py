"""Alpha spending: how much of the chance of a false verdict is used up by each look at a growing number of runs."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, get_args

from scipy import special

from genconv.errors import InputError, shown

Spending = Literal["pocock", "obrien-fleming"]

MOST_SEEDS = 1000
MOST_LOOKS = 100


def pocock(alpha: float, time: float) -> float:
    """α log(1 + (e − 1) t): about the same level at every look (Lan and DeMets 1983)."""
    return alpha * math.log1p((math.e - 1) * min(time, 1.0))


def obrien_fleming(alpha: float, time: float) -> float:
    """4 − 4 Φ(z_{1−α/4}/√t), for two sides: next to nothing at first (Lan and DeMets 1983)."""
    if time <= 0:
        return 0.0
    return float(4 * special.ndtr(special.ndtri(alpha / 4) / math.sqrt(min(time, 1.0))))


_FUNCTIONS: dict[Spending, Callable[[float, float], float]] = {"pocock": pocock, "obrien-fleming": obrien_fleming}


@dataclass(frozen=True)
class Design:
    """When a study is looked at, and what each look may cost: fixed before its runs are seen."""

    look_every: int = 5
    """Seeds a cell between two looks."""
    max_seeds: int = 30
    """Seeds a cell at the last look."""
    alpha: float = 0.05
    """Chance of any false verdict, over all looks and all comparisons together."""
    spending: Spending = "pocock"
    futility: float = 0.1
    """Chance of a verdict below which a comparison is given up, from the second look on; 0 gives up none."""

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """A design; `InputError` that names the first value that is not allowed."""
        one = cls(**values)
        if not 2 <= one.max_seeds <= MOST_SEEDS:
            raise InputError(f"max-seeds = {shown(one.max_seeds)}: must be from 2 to {MOST_SEEDS}")
        if not 1 <= one.look_every <= one.max_seeds:
            raise InputError(f"look-every = {shown(one.look_every)}: must be from 1 to max-seeds = {one.max_seeds}")
        if len(one.looks) > MOST_LOOKS:
            raise InputError(f"look-every = {one.look_every}: gives {len(one.looks)} looks, at most {MOST_LOOKS}")
        if not 0 < one.alpha <= 0.5:
            raise InputError(f"alpha = {one.alpha:g}: must be above 0 and at most 0.5")
        if one.spending not in get_args(Spending):
            raise InputError(f"spending = {shown(one.spending)}: must be one of {', '.join(get_args(Spending))}")
        if not 0 <= one.futility < 1:
            raise InputError(f"futility = {one.futility:g}: must be at least 0 and below 1")
        return one

    @cached_property
    def looks(self) -> tuple[int, ...]:
        """Seeds a cell at each look: 5, 10, …, 30; the last look has `max_seeds`."""
        return (*range(self.look_every, self.max_seeds, self.look_every), self.max_seeds)

    @cached_property
    def times(self) -> tuple[float, ...]:
        """Share of all seeds that each look has."""
        return tuple(seeds / self.max_seeds for seeds in self.looks)

    def spent(self, share: float = 1.0) -> tuple[float, ...]:
        """What may be spent until each look, of `share` × alpha."""
        return tuple(_FUNCTIONS[self.spending](self.alpha * share, time) for time in self.times)
