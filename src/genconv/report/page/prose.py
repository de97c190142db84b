"""What the page says first: the question, what was run, and for each dataset an answer and what qualifies it.

How a single verdict is put in words is in `report/sentences.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genconv.curves import CellCurves
from genconv.measure import Measure
from genconv.report.format import counted, listed
from genconv.report.labels import series
from genconv.report.sentences import (
    WORST,
    claim_sentence,
    powerless_sentence,
    split_sentence,
    survivors_sentence,
    verdict_sentence,
)
from genconv.report.words import chance_words, number_words, possessed, run_counts, size_words
from genconv.statistics.compare import ComparisonResult, Comparisons, leader
from genconv.statistics.decisive_test import Basis
from genconv.statistics.entropy_gap import MEANING, entropy_gap
from genconv.statistics.sample import Sample
from genconv.statistics.summary import CellEstimate
from genconv.statistics.verdict import Claim
from genconv.store.results import StoredCell
from genconv.store.study_json import PROTOCOL as IMPORTED


@dataclass(frozen=True)
class Finding:
    """What is known of one dataset: a sentence, what qualifies it, and every verdict."""

    dataset: str
    lead: str
    notes: tuple[str, ...]
    verdicts: tuple[str, ...]


def question(cells: Sequence[CellCurves]) -> str:
    """What the page answers."""
    models, datasets = sorted({series(cell) for cell in cells}), sorted({cell.dataset for cell in cells})
    if len(models) == 1:
        return f"How reliably does {models[0]} converge on {listed(datasets)}, and how much of that is the seed?"
    which = f"Which of {listed(models)}" if len(models) <= 8 else f"Which of {len(models)} models"
    return f"{which} converges lowest on {listed(datasets)}, how sure is that, and how many runs diverge?"


def headline(cells: Sequence[CellCurves]) -> str:
    """Say what was compared and how many runs diverged, in one sentence."""
    models, datasets = {series(cell) for cell in cells}, sorted({cell.dataset for cell in cells})
    protocols, counts = {cell.protocol for cell in cells}, {len(cell.seeds) for cell in cells}
    runs, diverged = sum(len(cell.seeds) for cell in cells), sum(int(cell.diverged.sum()) for cell in cells)
    complete = len(cells) == len(models) * len(datasets) * len(protocols) and len(counts) == 1
    each = f" × {counted(counts.pop(), 'run')}" if complete else ""
    under = f" × {len(protocols)} protocols" if len(protocols) > 1 else ""
    protocol = f", protocol {next(iter(protocols))}" if len(protocols) == 1 and protocols != {IMPORTED} else ""
    what = f"{counted(len(models), 'model')}{under}{each} on {listed(datasets)}{protocol}"
    return f"{what}; {diverged} of {counted(runs, 'run')} diverged."


def findings(
    groups: Mapping[str, Sequence[StoredCell]], found: Comparisons | None, estimates: Sequence[CellEstimate]
) -> list[Finding]:
    """One a dataset; where there is nothing to compare it says so."""
    return [
        _finding(
            dataset,
            [] if found is None else found.of(dataset),
            [one for one in estimates if one.dataset == dataset],
            _flags(cells),
        )
        for dataset, cells in groups.items()
    ]


def _finding(
    dataset: str, results: Sequence[ComparisonResult], estimates: Sequence[CellEstimate], flags: tuple[str, ...]
) -> Finding:
    notes = _divergences(estimates) + flags
    if not results:
        left = sum(one.seeds - one.diverged for one in estimates)
        lead = "One cell: there is nothing to compare." if len(estimates) == 1 else "There is nothing to compare."
        return Finding(dataset, lead if left else "Every run diverged: there is no loss to speak of.", notes, ())
    leads = [_lead(group) for group in _comparable(results)]
    apart = _apart(results)
    if not leads and not apart:
        return Finding(dataset, "Every run diverged: there is no loss to compare.", notes, ())
    return Finding(dataset, " ".join([*leads, *apart]), notes, tuple(map(verdict_sentence, results)))


def _comparable(results: Sequence[ComparisonResult]) -> list[list[ComparisonResult]]:
    """The results of cells whose numbers compare with each other; those that compare with nobody's have none."""
    groups: dict[tuple[str, str, str], list[ComparisonResult]] = {}
    for one in results:
        measure = one.comparison.a.measure or one.comparison.b.measure
        if one.comparison.mismatch is None and leader([one]) is not None:
            says = ("", "", "") if measure is None else (measure.unit, *_loss_name(measure))
            groups.setdefault(says, []).append(one)
    return list(groups.values())


