"""Plans: how many seeds the cells of a pilot need, as many comparisons as there will be."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from genconv.errors import InputError
from genconv.statistics.intervals import LEVEL, deviation_factors
from genconv.statistics.power import (
    ALPHA,
    POWER,
    detectable_effect,
    effect_of_probability,
    seeds_needed,
    verdict_power,
)
from genconv.statistics.sample import Sample, samples
from genconv.store.results import StoredCell

CURVE_AT = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)
"""Seeds at which a power curve is computed, besides the number that is needed."""


Family = Literal["these cells", "as given"]
"""What the comparisons are: every two cells of a dataset, over all datasets of the call; or a number that was given."""


@dataclass(frozen=True)
class Target:
    """What the study shall detect, and how surely."""

    difference: float | None = None
    """In the unit of the metric."""
    effect: float | None = None
    """In standard deviations."""
    probability: float | None = None
    """P(A better than B), as two normal laws of equal spread have it."""
    power: float = POWER
    alpha: float = ALPHA
    """Chance of any false verdict among all comparisons together."""
    comparisons: int | None = None
    """How many there will be; None for those of the pilot's own cells, every two of a dataset."""

    def checked(self) -> "Target":
        """The target itself; `InputError` unless exactly one size is given and every number is in its range."""
        given = [name for name in ("difference", "effect", "probability") if getattr(self, name) is not None]
        if len(given) != 1:
            named = ", ".join(given) or "none"
            raise InputError(f"difference, effect, probability: exactly one must be given, not {named}")
        size: float = getattr(self, given[0])
        if given[0] == "probability":
            effect_of_probability(size)
        elif not (0 < size < math.inf):
            raise InputError(f"{given[0]} = {size:g}: must be above 0")
        if not 0 < self.alpha <= 0.5:
            raise InputError(f"alpha = {self.alpha:g}: must be above 0 and at most 0.5")
        if not self.alpha < self.power < 1:
            raise InputError(f"power = {self.power:g}: must be above alpha = {self.alpha:g} and below 1")
        if self.comparisons is not None and self.comparisons < 1:
            raise InputError(f"comparisons = {self.comparisons}: must be at least 1")
        return self


@dataclass(frozen=True, repr=False)
class Plan:
    """Seeds for comparing two models on one dataset. None marks what the pilot cannot say."""

    dataset: str
    metric: str
    unit: str
    """Of the metric; empty if none is known."""
    a: str
    b: str
    """The same as `a` where the dataset has a single cell: planned for another cell that scatters alike."""
    n_a: int
    """Seeds of the pilot with a value."""
    n_b: int
    sd: float | None
    """√((s_A² + s_B²)/2), in the unit of the metric."""
    effect: float | None
    """The d to detect."""
    difference: float | None
    """The same in the unit of the metric."""
    seeds: int | None
    """Needed for each model, given that none diverges."""
    seeds_low: int | None
    """The same if the true standard deviation is at the lower end of its interval."""
    seeds_high: int | None
    """The same for the upper end."""
    diverged_rate: float
    """Larger share of runs without a number of the two."""
    seeds_to_train: int | None
    """⌈seeds/(1 − diverged_rate)⌉."""
    detectable: float | None
    """The d that the pilot's own seeds detect with that power."""
    detectable_difference: float | None
    power_now: float | None
    """Of the pilot's own seeds for this effect."""
    power: float
    """What was asked for."""
    alpha: float
    """Of all comparisons together."""
    comparisons: int
    """How many that is."""
    family: Family
    """Where their number comes from."""
    curve: tuple[tuple[int, float], ...]
    """Seeds for each model, and the power they give."""
    note: str = ""

    @property
    def alpha_each(self) -> float:
        """alpha/comparisons, that of each test: the first step of Holm, at which a difference counts on its own."""
        return self.alpha / self.comparisons

    def __repr__(self) -> str:
        pair = self.a if self.a == self.b else f"{self.a}, {self.b}"
        among = "one comparison" if self.comparisons == 1 else f"one of {self.comparisons} comparisons"
        seeds = f"{self.seeds} runs of each for power {self.power:g}"
        return f"<{self.metric} on {self.dataset}, {pair}: {seeds} in {among}>"


def plan_cells(cells: Sequence[StoredCell], metric: str, target: Target) -> list[Plan]:
    """A plan for every two cells of each dataset, or for the only one. `InputError` for a bad target or metric.

    A verdict needs its p below α after Holm over all comparisons, so each is planned at α/`comparisons`: a difference
    is then found with that power whatever the other comparisons show. Few runs have few permutations, whose smallest p
    may be above that: they have no power (`verdict_power`). A `difference` is measured in the pilot's
    standard deviations, and the number of seeds is as uncertain as those are: it is given for both ends of their 95 %
    interval too (χ², n_A + n_B − 2 degrees of freedom).
    """
    target = target.checked()
    pairs = [(dataset, a, b) for dataset, group in samples(cells, metric).items() for a, b in _pairs(group)]
    tests = sum(a.comparable(b) for _, a, b in pairs)
    family: Family = "these cells" if target.comparisons is None else "as given"
    whole = replace(target, comparisons=target.comparisons or max(tests, 1))
    return [_plan(dataset, metric, a, b, whole, family) for dataset, a, b in pairs]


