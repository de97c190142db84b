"""Results of `compare` in sentences: the one place where a verdict becomes words, for the terminal and the page alike.

What a sentence may claim follows from `Verdict.claim`: a mean that lies below another ranks two models only where it
proves something of their −log p.
"""

from collections.abc import Sequence

from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.report.format import listed
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.compare import ComparisonResult
from genconv.statistics.comparison import Comparison
from genconv.statistics.evaluation_error import SIGMAS
from genconv.statistics.intervals import Interval
from genconv.statistics.rank_comparison import MEANINGFUL
from genconv.statistics.sample import Sample
from genconv.statistics.verdict import Claim, Verdict


def verdict_sentence(result: ComparisonResult) -> str:
    """Everything that a verdict says of its pair, in one to five sentences."""
    return " ".join(text for text in (_decision(result), *_remarks(result), _diverged(result.comparison)) if text)


def number_words(sample: Sample) -> str:
    """What the numbers of a cell are: `NLL`, `bound (IWAE, k = 64)`, `last (NLL)`, `exceeds`."""
    if sample.measure is None:
        return sample.metric.title
    words = _measure_words(sample.measure)
    if sample.metric.name == BEST_ESTIMATE:
        return words
    inside = words.replace(" (", ", ").rstrip(")") if sample.measure.kind == "bound" else words
    return f"{sample.metric.title} ({inside})"


def score_words(found: Aggregates) -> str:
    """What a score over datasets is."""
    if not found.above_best:
        return found.metric
    return f"{found.metric} above the best cell's median on the same dataset"


def size_words(verdict: Verdict, unit: str) -> str:
    """`0.17 nats [0.12, 0.22]`."""
    assert verdict.size is not None  # noqa: S101  a verdict that decides has a size
    return f"{short(verdict.size)}{f' {unit}' if unit else ''}{_brackets(verdict.interval)}"


def short(value: float) -> str:
    """Two decimals, or two significant digits where that is more."""
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def ordered(result: ComparisonResult) -> tuple[Sample, Sample]:
    """The lower cell and the other one of a verdict that decides; else A and B."""
    a, b = result.comparison.a, result.comparison.b
    return (b, a) if result.verdict.lower == b.label and a.label != b.label else (a, b)


def _decision(result: ComparisonResult) -> str:
    verdict, comparison = result.verdict, result.comparison
    if verdict.decision == "incomparable":
        return _incomparable(comparison)
    if verdict.decision == "too few runs":
        return f"{comparison.a.label}, {comparison.b.label}: no verdict, a cell needs two runs with a number."
    if verdict.decision == "undecided":
        return _undecided(result)
    lower, upper = ordered(result)
    chance = "" if verdict.chance is None else f", P = {verdict.chance:.2f}{_between(verdict.chance_interval)}"
    apart = " (completely separated)" if verdict.separated else ""
    return (
        f"{_possessed(lower)} is {_below(lower, upper)} by {size_words(verdict, lower.unit)}{chance}{apart}, "
        f"n = {_counts(lower, upper)}."
    )


def _below(lower: Sample, upper: Sample) -> str:
    same = number_words(lower) == number_words(upper)
    return f"below {upper.label}'s" if same else f"below {_possessed(upper)}"


def _undecided(result: ComparisonResult) -> str:
    a, b, verdict = result.comparison.a, result.comparison.b, result.verdict
    each = f"{len(a.survivors)} runs each" if len(a.survivors) == len(b.survivors) else f"{_counts(a, b)} runs"
    among = f" among {verdict.family} comparisons" if verdict.family > 1 else ""
    what = number_words(a) if number_words(a) == number_words(b) else f"{number_words(a)} and {number_words(b)}"
    return f"{a.label}, {b.label}: {what} undecided, {each} detect d ≥ {verdict.detectable:.1f}{among}."


def _incomparable(comparison: Comparison) -> str:
    a, b = comparison.a, comparison.b
    pair = f"{a.label}, {b.label}: not compared,"
    if comparison.mismatch == "units":
        return f"{pair} {_unit(a)} against {_unit(b)}."
    if comparison.mismatch == "losses":
        return f"{pair} their losses have different names, {_name(a)} and {_name(b)}."
    if comparison.mismatch == "tolerances":
        return f"{pair} the tolerance of {a.metric.title} is in the unit of the loss: {_loss(a)} against {_loss(b)}."
    if comparison.mismatch == "laws":
        return f"{pair} {_law(a)} and {_law(b)} do not compare."
    loss, other = (a, b) if a.measure is not None and a.measure.kind == "loss" else (b, a)
    return f"{pair} {loss.label}'s loss says nothing of the likelihood, and {_possessed(other)} does."


