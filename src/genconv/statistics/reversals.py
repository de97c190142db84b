"""Where two metrics name different winners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from genconv.statistics.sample import Sample


@dataclass(frozen=True)
class Reversal:
    """Of two cells of a dataset, `a` has the lower mean of `metric_a`, `b` that of `metric_b`."""

    dataset: str
    a: str
    b: str
    metric_a: str
    metric_b: str


def reversals(by_metric: Mapping[str, Mapping[str, Sequence[Sample]]]) -> Iterator[Reversal]:
    """Every pair of cells whose means over survivors stand in opposite order for two metrics; ties reverse nothing."""
    for first, second in combinations(by_metric, 2):
        for dataset in by_metric[first]:
            means = [_means(by_metric[metric].get(dataset, ())) for metric in (first, second)]
            for a, b in combinations(sorted(means[0].keys() & means[1].keys()), 2):
                order = [np.sign(mean[b] - mean[a]) for mean in means]
                if order[0] * order[1] < 0:
                    yield Reversal(dataset, *((a, b) if order[0] > 0 else (b, a)), first, second)


def _means(samples: Sequence[Sample]) -> dict[str, float]:
    return {sample.label: float(np.sort(sample.survivors).mean()) for sample in samples if sample.survivors.size}