_NO_SPREAD = "the pilot has no spread to plan from: two seeds with different values are needed"
_LOST = "some runs have no number, so a verdict rests on the ranks of all runs, and the plan holds for the others alone"


def _pairs(group: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    return iter([(group[0], group[0])]) if len(group) == 1 else combinations(group, 2)


def _plan(dataset: str, metric: str, a: Sample, b: Sample, target: Target, family: Family) -> Plan:
    n_a, n_b = a.survivors.size, b.survivors.size
    sds = _deviations(a, b) if a.comparable(b) else None
    sd = None if sds is None else math.sqrt((sds[0] ** 2 + sds[1] ** 2) / 2)
    plan = Plan(
        dataset, metric, a.unit, a.label, b.label, n_a, n_b, sd,
        effect=_effect(target, sd), difference=target.difference, seeds=None, seeds_low=None, seeds_high=None,
        diverged_rate=max(float(a.missing.mean()), float(b.missing.mean())), seeds_to_train=None,
        detectable=None, detectable_difference=None, power_now=None,
        power=target.power, alpha=target.alpha, comparisons=target.comparisons or 1, family=family, curve=(),
    )  # fmt: skip
    if not a.comparable(b):
        return replace(plan, effect=None, note="their numbers do not compare, so no test will be made")
    detectable = detectable_effect(n_a, n_b, plan.power, plan.alpha_each)
    plan = replace(
        plan,
        detectable=detectable,
        detectable_difference=_product(detectable, sd),
        note="; ".join([*([] if sd else [_NO_SPREAD]), *([_LOST] if plan.diverged_rate else [])]),
    )
    return plan if plan.effect is None else _with_seeds(plan, target, sds)


def _with_seeds(plan: Plan, target: Target, sds: tuple[float, float] | None) -> Plan:
    """`plan` with everything that follows from its effect; the pilot's ratio of sds counts for a difference only."""
    effect = plan.effect
    assert effect is not None  # noqa: S101  the caller's promise
    by_difference = target.difference is not None and sds is not None
    size, sd_a, sd_b = (target.difference, *sds) if by_difference and sds else (effect, 1.0, 1.0)
    assert size is not None  # noqa: S101
    seeds = seeds_needed(size, sd_a, sd_b, plan.power, plan.alpha_each)
    low, high = _seeds_of_interval(plan, size, sd_a, sd_b) if by_difference else (seeds, seeds)
    train = None if seeds is None or plan.diverged_rate == 1 else math.ceil(seeds / (1 - plan.diverged_rate))
    now = min(plan.n_a, plan.n_b) > 1
    at = sorted({*CURVE_AT, *([] if seeds is None else [seeds])})
    return replace(
        plan,
        difference=plan.difference if plan.difference is not None else _product(effect, plan.sd),
        seeds=seeds,
        seeds_low=low,
        seeds_high=high,
        seeds_to_train=train,
        power_now=verdict_power(size, sd_a, sd_b, plan.n_a, plan.n_b, plan.alpha_each) if now else None,
        curve=tuple((n, verdict_power(size, sd_a, sd_b, n, n, plan.alpha_each)) for n in at),
    )


def _seeds_of_interval(plan: Plan, difference: float, sd_a: float, sd_b: float) -> tuple[int | None, int | None]:
    """The seeds needed if the true standard deviations lie at either end of their interval."""
    degrees = max(plan.n_a + plan.n_b - 2, 1) if plan.a != plan.b else plan.n_a - 1
    low, high = deviation_factors(degrees, LEVEL)
    return (
        seeds_needed(difference, sd_a * low, sd_b * low, plan.power, plan.alpha_each),
        seeds_needed(difference, sd_a * high, sd_b * high, plan.power, plan.alpha_each),
    )


def _deviations(a: Sample, b: Sample) -> tuple[float, float] | None:
    """Standard deviations of both cells; None unless both have two seeds, and one of them some spread."""
    if min(a.survivors.size, b.survivors.size) < 2:
        return None
    sds = float(a.survivors.std(ddof=1)), float(b.survivors.std(ddof=1))
    return sds if max(sds) > 0 else None


def _effect(target: Target, sd: float | None) -> float | None:
    if target.effect is not None:
        return target.effect
    if target.probability is not None:
        return effect_of_probability(target.probability)
    return None if sd is None or target.difference is None else target.difference / sd


def _product(effect: float | None, sd: float | None) -> float | None:
    return None if effect is None or sd is None else effect * sd
