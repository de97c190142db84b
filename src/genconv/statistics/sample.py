"""From cells to what is compared: one number a seed, and which seeds have none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genconv.coordinates import RunLabel, label_order, pinned_streams
from genconv.curves import CellCurves, FloatArray
from genconv.errors import unknown_name
from genconv.metrics.summary import per_seed
from genconv.store.results import StoredCell


@dataclass(frozen=True)
class Sample:
    """One metric of one cell, seed by seed, lower being better."""

    label: str
    """Name of the cell within its dataset."""
    model: str
    seeds: tuple[RunLabel, ...]
    values: FloatArray
    """Shape (N,); NaN for a seed without a number."""
    lost: NDArray[np.bool_]
    """Shape (N,): seeds that diverged, or have no finite number for another reason."""
    stream: tuple[object, ...] | None = None
    """Cells of equal `stream` draw seed s from the same random keys; None where that is not on record."""

    @cached_property
    def survivors(self) -> FloatArray:
        """The finite values, shape (n,)."""
        return self.values[~self.lost]

    @property
    def counted(self) -> str:
        """`5 of 10`: how many seeds have a value."""
        return f"{len(self.survivors)} of {len(self.seeds)}"


def samples(cells: Sequence[StoredCell], metric: str) -> dict[str, list[Sample]]:
    """For each dataset, in alphabetical order, the samples of the cells that have the metric, by label.

    `InputError` for a metric that no cell has.
    """
    values = [per_seed(cell.curves, "corrected") for cell in cells]
    known = dict.fromkeys(name for one in values for name in one)
    if metric not in known:
        raise unknown_name("metric", metric, known)
    labels = cell_labels([cell.curves for cell in cells])
    found: dict[str, list[Sample]] = defaultdict(list)
    for cell, label, numbers in zip(cells, labels, values, strict=True):
        if metric in numbers:
            found[cell.curves.dataset].append(_sample(cell, label, numbers[metric]))
    return {dataset: sorted(found[dataset], key=lambda sample: sample.label) for dataset in sorted(found)}


def cell_labels(cells: Sequence[CellCurves]) -> list[str]:
    """The model of each cell, with the protocol where there are several, and the variant if there is one."""
    several = len({cell.protocol for cell in cells}) > 1
    names = [f"{cell.model} · {cell.protocol}" if several else cell.model for cell in cells]
    return [f"{name} ({cell.variant})" if cell.variant else name for name, cell in zip(names, cells, strict=True)]


def common_seeds(a: Sample, b: Sample) -> tuple[FloatArray, FloatArray]:
    """The values of both on the seeds that they share, each of shape (n,) in ascending order of seeds.

    Empty unless both draw from the same random keys: a position in somebody's file is no seed.
    """
    if a.stream is None or a.stream != b.stream:
        return np.empty(0), np.empty(0)
    if a.seeds == b.seeds and list(a.seeds) == sorted(set(a.seeds), key=label_order):
        return np.where(a.lost, np.nan, a.values), np.where(b.lost, np.nan, b.values)
    of_a, of_b = (dict(zip(s.seeds, np.where(s.lost, np.nan, s.values), strict=True)) for s in (a, b))
    shared = sorted(of_a.keys() & of_b.keys(), key=label_order)
    return np.array([of_a[seed] for seed in shared]), np.array([of_b[seed] for seed in shared])


def _sample(cell: StoredCell, label: str, values: FloatArray) -> Sample:
    lost = cell.curves.diverged | ~np.isfinite(values)
    stream: tuple[object, ...] | None = None
    if cell.config is not None:
        coordinates = cell.curves.coordinates
        pinned = () if coordinates is None else pinned_streams(coordinates, cell.curves.seeds)
        stream = (cell.config.study_seed, pinned)
    return Sample(label, cell.curves.model, cell.curves.seeds, values, lost, stream)
