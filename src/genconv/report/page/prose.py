"""What the page says first: the question, and for each dataset the verdicts in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import CellCurves
from genconv.report.labels import series
from genconv.report.limits import lowest
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.entropy_gap import MEANING, entropy_gap
from genconv.statistics.sample import Sample
from genconv.statistics.summary import CellEstimate
from genconv.store.results import StoredCell

_NAMED = 16


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
    return f"{which} converges lowest on {listed(datasets)}, how sure is that, and how many seeds are lost?"


def findings(
    groups: Mapping[str, Sequence[StoredCell]], found: Comparisons | None, estimates: Sequence[CellEstimate]
) -> list[Finding]:
    """One a dataset; where there is nothing to compare it says so."""
    return [
        _finding(
            dataset,
            [] if found is None else [one for one in found.judged if one.comparison.dataset == dataset],
            [one for one in estimates if one.dataset == dataset],
            _flags(cells),
        )
        for dataset, cells in groups.items()
    ]


def verdict_sentence(one: ComparisonResult) -> str:
    """The verdict, behind the names of its pair if it names no winner."""
    if one.verdict.winner:
        return one.verdict.text
    return f"{one.comparison.a.label}, {one.comparison.b.label}: {one.verdict.text}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of more than `_NAMED` the first, and how many others."""
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _finding(
    dataset: str, judged: Sequence[ComparisonResult], estimates: Sequence[CellEstimate], flags: tuple[str, ...]
) -> Finding:
    notes = _losses(estimates) + flags
    if not judged:
        left = sum(one.seeds - one.diverged for one in estimates)
        lead = "one cell, so there is nothing to compare" if len(estimates) == 1 else "nothing to compare"
        return Finding(dataset, lead if left else "every seed diverged: there is no loss to speak of", notes, ())
    best = lowest(judged)
    if best is None:
        return Finding(dataset, "every seed diverged: there is no loss to compare", notes, ())
    return Finding(dataset, _lead(best, judged), notes, tuple(map(verdict_sentence, judged)))


def _flags(cells: Sequence[StoredCell]) -> tuple[str, ...]:
    """Which models the nats ladder flags, and what that means."""
    steps = [(series(cell.curves), entropy_gap(cell)) for cell in cells]
    flagged = {flag: [name for name, one in steps if one is not None and flag in one.flags] for flag in MEANING}
    return tuple(f"Seeds of {listed(names)} end {flag}: {MEANING[flag]}." for flag, names in flagged.items() if names)


def _lead(best: Sample, judged: Sequence[ComparisonResult]) -> str:
    """Whom the cell with the lowest mean lies below, the nearest of them, and against whom the seeds do not tell."""
    own = [one for one in judged if best.label in (one.comparison.a.label, one.comparison.b.label)]
    decided = [one for one in own if one.verdict.winner == best.label]
    open_ = [_other(one, best) for one in own if one.verdict.kind == "undecided"]
    unknown = [_other(one, best) for one in own if one.verdict.kind == "none"]
    survivors = f" (its {best.counted} seeds that survived)" if best.lost.any() else ""
    if decided:
        nearest = min(decided, key=lambda one: abs(one.comparison.means.difference if one.comparison.means else np.inf))
        size = nearest.verdict.text.removeprefix(f"{best.label} below {_other(nearest, best)}: ").split(";")[0]
        names = listed([_other(one, best) for one in decided])
        what = f"{names}: by {size}" if len(decided) == 1 else f"{names}; nearest is {_other(nearest, best)}, by {size}"
        text = f"{best.label}{survivors} ends lowest, below {what}"
    else:
        text = f"{best.label}{survivors} has the lowest mean final loss"
    if open_:
        text += f"; undecided against {listed(open_)}"
    return text + (f"; {listed(unknown)} kept too few seeds for a verdict" if unknown else "")


def _other(one: ComparisonResult, best: Sample) -> str:
    a, b = one.comparison.a.label, one.comparison.b.label
    return b if a == best.label else a


def _losses(estimates: Sequence[CellEstimate]) -> tuple[str, ...]:
    """A sentence on the cells that lost seeds, with the exact interval of each rate."""
    lost = [
        f"{one.model} {one.diverged} of {one.seeds}"
        + (f" (rate {100 * one.rate.low:.0f} to {100 * one.rate.high:.0f} %)" if one.rate else "")
        for one in estimates
        if one.diverged
    ]
    return (f"Diverged: {listed(lost)}.",) if lost else ("No seed diverged.",)
