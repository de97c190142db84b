"""What follows from a comparison, as a result without words.

A verdict rests on one number: the p of the Welch test (for samples without any spread, of the permutation test),
adjusted by Holm over every comparison of the call. Below 1 − level, one cell is said to lie below the other. What that
says of the models' −log p depends on what both numbers are.
"""

from dataclasses import dataclass, replace
from typing import Literal

from genconv.statistics.comparison import Comparison, Mismatch
from genconv.statistics.evaluation_error import SIGMAS, EvaluationError
from genconv.statistics.intervals import Interval
from genconv.statistics.power import POWER, detectable_effect
from genconv.statistics.rank_comparison import MEANINGFUL, Superiority
from genconv.statistics.sample import Sample

Decision = Literal["below", "undecided", "too few runs", "incomparable"]

Claim = Literal["proven", "nll below a bound", "bounds compared", "same loss", "same quantity", "kinds differ"]
"""What a lower mean says.

`proven`: the −log p of the lower cell is below that of the other. `nll below a bound`: an exact −log p is below a
bound, and the bounded −log p may be lower still. `bounds compared`: two bounds, and both −log p may rank otherwise.
`same loss`: losses of one name and unit, which say nothing of −log p. `same quantity`: the same summary of a curve, or
a count, no −log p of one model. `kinds differ`: such a summary of an exact curve and of one of bounds.
"""


@dataclass(frozen=True)
class Verdict:
    """What the runs say of A and B."""

    decision: Decision
    """`below`: one cell lies below the other; `undecided`: the runs do not tell; `too few runs`: a cell has fewer than
    two with a number; `incomparable`: the numbers do not say the same thing.
    """
    lower: str | None
    """The label of the cell that lies below, if one does."""
    upper: str | None
    """The label of the other one."""
    winner: str | None
    """The label of the better of both: the lower one, unless more is better."""
    claim: Claim | None
    """What the decision `below` says; None for the others."""
    mismatch: Mismatch | None
    """Why the numbers do not compare; None if they do."""
    size: float | None
    """mean(upper) − mean(lower) ≥ 0 where the decision is `below`, in the unit of the metric."""
    interval: Interval | None
    """Of `size`; None where neither cell has any spread."""
    p: float
    """Welch's p after Holm; NaN without a test."""
    chance: float | None
    """P(a run of the lower cell is lower), of the runs with a number."""
    chance_interval: Interval | None
    """Of `chance`; None where neither cell has any spread."""
    separated: bool
    """Whether every run of the one lies below every run of the other."""
    detectable: float | None
    """The difference in standard deviations that the runs at hand detect with power .8, at 1 − level over `family`."""
    family: int
    """How many tests p is adjusted for."""
    evaluation: EvaluationError | None
    """From the held-out examples; None where it is not on record."""
    lower_falls: float | None
    """By how much the bound of the lower cell still falls from k/4 to k draws; None if it is no such bound."""
    upper_falls: float | None
    """The same of the other cell: by about so much, or more, its own −log p may be lower."""

    @property
    def small_advantage(self) -> bool:
        """Whether the chance is below what counts as meaningful."""
        return self.chance is not None and self.chance < MEANINGFUL

    @property
    def within_evaluation_error(self) -> bool:
        """Whether other held-out examples, or other draws, might turn the difference: it is within `SIGMAS` errors."""
        return (
            self.evaluation is not None
            and self.size is not None
            and (self.size < SIGMAS * self.evaluation.standard_error)
        )


def verdict(comparison: Comparison, p_adjusted: float, family: int, level: float) -> Verdict:
    """What follows from a comparison, given its adjusted p and the number of tests that it was adjusted for."""
    decision = _decision(comparison, p_adjusted, level)
    lower, upper, sign = _order(comparison)
    below, means, better = decision == "below", comparison.means, comparison.better
    runs = len(comparison.a.survivors), len(comparison.b.survivors)
    chance = None if better is None else better.probability if sign > 0 else 1 - better.probability
    return Verdict(
        decision=decision,
        lower=lower.label if below else None,
        upper=upper.label if below else None,
        winner=(lower if lower.metric.lower_is_better else upper).label if below else None,
        claim=claim(lower, upper) if below else None,
        mismatch=comparison.mismatch,
        size=abs(means.difference) if below and means is not None else None,
        interval=_oriented(means.interval, sign) if below and means is not None else None,
        p=p_adjusted,
        chance=chance if below else None,
        chance_interval=_chance_interval(better, sign) if below and better is not None else None,
        separated=below and better is not None and better.separated,
        detectable=None if means is None else detectable_effect(*runs, POWER, (1 - level) / max(family, 1)),
        family=family,
        evaluation=comparison.evaluation,
        lower_falls=lower.falls if below else None,
        upper_falls=upper.falls if below else None,
    )


def claim(lower: Sample, upper: Sample) -> Claim:
    """What it says that one mean is below another, of numbers that compare."""
    low, high = lower.measure, upper.measure
    if low is None or high is None:
        return "same quantity"
    if low.kind == "loss":
        return "same loss"
    if not lower.metric.of_model:
        return "same quantity" if low.kind == high.kind else "kinds differ"
    if high.kind == "exact":
        return "proven"
    return "nll below a bound" if low.kind == "exact" else "bounds compared"


def _decision(comparison: Comparison, p_adjusted: float, level: float) -> Decision:
    if comparison.mismatch is not None:
        return "incomparable"
    if comparison.means is None:
        return "too few runs"
    return "below" if p_adjusted < 1 - level and comparison.means.difference != 0 else "undecided"


def _order(comparison: Comparison) -> tuple[Sample, Sample, int]:
    """The cell with the lower mean, the other one, and 1 if the first is A, −1 if it is B."""
    means = comparison.means
    if means is None or means.difference >= 0:
        return comparison.a, comparison.b, 1
    return comparison.b, comparison.a, -1


def _chance_interval(better: Superiority, sign: int) -> Interval | None:
    """Of the chance of the lower cell: that of A, or 1 less it."""
    interval = better.interval
    if interval is None or sign > 0:
        return interval
    return replace(interval, low=1 - interval.high, high=1 - interval.low)


def _oriented(interval: Interval | None, sign: int) -> Interval | None:
    if interval is None or sign > 0:
        return interval
    return interval.negated()
