"""What a number is, and how large: the parts of the sentences about results."""

from collections.abc import Sequence

from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.report.format import LARGE, share_text
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.intervals import Interval
from genconv.statistics.sample import Sample
from genconv.statistics.verdict import Verdict


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


def possessed(sample: Sample) -> str:
    """`flow's NLL`."""
    return f"{sample.label}'s {number_words(sample)}"


def size_words(verdict: Verdict, unit: str) -> str:
    """`0.17 nats [0.12, 0.22]`."""
    assert verdict.size is not None  # noqa: S101  a verdict that decides has a size
    return f"{short(verdict.size)}{f' {unit}' if unit else ''}{brackets(verdict.interval)}"


def chance_words(chance: float, interval: Interval | None) -> str:
    """`P = 0.83 [0.60, 1.00]`."""
    ends = "" if interval is None else f" [{share_text(interval.low)}, {share_text(interval.high)}]"
    return f"P = {share_text(chance)}{ends}"


def run_counts(samples: Sequence[Sample]) -> str:
    """`n = 10 each`, `n = 10 and 5, after 40 and 12 epochs`: how many runs the cells have, and for how long."""
    counts = [len(sample.seeds) for sample in samples]
    if len(set(counts)) == 1:
        text = f"n = {counts[0]} each"
    else:
        text = f"n = {counts[0]} and {counts[1]}" if len(counts) == 2 else f"n = {min(counts)} to {max(counts)}"
    return text + lengths(samples)


def lengths(samples: Sequence[Sample]) -> str:
    """`, after 40 and 12 epochs`; empty where all were trained as long, or that is not known."""
    known = [sample.length for sample in samples if sample.length is not None]
    if len(set(known)) < 2 or len(known) < len(samples):
        return ""
    if len({counted for counted, _ in known}) > 1:
        return ", after " + " and ".join(dict.fromkeys(f"{end:g} {counted}" for counted, end in known))
    ends = [end for _, end in known]
    span = f"{ends[0]:g} and {ends[1]:g}" if len(ends) == 2 else f"{min(ends):g} to {max(ends):g}"
    return f", after {span} {known[0][0]}"


def short(value: float) -> str:
    """Two decimals, or two significant digits where that is more; `1.235e+09` for what is large."""
    if abs(value) >= LARGE:
        return f"{value:.4g}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def brackets(interval: Interval | None) -> str:
    """` [0.12, 0.22]`."""
    return ", no spread in either" if interval is None else f" [{short(interval.low)}, {short(interval.high)}]"


def _measure_words(measure: Measure) -> str:
    words = {"exact": "NLL", "bound": "bound", "loss": measure.name}[measure.kind]
    return f"{words} ({measure.details})" if measure.details else words


def both_words(a: Sample, b: Sample) -> str:
    """What the numbers of a pair are: `NLL`, or `NLL and bound (ELBO)`."""
    return number_words(a) if number_words(a) == number_words(b) else f"{number_words(a)} and {number_words(b)}"
