"""The first words on a dataset: what a reader may conclude of its leading cell, and then what not."""

from collections.abc import Iterable, Sequence

from genconv.report.format import counted, listed
from genconv.report.sentences import WORST, claim_sentence, split_sentence, survivors_sentence, verdict_sentence
from genconv.report.undecided import FEW, enough_runs, fewest_runs, no_spread, powerless_sentence
from genconv.report.words import chance_words, number_words, possessed, run_counts, size_words
from genconv.statistics.compare import ComparisonResult, leader
from genconv.statistics.decisive_test import Basis
from genconv.statistics.sample import Sample
from genconv.statistics.verdict import Claim

_NAMES = 8
"""Cells that are named in one sentence; of more it says how many."""
_MOST = 2
"""Sentences of one kind on single pairs that are printed; the comparisons below have all."""


def comparable(results: Sequence[ComparisonResult]) -> list[list[ComparisonResult]]:
    """The results of cells that are compared with each other; cells that are compared with nobody have none."""
    groups: list[list[ComparisonResult]] = []
    for one in results:
        if one.comparison.mismatch is None and leader([one]) is not None:
            joined = [group for group in groups if _labels(group) & _labels([one])]
            groups = [group for group in groups if group not in joined]
            groups.append([*(other for group in joined for other in group), one])
    return groups


def lead(results: Sequence[ComparisonResult], *, alone: bool = True) -> tuple[str, ...]:
    """What the leading cell is below, then whom it is not shown to be below: two sentences that stand alone. Further
    ones say the same of each kind and pair; then what none of it proves. `results` are of cells that are compared with
    each other, `alone` if the dataset has no others.
    """
    best = leader(results)
    assert best is not None  # noqa: S101  the caller's promise
    own = [one for one in results if best.label in _labels([one])]
    decided = [one for one in own if one.verdict.winner == best.label]
    not_won = [one for one in own if one.verdict.winner != best.label]
    undecided = [one for one in not_won if one.verdict.decision == "undecided"]
    below = [(several[0].verdict.basis, _decided(best, several)) for several in _by_claim(decided).values()]
    pairs = (
        [verdict_sentence(one) for one in own if one.verdict.winner not in (None, best.label)],
        [split_sentence(one) for one in own if one.verdict.decision == "split"],
    )
    not_below = [(basis, _undecided(best, several)) for basis, several in _by_basis(undecided).items()]
    not_below += [(None, text) for kind in pairs for text in _few(kind)]
    if not_won and (len(not_below), len(undecided) or 1) != (1, len(not_won)):
        not_below.insert(0, (None, _not_shown(best, not_won)))
    sentences = [
        *([_lowest(best, results, alone)] if len(undecided) == len(own) else []),
        *_over_all_runs([*below[:1], *not_below[:1], *below[1:], *not_below[1:]]),
        *_powerless(undecided),
        *_few([survivors_sentence(one) for one in own if _survivors_say_more(one)]),
    ]
    return tuple(filter(None, [*sentences, *_claims(best, decided), _single_runs(own)]))


def _over_all_runs(parts: Iterable[tuple[Basis | None, str]]) -> list[str]:
    """The sentences, those over all runs with a beginning that says so, in full at first."""
    sentences, beginning = [], WORST
    for basis, text in parts:
        if basis == "all runs":
            sentences.append(f"{beginning}, {text}")
            beginning = "Over all runs"
        else:
            sentences.append(text)
    return sentences


def _few(sentences: Sequence[str]) -> list[str]:
    """The first of them, and how many there are besides."""
    left = len(sentences) - _MOST
    return [*sentences[:_MOST], *([f"So it is with {counted(left, 'further pair')}, see below."] if left > 0 else [])]


