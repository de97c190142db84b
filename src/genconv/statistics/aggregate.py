"""One model over many datasets: interquartile mean and performance profile, with stratified bootstrap.

Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, arXiv 2108.13264, section 4.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from genconv.curves import FloatArray
from genconv.measure import Measure
from genconv.statistics.intervals import LEVEL, Interval
from genconv.statistics.sample import Sample

RESAMPLES = 2_000
POINTS = 50
"""Thresholds of a performance profile."""


@dataclass(frozen=True)
class Aggregate:
    """One cell label over all datasets."""

    label: str
    seeds: int
    """Runs in all datasets together."""
    missing: int
    """How many of them have no number: those that diverged above all."""
    interquartile_mean: float
    """Of the scores, lower is better; infinite if more than a quarter of the runs have no number."""
    interval: Interval
    profile: FloatArray
    """Share of runs with a score ≤ each threshold, shape (P,)."""
    profile_low: FloatArray
    profile_high: FloatArray


@dataclass(frozen=True)
class Aggregates:
    """All cells that were run on every dataset, on one scale."""

    metric: str
    above_best: bool
    """Whether a score is the distance to the median of the best cell on the same dataset; else it is the metric."""
    measures: tuple[Measure, ...]
    """What the numbers of the cells say of the likelihood: bounds and exact ones stand on one scale here."""
    datasets: tuple[str, ...]
    thresholds: FloatArray
    """Shape (P,), in the unit of the metric."""
    cells: tuple[Aggregate, ...]


def aggregate(
    groups: Mapping[str, Sequence[Sample]],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Aggregates | None:
    """Scores of the labels that every dataset has, from the samples of one metric by dataset.

    Losses of different datasets do not compare, so a score is the distance to the median of the best cell on the same
    dataset; a metric with a zero of its own stays. A run without a number scores +∞. None for fewer than two datasets
    or two such labels, and where numbers do not compare.
    """
    shared = set.intersection(*({sample.label for sample in group} for group in groups.values()))
    everyone = [sample for group in groups.values() for sample in group if sample.label in shared]
    measures = tuple(dict.fromkeys(sample.measure for sample in everyone if sample.measure is not None))
    if len(groups) < 2 or len(shared) < 2 or not _comparable(groups, shared):
        return None
    metric = everyone[0].metric
    zeros = {dataset: 0.0 if metric.has_zero else _best_median(group) for dataset, group in groups.items()}
    scores = {
        label: [_scores(s, zeros[dataset]) for dataset, group in groups.items() for s in group if s.label == label]
        for label in sorted(shared)
    }
    thresholds = _thresholds(scores)
    return Aggregates(
        metric.name,
        not metric.has_zero,
        measures,
        tuple(groups),
        thresholds,
        tuple(_aggregate(label, strata, thresholds, generator, resamples, level) for label, strata in scores.items()),
    )


def _comparable(groups: Mapping[str, Sequence[Sample]], shared: Set[str]) -> bool:
    """Whether the cells compare on each dataset, and their kinds and units over all of them."""
    several = [[sample for sample in group if sample.label in shared] for group in groups.values()]
    within = all(a.comparable(b) for group in several for a, b in combinations(group, 2))
    measures = {replace(s.measure, over="") for group in several for s in group if s.measure is not None}
    return within and all(a.comparable(b) for a, b in combinations(measures, 2))


def interquartile_mean(scores: FloatArray) -> FloatArray:
    """Mean of the middle half along the last axis: shape (…, n) → (…,), n ≥ 1.

    ⌊n/4⌋ scores are cut from each end, as `scipy.stats.trim_mean(·, 0.25)` does; an infinite score that is left makes
    it infinite.
    """
    n = scores.shape[-1]
    middle = np.sort(scores, axis=-1)[..., n // 4 : n - n // 4]
    mean: FloatArray = middle.mean(axis=-1)
    return mean


def profile(scores: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Share of `scores`, shape (n,), that are ≤ each of `thresholds`, shape (P,)."""
    return np.searchsorted(np.sort(scores), thresholds, side="right") / scores.size


def stratified(strata: Sequence[FloatArray], generator: np.random.Generator, times: int) -> FloatArray:
    """As many scores as each stratum (dataset) has, drawn from it with replacement: shapes (nᵢ,) → (times, Σ nᵢ)."""
    sizes = [stratum.size for stratum in strata]
    ordered = np.concatenate([np.sort(stratum) for stratum in strata])
    starts = np.repeat(np.cumsum([0, *sizes[:-1]]), sizes)
    drawn: FloatArray = ordered[starts + generator.integers(0, np.tile(np.repeat(sizes, sizes), (times, 1)))]
    return drawn


def _aggregate(
    label: str,
    strata: Sequence[FloatArray],
    thresholds: FloatArray,
    generator: np.random.Generator,
    resamples: int,
    level: float,
) -> Aggregate:
    everything = np.concatenate(strata)
    drawn = stratified(strata, generator, resamples)
    tails = [(1 - level) / 2, (1 + level) / 2]
    means = interquartile_mean(drawn)
    low, high = np.quantile(means, tails, method="inverted_cdf")
    bands = np.quantile(np.stack([profile(one, thresholds) for one in drawn]), tails, axis=0, method="inverted_cdf")
    interval = Interval(float(low), float(high), level, "stratified bootstrap", everything.size)
    missing = int(np.count_nonzero(np.isinf(everything)))
    mean = float(interquartile_mean(everything))
    return Aggregate(label, everything.size, missing, mean, interval, profile(everything, thresholds), *bands)


def _best_median(group: Sequence[Sample]) -> float:
    medians = [float(np.median(np.where(s.missing, np.inf, _losses(s)))) for s in group if s.seeds]
    finite = [median for median in medians if np.isfinite(median)]
    survivors = [float(np.median(_losses(s)[~s.missing])) for s in group if s.survivors.size]
    return min(finite or survivors or [0.0])


def _scores(sample: Sample, zero: float) -> FloatArray:
    return np.where(sample.missing, np.inf, _losses(sample) - zero)


def _losses(sample: Sample) -> FloatArray:
    """The values so that less is better."""
    return sample.values if sample.metric.lower_is_better else -sample.values


def _thresholds(scores: Mapping[str, Sequence[FloatArray]]) -> FloatArray:
    everything = np.concatenate([stratum for strata in scores.values() for stratum in strata])
    alive = everything[np.isfinite(everything)]
    return np.linspace(alive.min(), alive.max(), POINTS) if alive.size else np.zeros(POINTS)