def _remarks(result: ComparisonResult) -> list[str]:
    """What qualifies a verdict that decides; nothing for the others."""
    verdict = result.verdict
    if verdict.decision != "below":
        return []
    lower, upper = ordered(result)
    return [_claim(verdict, lower, upper), _advantage(verdict, lower), _error(verdict, lower.unit)]


def claim_sentence(claim: Claim | None, uppers: Sequence[str]) -> str:
    """What a reader must know to take a verdict for no more than it is; empty if nothing."""
    if claim == "nll below a bound":
        return f"{_own(uppers)} may be lower."
    if claim == "bounds compared":
        return "These are bounds: the NLLs may rank otherwise."
    if claim == "kinds differ":
        return f"The curve of {listed(uppers)} is of another kind: exact NLLs against bounds."
    if claim == "same loss":
        return "The loss says nothing of the likelihood."
    return ""


def _own(uppers: Sequence[str]) -> str:
    return f"{uppers[0]}'s own NLL" if len(uppers) == 1 else f"The own NLLs of {listed(uppers)}"


def _claim(verdict: Verdict, lower: Sample, upper: Sample) -> str:
    if verdict.claim == "proven" and lower.measure is not None and lower.measure.kind == "bound":
        return f"So {lower.label}'s NLL is below {upper.label}'s."
    text = claim_sentence(verdict.claim, [upper.label])
    falls = verdict.upper_falls
    if falls is None or verdict.claim not in ("nll below a bound", "bounds compared"):
        return text
    return f"{text} {upper.label}'s bound still falls by {short(falls)} {upper.unit} from k/4 to k draws."


def _advantage(verdict: Verdict, lower: Sample) -> str:
    if not verdict.small_advantage:
        return ""
    return f"P is below {MEANINGFUL}: the advantage of {lower.label} is small."


def _error(verdict: Verdict, unit: str) -> str:
    """Where other held-out examples might turn the difference."""
    error = verdict.evaluation
    if error is None or not verdict.within_evaluation_error:
        return ""
    words = {True: "", False: ", other ones for each cell", None: ", not known to be the same for both"}
    of = words[error.same_examples]
    return (
        f"The difference is smaller than {SIGMAS:g} standard errors of the {error.examples:,} held-out examples{of} "
        f"(one is {short(error.standard_error)}{f' {unit}' if unit else ''})."
    )


def _diverged(comparison: Comparison) -> str:
    """What became of the runs that means do not speak of; empty if there are none."""
    a, b, rates, ranked = comparison.a, comparison.b, comparison.divergence, comparison.better_of_all
    if not (a.missing.any() or b.missing.any()):
        return ""
    p = "" if rates is None else f" (p = {short(rates.p)})"
    died = all(int(one.missing.sum()) == one.diverged for one in (a, b))
    text = f"{_missing(a)} and {_missing(b)} {'diverged' if died else 'have no number'}{p}."
    if ranked is None:
        return text
    low, chance = (a, ranked.probability) if ranked.probability >= 0.5 else (b, 1 - ranked.probability)
    return f"{text} With these ranked worst, P = {chance:.2f} for {low.label}."


def _missing(sample: Sample) -> str:
    return f"{int(sample.missing.sum())} of {len(sample.seeds)} runs of {sample.label}"


def _possessed(sample: Sample) -> str:
    return f"{sample.label}'s {number_words(sample)}"


def _measure_words(measure: Measure) -> str:
    words = {"exact": "NLL", "bound": "bound", "loss": measure.name}[measure.kind]
    return f"{words} ({measure.details})" if measure.details else words


def _unit(sample: Sample) -> str:
    return f"{_possessed(sample)} in {sample.unit}" if sample.unit else f"{_possessed(sample)} without a unit"


def _loss(sample: Sample) -> str:
    return "" if sample.tolerance is None else sample.tolerance.label


def _law(sample: Sample) -> str:
    """`a probability of 256 levels`, `a density on [0, 1]`."""
    over = "" if sample.measure is None else sample.measure.over
    if not over:
        return "a likelihood of other values"
    return f"a {over}" if over.startswith("density") else f"a probability of {over}"


def _name(sample: Sample) -> str:
    return "" if sample.measure is None else f"'{sample.measure.name}'"


def _counts(a: Sample, b: Sample) -> str:
    return f"{len(a.survivors)} and {len(b.survivors)}"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval.low:.2f}, {interval.high:.2f}]"


def _brackets(interval: Interval | None) -> str:
    return ", no spread in either" if interval is None else f" [{short(interval.low)}, {short(interval.high)}]"
