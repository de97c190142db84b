"""Results of `compare` in sentences: the one place where a verdict becomes words, for the terminal and the page alike.

What a sentence may claim follows from `Verdict.claim`: a mean that lies below another ranks two models only where it
proves something of their −log p.
"""

from collections.abc import Sequence

from genconv.report.format import counted, listed
from genconv.report.mismatches import mismatch_sentence
from genconv.report.undecided import undecided_sentence
from genconv.report.words import (
    both_words,
    brackets,
    chance_words,
    number_words,
    possessed,
    run_counts,
    short,
    size_words,
)
from genconv.statistics.compare import ComparisonResult
from genconv.statistics.comparison import Comparison
from genconv.statistics.evaluation_error import SIGMAS
from genconv.statistics.rank_comparison import MEANINGFUL
from genconv.statistics.sample import Sample
from genconv.statistics.verdict import Claim, Verdict

WORST = "Over all runs, those without a number ranked worst"
"""How a sentence begins that does not speak of survivors alone."""


def verdict_sentence(result: ComparisonResult) -> str:
    """Everything that a verdict says of its pair, in one to six sentences."""
    remarks = (*_remarks(result), _diverged(result.comparison), survivors_sentence(result))
    return " ".join(text for text in (_decision(result), *remarks) if text)


def ordered(result: ComparisonResult) -> tuple[Sample, Sample]:
    """The lower cell and the other one of a verdict that decides; else A and B."""
    a, b = result.comparison.a, result.comparison.b
    return (b, a) if result.verdict.lower == b.label and a.label != b.label else (a, b)


def split_sentence(result: ComparisonResult) -> str:
    """Where the mean says one thing and most runs another: both, and which runs rule the mean."""
    split, comparison = result.verdict.disagreement, result.comparison
    assert split is not None  # noqa: S101  the caller's promise
    unit = f" {comparison.a.unit}" if comparison.a.unit else ""
    often = f"A run of {split.most} is {'more often' if split.chance > 0.5 else 'as often'} below one of {split.mean} "
    often += "than above it" if split.chance > 0.5 else "as above it"
    text = (
        f"{f'Most runs of {split.most} are lower than those of {split.mean}' if split.mostly else often} "
        f"({chance_words(split.chance, split.chance_interval)}), but {split.mean} has the lower mean, by "
        f"{short(split.size)}{unit}{brackets(split.interval)}, {run_counts((comparison.a, comparison.b))}"
    )
    ruling = split.ruling
    if ruling is None:
        return f"{text}."
    near = f"at {short(ruling.low)}"
    if short(ruling.low) != short(ruling.high):
        near = f"from {short(ruling.low)} to {short(ruling.high)}"
    rule = "rules" if ruling.count == 1 else "rule"
    return f"{text}: {ruling.count} of {counted(ruling.runs, 'run')} of {ruling.label}, {near}, {rule} its mean."


def survivors_sentence(result: ComparisonResult) -> str:
    """What holds for the runs with a number alone; empty where every run has one."""
    found, comparison = result.verdict.survivors, result.comparison
    if result.verdict.basis != "all runs":
        return ""
    a, b = comparison.a, comparison.b
    lower, upper = (a, b) if found is None or found.lower == a.label else (b, a)
    left = [len(lower.survivors), len(upper.survivors)]
    counts = f"n = {left[0]} each" if left[0] == left[1] else f"n = {left[0]} and {left[1]}"
    if found is None:
        few = [f"{one.label} ({one.counted} runs)" for one in (a, b) if len(one.survivors) < 2]
        return f"Too few runs with a number for a mean: {listed(few)}."
    if found.size == 0:
        return f"Of the runs with a number alone, the means of {a.label} and {b.label} are equal, {counts}."
    unit = f" {a.unit}" if a.unit else ""
    by = f"by {short(found.size)}{unit}{brackets(found.interval)}"
    text = f"Of the runs with a number alone, the mean of {possessed(lower)} is {_below(lower, upper)} {by}, {counts}."
    known = found.claim in (result.verdict.claim, "same loss")
    return f"{text} {'' if known else claim_sentence(found.claim, [upper.label])}".strip()


