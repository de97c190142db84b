"""What the page says first: the question, what was run, and for each dataset an answer and what qualifies it.

How a single verdict is put in words is in `report/sentences.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genconv.curves import CellCurves
from genconv.report.format import counted, listed, percent_text
from genconv.report.labels import dataset_words, series
from genconv.report.page.alone import alone_sentences
from genconv.report.page.lead import comparable, lead
from genconv.report.sentences import verdict_sentence
from genconv.report.tables.looks import hedge
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.entropy_gap import MEANING, EntropyGap, entropy_gap
from genconv.statistics.summary import CellEstimate
from genconv.store.collapse import collapse_sentences
from genconv.store.dependence import shared_streams
from genconv.store.results import StoredCell
from genconv.store.run_coordinates import coordinates_of
from genconv.store.study_json import PROTOCOL as IMPORTED
from genconv.store.uncounted import UncountedRun
from genconv.store.until import UntilRecord

_NAMED = 4
"""Series that are named with their settings in the question; of more the models alone."""


_FIRST = 2
"""Sentences on cells that compare that stand beside the chart: what is decided, and what is not."""
_COMPARED = 8
"""Cells that are named in a sentence on what compares; of more it says how many."""


@dataclass(frozen=True)
class Finding:
    """What is known of one dataset: the answer, what qualifies it, and every verdict."""

    dataset: str
    sentences: tuple[str, ...]
    """The answer: what cannot be, what compares with what, what is decided and what is not; then each further kind."""
    notes: tuple[str, ...]
    verdicts: tuple[str, ...]
    shown: int = 2
    """How many of the sentences stand beside the chart; the others fold out."""
    looked: str = ""
    """What the plan says where seeds were chosen by looks, which no verdict counts: it stands with the first sentence.
    """

    @property
    def lead(self) -> str:
        """The whole answer."""
        return " ".join(filter(None, (*self.sentences, self.looked)))


def question(cells: Sequence[CellCurves]) -> str:
    """What the page answers."""
    models, datasets = sorted({series(cell) for cell in cells}), sorted({dataset_words(cell.dataset) for cell in cells})
    if len(models) == 1:
        return f"How reliably does {models[0]} converge on {listed(datasets)}, and how much of that is the seed?"
    own = sorted({cell.model for cell in cells})
    if len(own) < len(models) > _NAMED:
        models, several = own, ", in several settings,"
    else:
        several = ""
    end = "lower" if len(models) == 2 and not several else "lowest"
    which = f"Which of {listed(models)}{several}" if len(models) <= 8 else f"Which of {len(models)} models{several}"
    return f"{which} converges {end} on {listed(datasets)}, how sure is that, and how many runs diverge?"


def headline(cells: Sequence[CellCurves], uncounted: Sequence[UncountedRun] = ()) -> str:
    """Say what was compared and how many runs diverged, or failed, in one sentence."""
    named, datasets = {series(cell) for cell in cells}, sorted({dataset_words(cell.dataset) for cell in cells})
    models = {cell.model for cell in cells}
    protocols, counts = {cell.protocol for cell in cells}, {len(cell.seeds) for cell in cells}
    runs, diverged = sum(len(cell.seeds) for cell in cells), sum(int(cell.diverged.sum()) for cell in cells)
    complete = len(cells) == len(named) * len(datasets) * len(protocols) and len(counts) == 1
    each = f" × {counted(counts.pop(), 'run')}" if complete else ""
    under = f" × {len(protocols)} protocols" if len(protocols) > 1 else ""
    protocol = f", protocol {next(iter(protocols))}" if len(protocols) == 1 and protocols != {IMPORTED} else ""
    settings = f" in {len(cells)} cells" if len(models) < len(named) else ""
    what = f"{counted(len(models), 'model')}{settings}{under}{each} on {listed(datasets)}{protocol}"
    failed = sum(run.state == "failed" for run in uncounted)
    return f"{what}; {diverged} of {counted(runs, 'run')} diverged{f', {failed:,} more failed' if failed else ''}."


def findings(
    groups: Mapping[str, Sequence[StoredCell]],
    found: Comparisons | None,
    estimates: Sequence[CellEstimate],
    looks: Sequence[UntilRecord] = (),
    uncounted: Sequence[UncountedRun] = (),
) -> list[Finding]:
    """One a dataset; where there is nothing to compare it says so. `looks`: what plans say of the same runs."""
    return [
        _finding(
            dataset,
            [] if found is None else found.of(dataset),
            [one for one in estimates if one.dataset == dataset],
            cells,
            [gap for cell in cells if (gap := entropy_gap(cell, series(cell.curves))) is not None],
            looks,
            [run for run in uncounted if run.dataset == dataset and run.state == "failed"],
        )
        for dataset, cells in groups.items()
    ]


def _finding(
    dataset: str,
    results: Sequence[ComparisonResult],
    estimates: Sequence[CellEstimate],
    cells: Sequence[StoredCell],
    gaps: Sequence[EntropyGap],
    looks: Sequence[UntilRecord],
    failed: Sequence[UncountedRun],
) -> Finding:
    notes = (*_dependence(cells), _lost(estimates, failed), *_flags(gaps), *collapse_sentences(cells))
    errors = _errors(gaps)
    if not results:
        left = sum(one.seeds - one.diverged for one in estimates)
        alone = alone_sentences(estimates[0], cells[0].curves) if len(estimates) == 1 else ()
        lost = ("Every run diverged: there is no loss to speak of.",)
        said = (alone or ("There is nothing to compare.",)) if left else lost
        return Finding(dataset, (*errors, *said), notes, (), len(errors) + _FIRST)
    groups = comparable(results)
    leads = [lead(group, alone=len(groups) == 1) for group in groups]
    first = (*errors, *_kinds(groups), *(text for one in leads for text in one[:_FIRST]))
    more = (*(text for one in leads for text in one[_FIRST:]), *_apart(results))
    if not leads and not more:
        return Finding(dataset, ("Every run diverged: there is no loss to compare.",), notes, ())
    looked = hedge(looks, dataset, {one.comparison.a.metric.name for one in results})
    shown = max(len(first), len(errors) + _FIRST)
    return Finding(dataset, (*first, *more), notes, tuple(map(verdict_sentence, results)), shown, looked)


def _kinds(groups: Sequence[Sequence[ComparisonResult]]) -> tuple[str, ...]:
    """Which cells compare with each other, where not all do."""
    if len(groups) < 2:
        return ()
    labels = [sorted({s.label for one in group for s in (one.comparison.a, one.comparison.b)}) for group in groups]
    return (f"Numbers compare only among {'; among '.join(listed(each, _COMPARED) for each in labels)}.",)


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


def _dependence(cells: Sequence[StoredCell]) -> tuple[str, ...]:
    """That runs share random numbers, as those of a design do."""
    if not any(shared_streams(coordinates_of(cell) or ()) for cell in cells):
        return ()
    return ("Runs share random numbers and are not independent, as intervals take them to be: these are too sure.",)


def _flags(gaps: Sequence[EntropyGap]) -> tuple[str, ...]:
    """How many runs of which models the gap to the entropy flags, and what that means."""
    found = []
    for flag, meaning in MEANING.items():
        counts = [(gap.flags.count(flag), gap) for gap in gaps if flag in gap.flags]
        if counts:
            cells = listed([f"{gap.label} ({count} of {len(gap.seeds)})" for count, gap in counts])
            found.append(f"Runs of {cells} end {flag}: {meaning}.")
    return tuple(found)


def _errors(gaps: Sequence[EntropyGap]) -> tuple[str, ...]:
    """What stands before every other word: a number below the entropy is in error, and so are its comparisons."""
    wrong = [gap.label for gap in gaps if "below the floor" in gap.flags]
    if not wrong:
        return ()
    return (
        f"The likelihood of {listed(wrong)} is in error, for it lies below the entropy: no comparison with it holds.",
    )


def _lost(estimates: Sequence[CellEstimate], failed: Sequence[UncountedRun]) -> str:
    """A sentence on the cells with diverged runs, with the exact interval of each rate, and on runs that failed."""
    several = len({one.protocol for one in estimates}) > 1
    diverged = [
        f"{_label(one, several)} {one.diverged} of {one.seeds}"
        + (f" (rate {percent_text(one.rate.low)} to {percent_text(one.rate.high)} %)" if one.rate else "")
        for one in estimates
        if one.diverged
    ]
    words = f"Diverged: {listed(diverged, 8)}" if diverged else "No run diverged"
    return f"{words}{f'; {_failed(failed)}' if failed else ''}."


def _failed(runs: Sequence[UncountedRun]) -> str:
    """`1 failed (net)`, `3 failed (net 2 and vae 1)`."""
    counts = Counter(f"{run.model} ({run.variant})" if run.variant else run.model for run in runs)
    if len(counts) == 1:
        return f"{len(runs):,} failed ({next(iter(counts))})"
    return f"{len(runs):,} failed ({listed([f'{name} {count:,}' for name, count in counts.items()], 8)})"


def _label(one: CellEstimate, several: bool) -> str:
    """The model, with the protocol where there are `several`, and the variant if there is one."""
    name = f"{one.model} · {one.protocol}" if several else one.model
    return f"{name} ({one.variant})" if one.variant else name
