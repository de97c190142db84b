"""Mean ranks of models over datasets, and by how much two of them must differ: Friedman and Nemenyi."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from genconv.statistics.intervals import LEVEL
from genconv.statistics.ranks import midranks
from genconv.statistics.sample import Sample

FEWEST_DATASETS = 6
"""With three models and fewer datasets Nemenyi's distance is more than 1.4 of 2 ranks: hardly a pair can be told apart,
and the chi-squared law of Friedman's statistic is not near."""
FEWEST_MODELS = 3


@dataclass(frozen=True)
class RankedModels:
    """Models by their mean rank over datasets; the best has the lowest."""

    metric: str
    labels: tuple[str, ...]
    """In order of mean rank."""
    mean_ranks: tuple[float, ...]
    datasets: tuple[str, ...]
    p: float
    """Of Iman and Davenport's test that all models rank alike."""
    difference: float
    """Nemenyi's critical difference of two mean ranks."""
    level: float

    @property
    def cliques(self) -> list[tuple[int, int]]:
        """First and last place of each longest row of models that do not differ."""
        ends = [
            max(last for last in range(len(self.labels)) if self.mean_ranks[last] - first <= self.difference)
            for first in self.mean_ranks
        ]
        kept = [(0, ends[0]), *((place + 1, b) for place, (a, b) in enumerate(pairwise(ends)) if b > a)]
        return [(first, last) for first, last in kept if last > first]


def why_no_ranks(groups: Mapping[str, Sequence[Sample]]) -> str:
    """In one line which assumption fails; empty if none does."""
    shared = _shared(groups)
    if len(groups) < FEWEST_DATASETS:
        return f"a critical difference needs {FEWEST_DATASETS} datasets as independent blocks: here are {len(groups)}"
    if len(shared) < FEWEST_MODELS:
        return f"a critical difference needs {FEWEST_MODELS} models run on every dataset: here are {len(shared)}"
    return ""


def ranked_models(groups: Mapping[str, Sequence[Sample]], level: float = LEVEL) -> RankedModels | None:
    """Rank the models of every dataset by the mean of their runs, or by the median of all runs where some are lost.

    `groups` are the samples of one metric by dataset. None where `why_no_ranks` says why. Datasets are the blocks:
    runs of one dataset are averaged, for they are no independent blocks. Demšar 2006, section 3.2.2: with N datasets
    and k models χ²_F = 12 N / (k (k + 1)) · (Σ R_j² − k (k + 1)² / 4), F_F = (N − 1) χ²_F / (N (k − 1) − χ²_F) with
    k − 1 and (k − 1)(N − 1) degrees of freedom, and CD = q √(k (k + 1) / (6 N)), q the quantile of the studentized
    range over √2.
    """
    if why_no_ranks(groups):
        return None
    labels = _shared(groups)
    scores = np.array([[_score(sample) for sample in _ordered(group, labels)] for group in groups.values()])
    ranks = np.array([midranks(row) for row in scores])
    blocks, k = ranks.shape
    means = ranks.mean(axis=0)
    chi = 12 * blocks / (k * (k + 1)) * (float((means**2).sum()) - k * (k + 1) ** 2 / 4)
    rest = blocks * (k - 1) - chi
    p = float(special.fdtrc(k - 1, (k - 1) * (blocks - 1), (blocks - 1) * chi / rest)) if rest > 1e-12 else 0.0
    order = np.argsort(means, kind="stable")
    return RankedModels(
        next(iter(groups.values()))[0].metric.name,
        tuple(labels[place] for place in order),
        tuple(float(means[place]) for place in order),
        tuple(groups),
        p,
        _quantile(k, level) * math.sqrt(k * (k + 1) / (6 * blocks)),
        level,
    )


def _quantile(k: int, level: float) -> float:
    """q of Nemenyi's test: 2.343 for three models at 95 %."""
    from scipy import stats  # noqa: PLC0415  it takes most of a second

    return float(stats.studentized_range.ppf(level, k, np.inf)) / math.sqrt(2)


def _shared(groups: Mapping[str, Sequence[Sample]]) -> list[str]:
    sets = [{sample.label for sample in group} for group in groups.values()]
    return sorted(set.intersection(*sets)) if sets else []


def _ordered(group: Sequence[Sample], labels: Sequence[str]) -> list[Sample]:
    by_label = {sample.label: sample for sample in group}
    return [by_label[label] for label in labels]


def _score(sample: Sample) -> float:
    """Less is better; a mean of survivors would reward a model for runs that it lost."""
    if not sample.missing.any():
        return float(np.sort(sample.penalties).mean())
    return float(np.quantile(sample.penalties, 0.5, method="inverted_cdf"))
