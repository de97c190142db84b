"""What so few runs leave open, in words, and how many to make instead."""

from collections.abc import Sequence

from genconv.report.words import both_words, brackets, chance_words, lengths, run_counts, short
from genconv.statistics.compare import ComparisonResult
from genconv.statistics.sample import Sample
from genconv.statistics.verdict import Verdict

FEW, ENOUGH = 5, 10
"""Runs of a cell below which almost nothing is decided, and how many to make instead."""
PLAN = "; genconv plan tells how many find less"
"""What to do about a pair that is not decided; of several, once is enough (`told_once`)."""
_VAST = 3.0
"""Standard deviations from which on a difference that could be detected is no news."""


def undecided_sentence(result: ComparisonResult) -> str:
    """Of a pair that is not decided: what it would take."""
    a, b, verdict = result.comparison.a, result.comparison.b, result.verdict
    text = f"{a.label}, {b.label}: {both_words(a, b)} undecided"
    if verdict.unsure is not None:
        return f"{text}: {unsure_words(verdict)}, {run_counts((a, b))}."
    if verdict.basis == "all runs":
        assert verdict.chance is not None  # noqa: S101  two runs each have a chance
        chance = chance_words(verdict.chance, verdict.chance_interval)
        text += f" over all runs, those without a number ranked worst: {chance} that {a.label} is lower, "
        text += f"{run_counts((a, b))}"
        return f"{text}. {powerless_sentence(result)}".strip() if verdict.powerless else f"{text}."
    if no_spread(result):
        what, counts = both_words(a, b), run_counts((a, b))
        return f"{a.label}, {b.label}: no spread was seen, every run of both has one {what}, {counts}."
    if verdict.powerless or verdict.detectable is None:
        return f"{text}, {run_counts((a, b))}. {powerless_sentence(result)}".strip()
    if verdict.detectable > _VAST or fewest_runs(result) < FEW:
        return f"{text}: {few_words(result)}."
    return f"{text}, {_each(a, b)} detect d ≥ {verdict.detectable:.1f}{_among(verdict)}{lengths((a, b))}{PLAN}."


def unsure_words(verdict: Verdict) -> str:
    """`p is 0.008, but the interval of the difference [-0.18, 0.54] holds 0`: two methods that disagree."""
    assert verdict.unsure is not None  # noqa: S101  the caller's promise
    what, none = ("P", "0.5") if verdict.basis == "all runs" else ("the difference of means", "0")
    return f"p is {short(verdict.p)}, but the interval of {what}{brackets(verdict.unsure)} holds {none}"


def told_once(sentences: Sequence[str]) -> list[str]:
    """The sentences of several pairs, of which the first that needs it says what to do."""
    first = next((place for place, text in enumerate(sentences) if PLAN in text), -1)
    return [text if place == first else text.replace(PLAN, "") for place, text in enumerate(sentences)]


def fewest_runs(result: ComparisonResult) -> int:
    """How many runs the smaller cell of a pair has."""
    return min(len(result.comparison.a.seeds), len(result.comparison.b.seeds))


def few_words(result: ComparisonResult) -> str:
    """`two runs each decide almost nothing: run 10`: what to do instead of reading more out of so few."""
    return f"{_each(result.comparison.a, result.comparison.b)} decide almost nothing: run {enough_runs([result])}"


def enough_runs(results: Sequence[ComparisonResult]) -> int:
    """How many runs of each cell to make instead: ten, or what a permutation test needs to decide if that is more."""
    return max([ENOUGH, *(one.verdict.runs_to_decide or 0 for one in results)])


def no_spread(result: ComparisonResult) -> bool:
    """Whether neither cell has any spread, and their means are equal."""
    means = result.comparison.means
    return means is not None and means.interval is None and means.difference == 0


def powerless_sentence(result: ComparisonResult) -> str:
    """Why so few runs cannot decide anything."""
    verdict, a, b = result.verdict, result.comparison.a, result.comparison.b
    if not verdict.powerless or verdict.smallest_p is None:
        return ""
    text = f"{_each(a, b)} cannot decide{_among(verdict)}: p of a permutation test of them is at least "
    enough = (
        f" {verdict.runs_to_decide} runs each can, of models that are far apart: run {enough_runs([result])}."
        if verdict.runs_to_decide
        else ""
    )
    return f"{text}{short(verdict.smallest_p)}.{enough}"


def _each(a: Sample, b: Sample) -> str:
    same = len(a.seeds) == len(b.seeds)
    return f"{len(a.seeds)} runs each" if same else f"{len(a.seeds)} and {len(b.seeds)} runs"


def _among(verdict: Verdict) -> str:
    return f" among {verdict.family} comparisons" if verdict.family > 1 else ""
