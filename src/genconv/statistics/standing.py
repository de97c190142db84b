"""Which of several cells is ahead, every run counted."""

from collections.abc import Sequence

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.ranks import midranks
from genconv.statistics.sample import Sample


def standings(group: Sequence[Sample]) -> FloatArray:
    """A number a cell, shape (C,), the smallest for the best: its mean where every run of the group has a number.

    Else the mean rank of its runs among all runs of the group, those without a number behind all others: a mean of
    survivors would be better for each bad run that is lost. The numbers of the group must compare.
    """
    if not any(sample.missing.any() for sample in group):
        return np.array([sample.rank for sample in group])
    ranks = midranks(np.concatenate([sample.penalties for sample in group]))
    ends = np.cumsum([len(sample.seeds) for sample in group])
    return np.array([float(part.mean()) if part.size else np.inf for part in np.split(ranks, ends[:-1])])


def best_first(a: Sample, b: Sample) -> tuple[Sample, Sample]:
    """Both, the better one first; by their means where the numbers do not compare."""
    of_a, of_b = standings([a, b]) if a.comparable(b) else (a.rank, b.rank)
    return (b, a) if of_b < of_a else (a, b)
