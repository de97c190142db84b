"""What follows from a comparison, as a result without words.

A verdict speaks of all runs. It rests on one number, the p of the permutation test of means, or of ranks where a run
has no number, adjusted by Holm over every comparison of the call. Below 1 − level, one cell is said to lie below the
other, unless its mean and most of its runs point in different directions. What that says of the models' −log p depends
on what both numbers are.
"""

from dataclasses import dataclass
from typing import Literal

from genconv.statistics.comparison import Comparison, Mismatch
from genconv.statistics.decisive_test import Basis
from genconv.statistics.disagreement import MATERIAL, Disagreement, disagreement
from genconv.statistics.evaluation_error import SIGMAS, EvaluationError
from genconv.statistics.intervals import Interval
from genconv.statistics.permutation import runs_to_decide
from genconv.statistics.power import POWER, detectable_effect
from genconv.statistics.rank_comparison import MEANINGFUL
from genconv.statistics.sample import Sample

Decision = Literal["below", "split", "undecided", "too few runs", "incomparable"]

Claim = Literal["proven", "nll below a bound", "bounds compared", "same loss", "same quantity", "kinds differ"]
"""What a lower mean says.

`proven`: the −log p of the lower cell is below that of the other. `nll below a bound`: an exact −log p is below a
bound, and the bounded −log p may be lower. `bounds compared`: two bounds, and both −log p may rank otherwise.
`same loss`: losses of one name and unit, which say nothing of −log p. `same quantity`: the same summary of a curve, or
a count, no −log p of one model. `kinds differ`: such a summary of an exact curve and of one of bounds.
"""