def _loss_name(measure: Measure) -> tuple[str, str]:
    return ("loss", measure.name) if measure.kind == "loss" else ("likelihood", measure.over)


def _apart(results: Sequence[ComparisonResult]) -> tuple[str, ...]:
    """Which cells compare with no other, as a sentence."""
    pairs = [(one.comparison.mismatch is None, one.comparison.a.label, one.comparison.b.label) for one in results]
    everyone = dict.fromkeys(label for _, *labels in pairs for label in labels)
    compared = {label for comparable, *labels in pairs if comparable for label in labels}
    alone = [label for label in everyone if label not in compared]
    if not alone:
        return ()
    whom = "those of the others" if compared else "each other"
    return (f"The numbers of {listed(alone)} do not compare with {whom}.",)


def _lead(results: Sequence[ComparisonResult]) -> str:
    """What the leading cell is below, the nearest of these; against whom the runs do not tell; what survivors say."""
    best = leader(results)
    assert best is not None  # noqa: S101  the caller's promise
    own = [one for one in results if best.label in (one.comparison.a.label, one.comparison.b.label)]
    decided = [one for one in own if one.verdict.winner == best.label]
    sentences = [_decided(best, several) for several in _by_claim(decided).values()]
    sentences += [verdict_sentence(one) for one in own if one.verdict.winner not in (None, best.label)]
    sentences += [split_sentence(one) for one in own if one.verdict.decision == "split"]
    undecided = [one for one in own if one.verdict.decision == "undecided"]
    for several in _by_basis(undecided):
        sentences.append(_undecided(best, several, alone=len(undecided) == len(own)))
    few = {s.label: s for one in own for s in (one.comparison.a, one.comparison.b) if len(s.seeds) < 2}
    if few:
        sentences.append(
            f"A verdict needs two runs of each cell: {listed(list(few))} {'has' if len(few) == 1 else 'have'} one."
        )
    sentences += [survivors_sentence(one) for one in own if _survivors_say_more(one)]
    first, *others = " ".join(filter(None, sentences)).split(WORST)
    return first + "".join((WORST if place == 0 else "Over all runs") + text for place, text in enumerate(others))


def _survivors_say_more(one: ComparisonResult) -> bool:
    """Whether survivors have something to say that the verdict over all runs does not."""
    survivors, verdict = one.verdict.survivors, one.verdict
    return verdict.decision == "undecided" if survivors is None else survivors.lower != verdict.lower