def _decision(result: ComparisonResult) -> str:
    comparison, pair = result.comparison, f"{result.comparison.a.label}, {result.comparison.b.label}"
    match result.verdict.decision:
        case "incomparable":
            return mismatch_sentence(comparison)
        case "too few runs" if comparison.a.missing.all() and comparison.b.missing.all():
            return f"{pair}: no verdict, no run has a number."
        case "too few runs":
            return f"{pair}: no verdict, a cell needs two runs, {run_counts((comparison.a, comparison.b))}."
        case "split":
            return f"{pair}: {both_words(comparison.a, comparison.b)}, no winner. {split_sentence(result)}"
        case "undecided":
            return undecided_sentence(result)
        case "below":
            return _lies_below(result)


def _lies_below(result: ComparisonResult) -> str:
    verdict = result.verdict
    lower, upper = ordered(result)
    assert verdict.chance is not None  # noqa: S101  a verdict that decides has a chance
    chance = chance_words(verdict.chance, verdict.chance_interval)
    chance += " (completely separated)" if verdict.separated else ""
    if verdict.basis == "all runs":
        return f"{WORST}, {possessed(lower)} is {_below(lower, upper)}: {chance}, {run_counts((lower, upper))}."
    by = size_words(verdict, lower.unit)
    return f"{possessed(lower)} is {_below(lower, upper)} by {by}, {chance}, {run_counts((lower, upper))}."


def _below(lower: Sample, upper: Sample) -> str:
    same = number_words(lower) == number_words(upper)
    return f"below {upper.label}'s" if same else f"below {possessed(upper)}"


def _remarks(result: ComparisonResult) -> list[str]:
    """What qualifies a verdict."""
    verdict = result.verdict
    if verdict.decision != "below":
        return [_error(verdict, result.comparison.a.unit)] if verdict.other_examples else []
    lower, upper = ordered(result)
    return [_claim(verdict, lower, upper), _advantage(verdict), _error(verdict, lower.unit)]


def claim_sentence(claim: Claim | None, uppers: Sequence[str]) -> str:
    """What a reader must know to take a verdict for no more than it is; empty if nothing."""
    if claim == "nll below a bound":
        return f"{listed(uppers)}'s own NLL may be lower."
    if claim == "bounds compared":
        return "These are bounds: the NLLs may rank otherwise."
    if claim == "kinds differ":
        return f"The curve of {listed(uppers)} is of another kind: exact NLLs against bounds."
    if claim == "same loss":
        return "The loss says nothing of the likelihood."
    return ""


def _claim(verdict: Verdict, lower: Sample, upper: Sample) -> str:
    if (
        verdict.basis == "means"
        and verdict.claim == "proven"
        and lower.measure is not None
        and lower.measure.kind == "bound"
    ):
        return f"So {lower.label}'s NLL is below {upper.label}'s."
    text = claim_sentence(verdict.claim, [upper.label])
    falls = verdict.upper_falls
    if falls is None or verdict.claim not in ("nll below a bound", "bounds compared"):
        return text
    return f"{text} {upper.label}'s bound still falls by {short(falls)} {upper.unit} from k/4 to k draws."


def _advantage(verdict: Verdict) -> str:
    if not verdict.small_advantage:
        return ""
    return f"P is below {MEANINGFUL}: the advantage of {verdict.winner} is small."


def _error(verdict: Verdict, unit: str) -> str:
    """Where other held-out examples might turn the difference, or have a part in the test."""
    error = verdict.evaluation
    if error is None:
        return ""
    size = f"{short(error.standard_error)}{f' {unit}' if unit else ''}"
    if verdict.other_examples:
        return (
            f"Each cell has held-out examples of its own, {error.examples:,} of them; interval and p include their "
            f"standard error of {size}."
        )
    if not verdict.within_evaluation_error:
        return ""
    of = ", not known to be the same for both" if error.same_examples is None else ""
    return (
        f"The difference is smaller than {SIGMAS:g} standard errors of the {error.examples:,} held-out examples{of} "
        f"(one is {size})."
    )


def _diverged(comparison: Comparison) -> str:
    """What became of the runs without a number; empty if there are none."""
    a, b, rates = comparison.a, comparison.b, comparison.divergence
    if not (a.missing.any() or b.missing.any()):
        return ""
    p = "" if rates is None else f" (p = {short(rates.p)})"
    died = all(int(one.missing.sum()) == one.diverged for one in (a, b))
    return f"{_missing(a)} and {_missing(b)} {'diverged' if died else 'have no number'}{p}."


def _missing(sample: Sample) -> str:
    return f"{int(sample.missing.sum())} of {len(sample.seeds)} runs of {sample.label}"
