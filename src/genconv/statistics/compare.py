"""All comparisons of a collection of cells: pairs within each dataset, adjusted as one family."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from genconv.errors import InputError, unknown_name
from genconv.metrics.registry import metric_named
from genconv.metrics.spec import Metric
from genconv.statistics.aggregate import Aggregates, aggregate
from genconv.statistics.comparison import Case, Comparison, compare_samples
from genconv.statistics.default_metric import ByMetric, best_samples, without_estimate
from genconv.statistics.intervals import LEVEL, checked_level
from genconv.statistics.multiple_testing import holm, holm_at
from genconv.statistics.sample import Sample, cell_labels, samples
from genconv.statistics.stability import Reversal, reversals
from genconv.statistics.standing import best_first, standings
from genconv.statistics.verdict import Verdict, verdict
from genconv.store.results import StoredCell

ALWAYS_RANKED = ("min", "last")
"""Metrics whose rankings are held against those of the call, so that a flip is told unasked."""

RESAMPLING_SEED = 0
_SHOWN = 20
"""Pairs in a printed collection."""


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """A comparison with its place in the family."""

    comparison: Comparison
    p_adjusted: float
    """Of the permutation test on which the verdict rests, after Holm; NaN without a test."""
    p_better_adjusted: float
    """The p of P(A lower), runs without a number ranked worst, after Holm over its own family."""
    p_dunnett: float | None
    """Dunnett's p, adjusted for all cells compared with one baseline; None without a baseline."""
    verdict: Verdict

    def __repr__(self) -> str:
        pair = f"{self.comparison.a.label}, {self.comparison.b.label}"
        lower = f": {self.verdict.lower} is lower" if self.verdict.lower else f": {self.verdict.decision}"
        return f"<{self.comparison.metric} on {self.comparison.dataset}, {pair}{lower}>"


