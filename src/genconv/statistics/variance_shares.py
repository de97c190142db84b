"""Which stream of random numbers brings how much of the spread over the runs of a cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.metrics.spec import Metric
from genconv.statistics.default_metric import best_samples
from genconv.statistics.sample import ROUNDING, Sample, cell_labels, samples
from genconv.statistics.variance import Components, components
from genconv.statistics.variance_chance import chance_components
from genconv.statistics.variance_design import Integers
from genconv.store.results import StoredCell
from genconv.store.run_coordinates import coordinates_of

STREAMS = ("init", "order", "noise", "data")
DIVERGED = "diverged"
"""Stands in place of a metric for whether a run diverged."""
_NO_DESIGN = (
    "each run differs from every other in all streams, as runs under plain seeds do, so that nothing tells the streams "
    "apart; a study with a [design] trains runs that share some (streams.init=[0,1,2] streams.order=[0,1,2] of genconv "
    "run; docs/seed-science.md), and genconv plan --variance tells how many"
)
_NO_STREAMS = (
    "no runs whose streams are on record and differ: train them with streams.init=[0,1,2] and the like, record them "
    "with streams={'init': 1, …}, or import a table with columns init, order, noise"
)


@dataclass(frozen=True)
class CellShares:
    """The shares of a cell's variance in one metric."""

    dataset: str
    model: str
    """Name of the cell within its dataset."""
    metric: str
    """`diverged` for the chance to diverge."""
    unit: str
    components: Components | None
    """None where nothing can be told."""
    runs: int
    """All runs of the cell."""
    missing: int
    """Those without a number, which are left out of a metric; those that diverged, for the chance."""
    reason: str = ""
    """Why nothing can be told; empty if there are components."""


def variance_shares(
    cells: Sequence[StoredCell], metric: str | Metric | None = None, *, level: float = 0.95
) -> list[CellShares]:
    """Shares of the variance in a metric given survival, and of the chance to diverge where some runs did.

    Args:
        cells: Some of which have runs that differ in streams of random numbers.
        metric: By default that of comparisons.
        level: Confidence of the intervals.

    Raises:
        InputError: For an unknown metric, and if no cell has runs that differ in a stream.

    """
    streams = {id(cell): streams_of(cell) for cell in cells}
    known = [cell for cell in cells if streams[id(cell)]]
    if not known:
        raise InputError(_NO_STREAMS)
    labels = cell_labels([cell.curves for cell in cells])
    by_label = {(c.curves.dataset, label): c for c, label in zip(cells, labels, strict=True) if streams[id(c)]}
    by_metric = best_samples(known) if metric is None else {"": samples(known, metric, among=cells)}
    found: list[CellShares] = []
    for datasets in by_metric.values():
        for dataset, group in datasets.items():
            for one in group:
                if cell := by_label.get((dataset, one.label)):
                    found += _of_cell(cell, one, streams[id(cell)], level)
    return sorted(found, key=lambda shares: (shares.dataset, shares.model, shares.metric == DIVERGED))


def streams_of(cell: StoredCell) -> dict[str, Integers]:
    """By name, shape (N,): the integers of the streams in which the runs of a cell differ; empty if none is known.

    Seeds alone are streams, too, if they are a cell's own; a seed of somebody else's file is not known to be one.
    """
    coordinates = cell.curves.coordinates
    if coordinates is not None:
        every = {name: np.array([getattr(one, name) for one in coordinates]) for name in STREAMS}
    elif cell.imported is not None:
        by_run = cell.imported.differing_settings
        every = {name: _integers(by_run[name]) for name in STREAMS if name in by_run}
    else:
        return {}
    return {name: values for name, values in every.items() if len(np.unique(values)) > 1}


def has_design(cell: StoredCell) -> bool:
    """Whether some runs of a cell share an integer of a stream that others do not have."""
    return any(len(np.unique(values)) < len(values) for values in streams_of(cell).values())


def _integers(texts: Sequence[str]) -> Integers:
    return np.unique(np.array(texts), return_inverse=True)[1].astype(np.int64)


def _of_cell(cell: StoredCell, sample: Sample, streams: dict[str, Integers], level: float) -> list[CellShares]:
    known = _of_first_flip(cell)
    alive = known & ~sample.missing
    some = {name: integers[alive] for name, integers in streams.items()}
    of_metric = _shares(cell, sample, sample.values[alive], some, level)
    if not sample.diverged:
        return [of_metric]
    diverged = cell.curves.diverged[known].astype(np.float64)
    known_streams = {name: integers[known] for name, integers in streams.items()}
    chance = _components(diverged, known_streams, level, chance_components)
    runs = len(cell.curves.seeds)
    of_chance = CellShares(cell.curves.dataset, sample.label, DIVERGED, "", chance[0], runs, sample.diverged, chance[1])
    return [of_metric, of_chance]


def _of_first_flip(cell: StoredCell) -> NDArray[np.bool_]:
    """Which runs tell the shares: of twins whose bit was flipped at several epochs, those of the first one."""
    runs = coordinates_of(cell)
    flips = [run.flip_at for run in runs or () if run.perturbation]
    if runs is None or not flips:
        return np.ones(len(cell.curves.seeds), dtype=bool)
    return np.array([not run.perturbation or run.flip_at == min(flips) for run in runs])


def _shares(
    cell: StoredCell, sample: Sample, values: FloatArray, streams: dict[str, Integers], level: float
) -> CellShares:
    found, reason = _components(values, streams, level)
    runs, missing = len(sample.values), int(sample.missing.sum())
    return CellShares(cell.curves.dataset, sample.label, sample.metric.name, sample.unit, found, runs, missing, reason)


def _components(
    values: FloatArray,
    streams: dict[str, Integers],
    level: float,
    components_of: Callable[..., Components | None] = components,
) -> tuple[Components | None, str]:
    if len(values) < 3:
        return None, f"{len(values)} runs have a number"
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        return None, "all runs have the same number"
    found = components_of(values, streams, level=level)
    return found, "" if found else _NO_DESIGN