def _decided(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """`flow's NLL is below the bound (IWAE, k = 64) of lvae and vae, …`: verdicts of one claim on one basis."""
    others = [_other(one, best) for one in results]
    labels = [other.label for other in others]
    words = list(dict.fromkeys(map(number_words, others)))
    side = "below" if best.metric.lower_is_better else "above"
    text = f"{possessed(best)} is {side} the {listed(words)} of {listed(labels)}"
    counts = run_counts([best, *others])
    if results[0].verdict.basis == "all runs":
        text = f"{WORST}, {text}: {_chances(best, results)}, {counts}."
    else:
        nearest = min(results, key=lambda one: one.verdict.size or 0.0)
        by = f" by {size_words(nearest.verdict, best.unit)}"
        text += f", nearest to {_other(nearest, best).label},{by}, {counts}." if len(others) > 1 else f"{by}, {counts}."
    return " ".join(filter(None, [text, _proof(best, results, labels)]))


def _chances(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """The smallest chance that a run of the best cell is better."""
    chance, interval, label = min(
        (one.verdict.chance or 0.0, one.verdict.chance_interval, _other(one, best).label) for one in results
    )
    least = "" if len(results) == 1 else f"at least ({label}) "
    return f"{least}{chance_words(chance, interval)}"


def _proof(best: Sample, results: Sequence[ComparisonResult], others: Sequence[str]) -> str:
    claim = results[0].verdict.claim
    if results[0].verdict.basis == "means" and claim == "proven" and _is_bound(best):
        return f"So {best.label}'s NLL is below theirs." if len(others) > 1 else f"So its NLL is below {others[0]}'s."
    return claim_sentence(claim, others)


def _undecided(best: Sample, results: Sequence[ComparisonResult], *, alone: bool) -> str:
    """Against whom the runs do not tell, and what the numbers are where they are not of one kind."""
    others = [_other(one, best) for one in results]
    text = f"The runs do not tell {best.label} from {listed([other.label for other in others])}"
    if results[0].verdict.basis == "all runs":
        text = f"{WORST}, {text[0].lower()}{text[1:]}"
    elif alone:
        text = f"{possessed(best)} has the {'lowest' if best.metric.lower_is_better else 'highest'} mean. {text}"
    text = f"{text}, {run_counts([best, *others])}{_bounds_among(best, others)}."
    return " ".join([text, *dict.fromkeys(filter(None, map(powerless_sentence, results)))])


def _bounds_among(best: Sample, others: Sequence[Sample]) -> str:
    bounds = [other.label for other in others if _is_bound(other)]
    if not bounds or best.measure is None or best.measure.kind != "exact":
        return ""
    return f"; the {'number is a bound' if len(bounds) == 1 else 'numbers are bounds'} for {listed(bounds)}"


def _by_basis(results: Sequence[ComparisonResult]) -> list[list[ComparisonResult]]:
    groups: dict[Basis | None, list[ComparisonResult]] = {}
    for one in results:
        groups.setdefault(one.verdict.basis, []).append(one)
    return list(groups.values())


def _by_claim(results: Sequence[ComparisonResult]) -> dict[tuple[Basis | None, Claim | None], list[ComparisonResult]]:
    groups: dict[tuple[Basis | None, Claim | None], list[ComparisonResult]] = {}
    for one in results:
        groups.setdefault((one.verdict.basis, one.verdict.claim), []).append(one)
    return groups


def _is_bound(sample: Sample) -> bool:
    return sample.measure is not None and sample.measure.kind == "bound"


def _other(one: ComparisonResult, best: Sample) -> Sample:
    a, b = one.comparison.a, one.comparison.b
    return b if a.label == best.label else a


def _flags(cells: Sequence[StoredCell]) -> tuple[str, ...]:
    """Which models the gap to the entropy flags, and what that means."""
    gaps = [(series(cell.curves), entropy_gap(cell)) for cell in cells]
    flagged = {flag: [name for name, one in gaps if one is not None and flag in one.flags] for flag in MEANING}
    return tuple(
        f"Runs of {listed(list(dict.fromkeys(names)))} end {flag}: {MEANING[flag]}."
        for flag, names in flagged.items()
        if names
    )


def _divergences(estimates: Sequence[CellEstimate]) -> tuple[str, ...]:
    """A sentence on the cells with diverged runs, with the exact interval of each rate."""
    diverged = [
        f"{one.model} {one.diverged} of {one.seeds}"
        + (f" (rate {100 * one.rate.low:.0f} to {100 * one.rate.high:.0f} %)" if one.rate else "")
        for one in estimates
        if one.diverged
    ]
    return (f"Diverged: {listed(diverged)}.",) if diverged else ("No run diverged.",)