@dataclass(frozen=True, repr=False)
class Comparisons:
    """What `genconv compare` knows."""

    results: tuple[ComparisonResult, ...]
    family: int
    """How many tests the p values are adjusted for."""
    level: float
    baseline: str | None
    aggregates: tuple[Aggregates, ...]
    """One a metric, over the datasets that share cells; empty for a single dataset."""
    reversals: tuple[Reversal, ...]
    """Pairs that a metric of the call ranks otherwise than another one, or than `min` or `last`."""
    without_estimate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By dataset the labels of the cells for want of whose held-out estimate `last` is compared by default."""

    def __repr__(self) -> str:
        head = f"Comparisons: {len(self.results)} pairs, {self.family} tests, level {self.level:g}"
        return "\n".join([head, *map(repr, self.results[:_SHOWN]), *(["…"] if len(self.results) > _SHOWN else [])])

    def of(self, dataset: str) -> list[ComparisonResult]:
        """Those of one dataset."""
        return [one for one in self.results if one.comparison.dataset == dataset]


def compare_cells(
    cells: Sequence[StoredCell],
    metrics: Sequence[str | Metric] | None = None,
    baseline: str | None = None,
    level: float = LEVEL,
    generator: np.random.Generator | None = None,
) -> Comparisons:
    """Compare every two cells of a dataset, or each with the `baseline` (a model, or a cell's label).

    `metrics` are names, or metrics; None for `test_nll` where every likelihood cell of a dataset has it, else
    `last`; losses that say nothing of the likelihood are compared by `last` among themselves. A is the better cell, by
    its mean, or by the ranks of all runs where some have no number; against a baseline, B is the baseline. `generator`
    serves all resampling but permutations (default: one of seed 0, so that the same cells give the same digits).
    `InputError` for an unknown metric or baseline, for a level outside [0.5, 1), and if no dataset has two cells.
    """
    checked_level(level)
    generator = np.random.default_rng(RESAMPLING_SEED) if generator is None else generator
    by_metric = best_samples(cells) if metrics is None else _named_samples(cells, metrics)
    _check_baseline(cells, by_metric, baseline)
    cases = [
        Case(dataset, a.metric.name if a.metric == b.metric else metric, a, b)
        for metric, datasets in by_metric.items()
        for dataset, group in datasets.items()
        for a, b in _pairs(group, baseline)
    ]
    if not cases:
        raise InputError(_nothing_to_compare(cells))
    found = compare_samples(cases, generator, level)
    several = [aggregate(datasets, generator, level=level) for datasets in by_metric.values()]
    return Comparisons(
        results=_results(found, level, by_metric, baseline),
        family=_family(found),
        level=level,
        baseline=baseline,
        aggregates=tuple(one for one in several if one is not None),
        reversals=_reversals(cells, by_metric),
        without_estimate=without_estimate(cells) if metrics is None else {},
    )


def leader(results: Sequence[ComparisonResult]) -> Sample | None:
    """The best cell of those that were compared with each other, every run counted; None if no run has a number.

    By the mean, or by the mean rank of all runs where some have no number. A cell of one run leads only such cells.
    """
    compared = list({s.label: s for one in results for s in (one.comparison.a, one.comparison.b)}.values())
    several = [sample for sample in compared if len(sample.seeds) > 1] or compared
    if not any(sample.survivors.size for sample in several):
        return None
    return several[int(np.argmin(standings(several)))]


def _named_samples(cells: Sequence[StoredCell], metrics: Sequence[str | Metric]) -> ByMetric:
    specs = [metric_named(metric) if isinstance(metric, str) else metric for metric in metrics]
    return {metric.name: samples(cells, metric) for metric in specs}


def _reversals(cells: Sequence[StoredCell], by_metric: ByMetric) -> tuple[Reversal, ...]:
    own: dict[str, dict[str, list[Sample]]] = {}
    for dataset, sample in (
        (name, one) for datasets in by_metric.values() for name in datasets for one in datasets[name]
    ):
        own.setdefault(sample.metric.name, {}).setdefault(dataset, []).append(sample)
    asked = {(metric, name, s.label) for metric, datasets in own.items() for name in datasets for s in datasets[name]}
    ranked = {metric: samples(cells, metric) for metric in ALWAYS_RANKED}
    return tuple(one for one in reversals({**own, **ranked}) if (one.metric_a, one.dataset, one.a) in asked)


def _results(
    found: Sequence[Comparison], level: float, by_metric: ByMetric, baseline: str | None
) -> tuple[ComparisonResult, ...]:
    p_values = [np.nan if one.test is None else one.test.p for one in found]
    adjusted = holm(p_values)
    lowest = holm_at(p_values, [np.nan if one.test is None else one.test.smallest for one in found])
    ranked = holm([np.nan if one.better_of_all is None else one.better_of_all.p for one in found])
    dunnett = _dunnett(by_metric, baseline)
    family = _family(found)
    return tuple(
        ComparisonResult(
            one, p, p_ranked, dunnett.get((one.metric, one.dataset, one.b.label, one.a.label)),
            verdict(one, p, family, level, lowest_p),
        )
        for one, p, p_ranked, lowest_p in zip(found, adjusted, ranked, lowest, strict=True)
    )  # fmt: skip


def _family(found: Sequence[Comparison]) -> int:
    return sum(one.test is not None for one in found)


def _nothing_to_compare(cells: Sequence[StoredCell]) -> str:
    """What there is, for somebody who has put all runs into one cell."""
    if not cells:
        return "nothing to compare: no run has a number; genconv metrics says what became of each"
    there = sorted({f"{cell.curves.model} on {cell.curves.dataset}" for cell in cells})
    named = ", ".join(there[:3]) + (", …" if len(there) > 3 else "")
    return (
        f"nothing to compare: no dataset has two cells with the metric; there is {named}. "
        "genconv metrics has the numbers of each; a second model or setting on the same dataset can be compared"
    )


def _pairs(group: Sequence[Sample], baseline: str | None) -> Iterator[tuple[Sample, Sample]]:
    if baseline is None:
        for a, b in combinations(group, 2):
            yield best_first(a, b)
        return
    for b in group:
        if _is_baseline(b, baseline):
            yield from ((a, b) for a in group if not _is_baseline(a, baseline))


def _is_baseline(sample: Sample, baseline: str) -> bool:
    return baseline in (sample.model, sample.label)


def _check_baseline(cells: Sequence[StoredCell], by_metric: ByMetric, baseline: str | None) -> None:
    everyone = [sample for datasets in by_metric.values() for group in datasets.values() for sample in group]
    if baseline is None or any(_is_baseline(sample, baseline) for sample in everyone):
        return
    labels = cell_labels([cell.curves for cell in cells])
    for cell, label in zip(cells, labels, strict=True):
        if baseline in (cell.curves.model, label):
            metric = everyone[0].metric
            lacking = metric.requires(cell.curves)
            raise InputError(f"baseline '{baseline}' has no metric '{metric.name}': it lacks {lacking}")
    raise unknown_name("baseline", baseline, {sample.model for sample in everyone})


def _dunnett(by_metric: ByMetric, baseline: str | None) -> dict[tuple[str, str, str, str], float]:
    """Dunnett's p by metric, dataset, baseline and cell; equal variances assumed, as the test does."""
    if baseline is None:
        return {}
    return {
        (control.metric.name, dataset, control.label, label): p
        for datasets in by_metric.values()
        for dataset, group in datasets.items()
        for control in group
        if _is_baseline(control, baseline)
        for label, p in _dunnett_of(control, [s for s in group if not _is_baseline(s, baseline)]).items()
    }


def _dunnett_of(control: Sample, group: Sequence[Sample]) -> dict[str, float]:
    """By label, of the cells that compare with the control; empty where no test can be made."""
    others = [s for s in group if len(s.survivors) >= 2 and s.comparable(control)]
    if len(control.survivors) < 2 or not others:
        return {}
    if all(np.ptp(s.survivors) == 0 for s in (*others, control)):
        return {}
    from scipy import stats  # noqa: PLC0415  it takes most of a second

    generator = np.random.default_rng(RESAMPLING_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns of a sample without spread, which the others make up for
        result = stats.dunnett(*(s.survivors for s in others), control=control.survivors, rng=generator)
    return {s.label: float(p) for s, p in zip(others, result.pvalue, strict=True)}