def _decided(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """`flow's NLL is below the bound (IWAE, k = 64) of lvae and vae, …`: verdicts of one claim on one basis."""
    others = [_other(one, best) for one in results]
    text = _below(best, others)
    counts = run_counts([best, *others]) + _proviso(results[0].verdict.claim, others)
    if results[0].verdict.basis == "all runs":
        return f"{text}: {_chance(best, results)}, {counts}."
    nearest = min(results, key=lambda one: one.verdict.size or 0.0)
    by = f" by {size_words(nearest.verdict, best.unit)}"
    return (
        f"{text}, nearest to {_other(nearest, best).label},{by}, {counts}."
        if len(others) > 1
        else f"{text}{by}, {counts}."
    )


def _not_shown(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """All that the best cell is not shown to be below, whatever the runs say of each pair."""
    others = [_other(one, best) for one in results]
    return f"The runs do not show that {_below(best, others)}, {run_counts([best, *others])}."


def _below(best: Sample, others: Sequence[Sample]) -> str:
    """`flow's NLL is below the bound (IWAE, k = 64) of lvae and vae`."""
    words = list(dict.fromkeys(map(number_words, others)))
    whose = "that" if words == [number_words(best)] else f"the {listed(words)}"
    side = "below" if best.metric.lower_is_better else "above"
    return f"{possessed(best)} is {side} {whose} of {listed([other.label for other in others], _NAMES)}"


def _proviso(claim: Claim | None, others: Sequence[Sample]) -> str:
    """What keeps numbers of two kinds, or two bounds, from ranking models, as the end of the sentence itself."""
    if claim == "nll below a bound":
        labels = listed([other.label for other in others], _NAMES)
        own = f"{labels}'s own NLL" if len(others) == 1 else f"the own NLLs of {labels}"
        return f"; {own} may be lower"
    return "; their NLLs may rank otherwise" if claim == "bounds compared" else ""


def _chance(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """The smallest chance that a run of the best cell is better."""
    least = min(results, key=lambda one: one.verdict.chance or 0.0)
    words = chance_words(least.verdict.chance or 0.0, least.verdict.chance_interval)
    return words if len(results) == 1 else f"at least {words} (for {_other(least, best).label})"


def _undecided(best: Sample, results: Sequence[ComparisonResult]) -> str:
    """Against whom the runs do not tell, and what the numbers are where they are not of one kind."""
    others = [_other(one, best) for one in results]
    whom = listed([other.label for other in others], _NAMES)
    if all(map(no_spread, results)):
        counts = run_counts([best, *others])
        return f"No spread was seen: every run of {best.label} and {whom} has one number, {counts}."
    text = f"The runs do not tell {best.label} from {whom}"
    if results[0].verdict.basis == "all runs":
        text = f"{best.label} is not told apart from {whom}"
    if all(one.verdict.powerless or fewest_runs(one) < FEW for one in results):
        few = min(map(fewest_runs, results))
        return f"{text}: {counted(few, 'run')} of a cell decide almost nothing, run {enough_runs(results)}."
    return f"{text}, {run_counts([best, *others])}{_bounds_among(best, others)}."


def _powerless(undecided: Sequence[ComparisonResult]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(powerless_sentence, undecided))))


def _lowest(best: Sample, results: Sequence[ComparisonResult], alone: bool) -> str:
    """That the mean of the best cell is the lowest, where it is, and where every run is in the mean."""
    cells = {s.label: s for one in results for s in (one.comparison.a, one.comparison.b) if s.label != best.label}
    first = all(best.rank < other.rank and not best.same_mean(other) for other in cells.values())
    if not first or best.missing.any() or any(other.missing.any() for other in cells.values()):
        return ""
    among = "" if alone else f" of {listed(sorted([best.label, *cells]), _NAMES)}"
    return f"{possessed(best)} has the {'lowest' if best.metric.lower_is_better else 'highest'} mean{among}."


def _bounds_among(best: Sample, others: Sequence[Sample]) -> str:
    bounds = [other.label for other in others if _is_bound(other)]
    if not bounds or best.measure is None or best.measure.kind != "exact":
        return ""
    return f"; the {'number is a bound' if len(bounds) == 1 else 'numbers are bounds'} for {listed(bounds, _NAMES)}"


def _survivors_say_more(one: ComparisonResult) -> bool:
    """Whether survivors say something that the verdict over all runs does not."""
    survivors, verdict = one.verdict.survivors, one.verdict
    if survivors is None:
        return verdict.decision == "undecided" and verdict.basis == "all runs"
    clear = survivors.interval is None or survivors.interval.excludes(0.0)
    return survivors.lower != verdict.lower and clear


def _claims(best: Sample, decided: Sequence[ComparisonResult]) -> list[str]:
    """What the verdicts prove, and what a curve says of no model, each said once."""
    groups: dict[tuple[bool, Claim | None], list[str]] = {}
    for one in decided:
        proven = one.verdict.claim == "proven"
        nll = proven and one.verdict.basis == "means" and _is_bound(best)
        groups.setdefault((nll, one.verdict.claim), []).append(_other(one, best).label)
    return [_claim(best, claim, labels, nll=nll) for (nll, claim), labels in groups.items()]


def _claim(best: Sample, claim: Claim | None, labels: Sequence[str], *, nll: bool) -> str:
    if nll:
        return f"So {best.label}'s NLL is below that of {listed(labels, _NAMES)}."
    return "" if _proviso(claim, [best]) else claim_sentence(claim, labels)


def _single_runs(own: Sequence[ComparisonResult]) -> str:
    few = {s.label: s for one in own for s in (one.comparison.a, one.comparison.b) if len(s.seeds) < 2}
    if not few:
        return ""
    return (
        f"A verdict needs two runs of each cell: {listed(list(few), _NAMES)} {'has' if len(few) == 1 else 'have'} one."
    )


def _by_basis(results: Sequence[ComparisonResult]) -> dict[Basis | None, list[ComparisonResult]]:
    groups: dict[Basis | None, list[ComparisonResult]] = {}
    for one in results:
        groups.setdefault(one.verdict.basis, []).append(one)
    return groups


def _by_claim(results: Sequence[ComparisonResult]) -> dict[tuple[Basis | None, Claim | None], list[ComparisonResult]]:
    groups: dict[tuple[Basis | None, Claim | None], list[ComparisonResult]] = {}
    for one in sorted(results, key=lambda one: one.verdict.basis == "all runs"):
        groups.setdefault((one.verdict.basis, one.verdict.claim), []).append(one)
    return groups


def _is_bound(sample: Sample) -> bool:
    return sample.measure is not None and sample.measure.kind == "bound"


def _labels(results: Sequence[ComparisonResult]) -> set[str]:
    return {sample.label for one in results for sample in (one.comparison.a, one.comparison.b)}


def _other(one: ComparisonResult, best: Sample) -> Sample:
    a, b = one.comparison.a, one.comparison.b
    return b if a.label == best.label else a
