"""How many seeds the next study needs, from the cells at hand as a pilot."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from genconv.errors import InputError
from genconv.statistics.estimates import deviation_factors
from genconv.statistics.interval import LEVEL
from genconv.statistics.power import (
    ALPHA,
    POWER,
    detectable_effect,
    effect_of_probability,
    seeds_needed,
    welch_power,
)
from genconv.statistics.sample import Sample, samples
from genconv.store.collection import StoredCell

CURVE_AT = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)
"""Seeds at which a power curve is computed, besides the number that is needed."""


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
        return self


@dataclass(frozen=True)
class Plan:
    """Seeds for comparing two models on one dataset. None marks what the pilot cannot say."""

    dataset: str
    metric: str
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
    """Needed for each model, given that none is lost."""
    seeds_low: int | None
    """The same if the true standard deviation is at the lower end of its interval."""
    seeds_high: int | None
    """The same for the upper end."""
    lost_rate: float
    """Larger share of lost seeds of the two."""
    seeds_to_train: int | None
    """⌈seeds/(1 − lost_rate)⌉."""
    detectable: float | None
    """The d that the pilot's own seeds detect with that power."""
    detectable_difference: float | None
    power_now: float | None
    """Of the pilot's own seeds for this effect."""
    power: float
    """What was asked for."""
    alpha: float
    curve: tuple[tuple[int, float], ...]
    """Seeds for each model, and the power they give."""
    note: str = ""


def plan_cells(cells: Sequence[StoredCell], metric: str, target: Target) -> list[Plan]:
    """A plan for every two cells of each dataset, or for the only one. `InputError` for a bad target or metric.

    A `difference` is measured in the pilot's standard deviations, and the number of seeds is as uncertain as those are:
    it is given for both ends of their 95 % interval too (χ², n_A + n_B − 2 degrees of freedom).
    """
    target = target.checked()
    return [
        _plan(dataset, metric, a, b, target)
        for dataset, group in samples(cells, metric).items()
        for a, b in _pairs(group)
    ]


def _pairs(group: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    return iter([(group[0], group[0])]) if len(group) == 1 else combinations(group, 2)


def _plan(dataset: str, metric: str, a: Sample, b: Sample, target: Target) -> Plan:
    n_a, n_b = len(a.survivors), len(b.survivors)
    sds = _deviations(a, b)
    sd = None if sds is None else math.sqrt((sds[0] ** 2 + sds[1] ** 2) / 2)
    detectable = detectable_effect(n_a, n_b, target.power, target.alpha)
    plan = Plan(
        dataset, metric, a.label, b.label, n_a, n_b, sd,
        effect=_effect(target, sd), difference=target.difference, seeds=None, seeds_low=None, seeds_high=None,
        lost_rate=max(float(a.lost.mean()), float(b.lost.mean())), seeds_to_train=None,
        detectable=detectable, detectable_difference=_product(detectable, sd), power_now=None,
        power=target.power, alpha=target.alpha, curve=(),
        note="" if sd else "the pilot has no spread to plan from: two seeds with different values are needed",
    )  # fmt: skip
    return plan if plan.effect is None else _with_seeds(plan, target, sds)


def _with_seeds(plan: Plan, target: Target, sds: tuple[float, float] | None) -> Plan:
    """`plan` with everything that follows from its effect; the pilot's ratio of sds counts for a difference only."""
    effect = plan.effect
    assert effect is not None  # noqa: S101  the caller's promise
    by_difference = target.difference is not None and sds is not None
    size, sd_a, sd_b = (target.difference, *sds) if by_difference and sds else (effect, 1.0, 1.0)
    assert size is not None  # noqa: S101
    seeds = seeds_needed(size, sd_a, sd_b, target.power, target.alpha)
    low = high = seeds
    if by_difference:
        degrees = max(plan.n_a + plan.n_b - 2, 1) if plan.a != plan.b else plan.n_a - 1
        low, high = (
            seeds_needed(size, sd_a * factor, sd_b * factor, target.power, target.alpha)
            for factor in deviation_factors(degrees, LEVEL)
        )
    train = None if seeds is None or plan.lost_rate == 1 else math.ceil(seeds / (1 - plan.lost_rate))
    now = welch_power(size, sd_a, sd_b, plan.n_a, plan.n_b, target.alpha) if min(plan.n_a, plan.n_b) > 1 else None
    at = sorted({*CURVE_AT, *([] if seeds is None else [seeds])})
    return replace(
        plan,
        difference=plan.difference if plan.difference is not None else _product(effect, plan.sd),
        seeds=seeds,
        seeds_low=low,
        seeds_high=high,
        seeds_to_train=train,
        power_now=now,
        curve=tuple((n, welch_power(size, sd_a, sd_b, n, n, target.alpha)) for n in at),
    )


def _deviations(a: Sample, b: Sample) -> tuple[float, float] | None:
    """Standard deviations of both cells; None unless both have two seeds, and one of them some spread."""
    if min(len(a.survivors), len(b.survivors)) < 2:
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
