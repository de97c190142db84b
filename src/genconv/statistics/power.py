"""How many seeds it takes to see a difference, and what the seeds at hand can see."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from scipy import optimize, stats

from genconv.errors import InputError
from genconv.statistics.intervals import LEVEL, deviation_factors, t_quantile
from genconv.statistics.sample import Sample, samples
from genconv.store.results import StoredCell

ALPHA = 0.05
POWER = 0.8
MOST_SEEDS = 1_000_000


@lru_cache(maxsize=65536)
def welch_power(difference: float, sd_a: float, sd_b: float, n_a: float, n_b: float, alpha: float = ALPHA) -> float:
    """P(|T| > t) for T noncentral t with ν degrees of freedom about D/√(s_A²/n_A + s_B²/n_B), t the 1 − α/2 quantile.

    ν after Welch and Satterthwaite; with equal s and n this is the power of the t test (`TTestIndPower`). Needs n ≥ 2
    and a positive standard deviation. arXiv 1806.08295, section 4.
    """
    share_a, share_b = sd_a**2 / n_a, sd_b**2 / n_b
    variance = share_a + share_b
    degrees = variance**2 / (share_a**2 / (n_a - 1) + share_b**2 / (n_b - 1))
    centre = abs(difference) / math.sqrt(variance)
    edge = t_quantile(alpha / 2, degrees)
    if centre > edge + 30:  # the tails of the noncentral t are not computable there, and not needed
        return 1.0
    near, far = float(stats.nct.sf(edge, degrees, centre)), float(stats.nct.cdf(-edge, degrees, centre))
    return near if math.isnan(far) else near + far  # NaN where the far tail is too small to compute


def effect_power(effect: float, n_a: float, n_b: float, alpha: float = ALPHA) -> float:
    """`welch_power` for a difference of `effect` common standard deviations."""
    return welch_power(effect, 1.0, 1.0, n_a, n_b, alpha)


def seeds_needed(difference: float, sd_a: float, sd_b: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """The smallest n for which n seeds a cell give `welch_power` ≥ `power`: 17 for one sd, 64 for half of one.

    None if more than `MOST_SEEDS`.
    """

    def enough(n: int) -> bool:
        return welch_power(difference, sd_a, sd_b, n, n, alpha) >= power

    high = 2
    while not enough(high):
        if high >= MOST_SEEDS:
            return None
        high = min(2 * high, MOST_SEEDS)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(high, 2)


@lru_cache(maxsize=4096)
def detectable_effect(n_a: int, n_b: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The d that n_A and n_B seeds detect with that power: 1.32 for 10 and 10; None for n < 2."""
    if min(n_a, n_b) < 2:
        return None
    high = 1.0
    while effect_power(high, n_a, n_b, alpha) < power:
        high *= 2
    return float(optimize.brentq(lambda d: effect_power(d, n_a, n_b, alpha) - power, 0.0, high, xtol=1e-12))


def effect_of_probability(probability: float) -> float:
    """d = √2 Φ⁻¹(P): how many sds apart two normal laws of equal spread lie if A beats B with chance P.

    `InputError` unless 0.5 < P < 1.
    """
    if not 0.5 < probability < 1:
        raise InputError(f"probability = {probability:g}: must be above 0.5 and below 1")
    return math.sqrt(2) * float(stats.norm.ppf(probability))


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
    curve: tuple[tuple[int, float], ...]
    """Seeds for each model, and the power they give."""
    note: str = ""

    def __repr__(self) -> str:
        pair = self.a if self.a == self.b else f"{self.a}, {self.b}"
        return f"<{self.metric} on {self.dataset}, {pair}: {self.seeds} runs of each for power {self.power:g}>"


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
    n_a, n_b = a.survivors.size, b.survivors.size
    sds = _deviations(a, b)
    sd = None if sds is None else math.sqrt((sds[0] ** 2 + sds[1] ** 2) / 2)
    detectable = detectable_effect(n_a, n_b, target.power, target.alpha)
    plan = Plan(
        dataset, metric, a.unit, a.label, b.label, n_a, n_b, sd,
        effect=_effect(target, sd), difference=target.difference, seeds=None, seeds_low=None, seeds_high=None,
        diverged_rate=max(float(a.missing.mean()), float(b.missing.mean())), seeds_to_train=None,
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
    train = None if seeds is None or plan.diverged_rate == 1 else math.ceil(seeds / (1 - plan.diverged_rate))
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