@dataclass(frozen=True)
class SurvivorsDifference:
    """By how much the mean of one cell lies below that of the other, given survival: a description, no test."""

    lower: str
    """The label of the cell with the lower mean."""
    size: float
    interval: Interval | None
    """Welch's; None where neither cell has any spread."""
    claim: Claim
    """What a lower mean says of such numbers."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """What the runs say of A and B."""

    decision: Decision
    """`below`: one cell lies below the other; `split`: its mean does, but most runs do not; `undecided`: the runs do
    not tell; `too few runs`: a cell has fewer than two; `incomparable`: the numbers do not say the same thing.
    """
    basis: Basis | None
    """`means`, or `all runs` where some have no number and stand behind all others; None without a test."""
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
    """mean(upper) − mean(lower) > 0 where the decision is `below` by means, in the unit of the metric."""
    interval: Interval | None
    """Of `size`; None where neither cell has any spread."""
    p: float
    """Of the permutation test after Holm; NaN without a test."""
    chance: float | None
    """P(a run of the lower cell is lower), of all runs; of A where the decision is none."""
    chance_interval: Interval | None
    """Of `chance`; None where neither cell has any spread."""
    unsure: Interval | None
    """Where p alone would decide, and the decision is `undecided`: the interval beside it, of the difference of means
    or of the chance, which leaves it open which cell is lower. None in all other cases.
    """
    separated: bool
    """Whether every run of the one lies below every run of the other."""
    disagreement: Disagreement | None
    """Where the decision is `split`: what the mean says, what most runs say, and which runs rule the mean."""
    survivors: SurvivorsDifference | None
    """On the basis of all runs: what holds for those with a number; None where a cell has fewer than two of them."""
    detectable: float | None
    """The difference in standard deviations that the runs at hand detect with power .8, at 1 − level over `family`, by
    means; None where they detect none.
    """
    smallest_p: float | None
    """The smallest p that so many runs can have, before Holm; None without a test."""
    powerless: bool
    """Whether that p, after Holm, would still decide nothing."""
    runs_to_decide: int | None
    """How many runs of each cell could decide, where those at hand are powerless; None where they are not, and where no
    number could.
    """
    family: int
    """How many tests p is adjusted for."""
    evaluation: EvaluationError | None
    """From the held-out examples; None where it is not on record."""
    other_examples: bool
    """Whether each cell has held-out examples of its own, whose error is then part of `interval` and of `p`."""
    lower_falls: float | None
    """By how much the bound of the lower cell still falls from k/4 to k draws; None if it is no such bound."""
    upper_falls: float | None
    """The same of the other cell: by about so much, or more, its own −log p may be lower."""

    def __repr__(self) -> str:
        if self.decision != "below":
            return f"<{self.decision}, p = {self.p:.2g}>"
        size = "" if self.size is None else f" by {self.size:.3g}"
        return f"<{self.lower} is below {self.upper}{size}, p = {self.p:.2g} ({self.claim})>"

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


def verdict(comparison: Comparison, p_adjusted: float, family: int, level: float, lowest_p: float) -> Verdict:
    """What follows from a comparison, given its adjusted p and the number of tests that it was adjusted for.

    `lowest_p` is what the smallest p that so many runs can have would be after Holm.
    """
    split = _disagreement(comparison)
    decision = _decision(comparison, p_adjusted, level, split)
    lower, upper, a_is_lower = _order(comparison)
    below, by_means = decision == "below", _basis(comparison) == "means"
    better, test, chance = (
        comparison.better_of_all,
        comparison.test,
        None if comparison.test is None else _chance(comparison),
    )
    turned = below and not a_is_lower
    return Verdict(
        decision=decision,
        basis=_basis(comparison),
        lower=lower.label if below else None,
        upper=upper.label if below else None,
        winner=(lower if lower.metric.lower_is_better else upper).label if below else None,
        claim=claim(lower, upper) if below else None,
        mismatch=comparison.mismatch,
        size=abs(comparison.means.difference) if below and by_means and comparison.means is not None else None,
        interval=_interval(comparison, a_is_lower) if below and by_means else None,
        p=p_adjusted,
        chance=chance if chance is None or not turned else 1 - chance,
        chance_interval=_turned(None if better is None else better.interval, turned),
        unsure=_unsure(comparison) if decision == "undecided" and split is None and p_adjusted < 1 - level else None,
        separated=below and better is not None and better.separated,
        disagreement=split if decision == "split" else None,
        survivors=_survivors(comparison) if _basis(comparison) == "all runs" else None,
        detectable=_detectable(comparison, family, level),
        smallest_p=None if test is None else test.smallest,
        powerless=lowest_p >= 1 - level,
        runs_to_decide=runs_to_decide((1 - level) / max(family, 1), family) if lowest_p >= 1 - level else None,
        family=family,
        evaluation=comparison.evaluation,
        other_examples=test is not None and test.interval is not None,
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


def _basis(comparison: Comparison) -> Basis | None:
    return None if comparison.test is None else comparison.test.basis


def _decision(comparison: Comparison, p_adjusted: float, level: float, split: Disagreement | None) -> Decision:
    if comparison.mismatch is not None:
        return "incomparable"
    if comparison.test is None:
        return "too few runs"
    decided = p_adjusted < 1 - level
    if split is not None:
        return "split" if decided or split.chance >= MATERIAL - 1e-9 else "undecided"
    return "below" if decided and _intervals_agree(comparison) else "undecided"


def _intervals_agree(comparison: Comparison) -> bool:
    """Whether the interval that the sentence prints leaves no difference out: an undecided one decides nothing."""
    if _basis(comparison) == "all runs":
        better = comparison.better_of_all
        if better is None or better.probability == 0.5:
            return False
        return better.separated or better.interval is None or better.interval.excludes(0.5)
    means = comparison.means
    interval = _interval(comparison, a_is_lower=True)
    return means is not None and means.difference != 0 and (interval is None or interval.excludes(0.0))


def _unsure(comparison: Comparison) -> Interval | None:
    if _basis(comparison) == "all runs":
        return None if comparison.better_of_all is None else comparison.better_of_all.interval
    return _interval(comparison, a_is_lower=True)


def _disagreement(comparison: Comparison) -> Disagreement | None:
    return disagreement(comparison) if _basis(comparison) == "means" else None


def _order(comparison: Comparison) -> tuple[Sample, Sample, bool]:
    """The lower cell, the other one, and whether A is the first: by the mean, or by the chance of all runs."""
    if _basis(comparison) == "all runs":
        a_is_lower = _chance(comparison) >= 0.5
    else:
        a_is_lower = comparison.means is None or comparison.means.difference >= 0
    return (comparison.a, comparison.b, True) if a_is_lower else (comparison.b, comparison.a, False)


def _chance(comparison: Comparison) -> float:
    """P(a run of A is lower), of all runs."""
    return 0.5 if comparison.better_of_all is None else comparison.better_of_all.probability


def _interval(comparison: Comparison, a_is_lower: bool) -> Interval | None:
    """Of the difference of means, the error of different held-out examples included; positive where A is lower."""
    interval = None if comparison.means is None else comparison.means.interval
    if comparison.test is not None and comparison.test.interval is not None:
        interval = comparison.test.interval
    return interval if a_is_lower or interval is None else interval.negated()


def _turned(interval: Interval | None, turned: bool) -> Interval | None:
    return interval.complement() if interval is not None and turned else interval


def _survivors(comparison: Comparison) -> SurvivorsDifference | None:
    means = comparison.means
    if means is None:
        return None
    a_is_lower = means.difference >= 0
    lower, upper = (comparison.a, comparison.b) if a_is_lower else (comparison.b, comparison.a)
    interval = means.interval if a_is_lower or means.interval is None else means.interval.negated()
    size = 0.0 if lower.same_mean(upper) else abs(means.difference)
    return SurvivorsDifference(lower.label, size, interval, claim(lower, upper))


def _detectable(comparison: Comparison, family: int, level: float) -> float | None:
    """None on the basis of all runs, which are no means."""
    if _basis(comparison) != "means":
        return None
    runs = len(comparison.a.survivors), len(comparison.b.survivors)
    return detectable_effect(*runs, POWER, (1 - level) / max(family, 1))
