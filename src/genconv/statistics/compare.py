"""All comparisons of a collection of cells: pairs within each dataset, adjusted as one family."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from genconv.errors import InputError, unknown_name
from genconv.statistics.aggregate import Aggregates, aggregate
from genconv.statistics.comparison import Comparison, compare_samples
from genconv.statistics.intervals import LEVEL, checked_level
from genconv.statistics.multiple_testing import holm
from genconv.statistics.sample import Sample, samples
from genconv.statistics.stability import Reversal, reversals
from genconv.statistics.verdict import Verdict, verdict
from genconv.store.results import StoredCell

METRICS = ("last",)
"""What is compared unless told otherwise: one metric, so that the family stays small."""

ALWAYS_RANKED = ("min", "last")
"""Metrics whose rankings are held against those of the call, so that a flip is told unasked."""

RESAMPLING_SEED = 0


@dataclass(frozen=True)
class ComparisonResult:
    """A comparison with its place in the family."""

    comparison: Comparison
    p_adjusted: float
    """Welch's p after Holm; NaN without a test."""
    p_better_adjusted: float
    """The p of P(A better), lost seeds ranked worst, after Holm over its own family."""
    p_dunnett: float | None
    """Dunnett's p, adjusted for all cells compared with one baseline; None without a baseline."""
    verdict: Verdict


@dataclass(frozen=True)
class Comparisons:
    """What `genconv compare` knows."""

    judged: tuple[ComparisonResult, ...]
    family: int
    """How many Welch tests the p values are adjusted for."""
    level: float
    baseline: str | None
    aggregates: tuple[Aggregates, ...]
    """One a metric, over the datasets that share cells; empty for a single dataset."""
    reversals: tuple[Reversal, ...]
    """Pairs that a metric of the call ranks otherwise than another one, or than `min` or `last`."""


def compare_cells(
    cells: Sequence[StoredCell],
    metrics: Sequence[str] = METRICS,
    baseline: str | None = None,
    level: float = LEVEL,
    generator: np.random.Generator | None = None,
) -> Comparisons:
    """Compare every two cells of a dataset, or each with the `baseline` (a model, or a cell's label).

    A is the cell with the lower mean of survivors; against a baseline, B is the baseline. `generator` serves all
    resampling (default: one of seed 0, so that the same cells give the same digits). `InputError` for an unknown metric
    or baseline, for a level outside [0.5, 1), and if no dataset has two cells.
    """
    checked_level(level)
    generator = np.random.default_rng(RESAMPLING_SEED) if generator is None else generator
    by_metric = {metric: samples(cells, metric) for metric in dict.fromkeys(metrics)}
    _check_baseline(by_metric, baseline)
    found = [
        compare_samples(dataset, metric, a, b, generator, level)
        for metric, datasets in by_metric.items()
        for dataset, group in datasets.items()
        for a, b in _pairs(group, baseline)
    ]
    if not found:
        raise InputError("nothing to compare: no dataset has two cells with the metric")
    return Comparisons(
        judged=_judge(found, level, [_dunnett(by_metric, one, baseline) for one in found]),
        family=_family(found),
        level=level,
        baseline=baseline,
        aggregates=tuple(
            result for metric in by_metric if (result := aggregate(cells, metric, generator, level=level)) is not None
        ),
        reversals=_reversals(cells, by_metric),
    )


def _reversals(cells: Sequence[StoredCell], by_metric: dict[str, dict[str, list[Sample]]]) -> tuple[Reversal, ...]:
    more = {metric: samples(cells, metric) for metric in ALWAYS_RANKED if metric not in by_metric}
    return tuple(one for one in reversals({**by_metric, **more}) if one.metric_a in by_metric)


def _judge(found: Sequence[Comparison], level: float, dunnett: Sequence[float | None]) -> tuple[ComparisonResult, ...]:
    adjusted = holm([np.nan if one.means is None else one.means.p for one in found])
    ranked = holm([np.nan if one.better_of_all is None else one.better_of_all.p for one in found])
    family = _family(found)
    return tuple(
        ComparisonResult(one, p, p_ranked, p_dunnett, verdict(one, p, family, level))
        for one, p, p_ranked, p_dunnett in zip(found, adjusted, ranked, dunnett, strict=True)
    )


def _family(found: Sequence[Comparison]) -> int:
    return sum(one.means is not None for one in found)


def _pairs(group: Sequence[Sample], baseline: str | None) -> Iterator[tuple[Sample, Sample]]:
    if baseline is None:
        for a, b in combinations(group, 2):
            yield (b, a) if _mean(b) < _mean(a) else (a, b)
        return
    for b in group:
        if _is_baseline(b, baseline):
            yield from ((a, b) for a in group if not _is_baseline(a, baseline))


def _mean(sample: Sample) -> float:
    return float(np.sort(sample.survivors).mean()) if sample.survivors.size else np.inf


def _is_baseline(sample: Sample, baseline: str) -> bool:
    return baseline in (sample.model, sample.label)


def _check_baseline(by_metric: dict[str, dict[str, list[Sample]]], baseline: str | None) -> None:
    everyone = [sample for datasets in by_metric.values() for group in datasets.values() for sample in group]
    if baseline is not None and not any(_is_baseline(sample, baseline) for sample in everyone):
        raise unknown_name("baseline", baseline, {sample.model for sample in everyone})


def _dunnett(by_metric: dict[str, dict[str, list[Sample]]], one: Comparison, baseline: str | None) -> float | None:
    """Dunnett's p of A among all cells compared with this B; equal variances assumed, as the test does."""
    if baseline is None or one.means is None:
        return None
    group = by_metric[one.metric][one.dataset]
    others = [s for s in group if not _is_baseline(s, baseline) and len(s.survivors) >= 2]
    if np.ptp(np.concatenate([s.survivors - s.survivors.mean() for s in (*others, one.b)])) == 0:
        return None
    ordered = [np.sort(s.survivors) for s in others]
    control = np.sort(one.b.survivors)
    result = stats.dunnett(*ordered, control=control, rng=np.random.default_rng(RESAMPLING_SEED))
    position = [s.label for s in others].index(one.a.label)
    return float(result.pvalue[position])
