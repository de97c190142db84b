"""From cells to what is compared: one number a run, what the number says, and which runs have none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genconv.coordinates import Coordinates, RunLabel
from genconv.curves import CellCurves, FloatArray
from genconv.errors import InputError
from genconv.measure import Measure
from genconv.metrics.registry import metric_named
from genconv.metrics.spec import Metric
from genconv.statistics.evaluation_error import HeldOut, bound_falls, draws_error, held_out
from genconv.store.results import StoredCell

ROUNDING = 1e-14
"""Relative difference of two means that is none: sums of the same numbers in another order differ by so much."""

Key = tuple[int, Coordinates]
"""The study's seed, and the coordinates of a run."""


@dataclass(frozen=True)
class Sample:
    """One metric of one cell, run by run."""

    label: str
    """Name of the cell within its dataset."""
    model: str
    seeds: tuple[RunLabel, ...]
    """How each run is named."""
    values: FloatArray
    """Shape (N,); NaN for a run without a number."""
    missing: NDArray[np.bool_]
    """Shape (N,): runs that diverged, or have no finite number for another reason."""
    diverged: int = 0
    """How many runs diverged."""
    keys: tuple[Key, ...] | None = None
    """What the random numbers of each run follow from; runs of equal keys are pairs. None where it is not on record."""
    metric: Metric = field(default_factory=lambda: metric_named("last"))
    measure: Measure | None = None
    """What the values say of the likelihood; None for a metric that is no loss, such as a count."""
    tolerance: Measure | None = None
    """What the losses say in whose unit the metric's tolerance is; None for a metric without one."""
    places: tuple[str, tuple[float, ...]] | None = None
    """The places that the metric depends on beside the losses, see `Metric.places_of`; None if it depends on none."""
    length: tuple[str, float] | None = None
    """What the curve counts, and how much of it was trained: `("epochs", 40)`; None for a curve without a place."""
    unit: str = ""
    """Of the values; empty if none is known."""
    points: tuple[object, ...] | None = None
    """For each run that did not diverge, a name of the held-out examples behind its number; None if not on record."""
    held_out: HeldOut | None = None
    """The losses of the single held-out examples behind the values; None where they are not on record."""
    draws: float | None = None
    """Standard error of the mean from the draws of the evaluation alone; None where that is not on record."""
    falls: float | None = None
    """By how much the bound still falls from k/4 to k draws, mean over runs; None if it is no such bound."""

    @cached_property
    def survivors(self) -> FloatArray:
        """The finite values in ascending order, shape (n,), so that the order of runs changes no digit."""
        return np.sort(self.values[~self.missing])

    @cached_property
    def penalties(self) -> FloatArray:
        """The value of every run, shape (N,), turned so that less is better; infinite for a run without a number."""
        losses = self.values if self.metric.lower_is_better else -self.values
        return np.where(self.missing, np.inf, losses)

    @cached_property
    def all_runs(self) -> FloatArray:
        """All runs in ascending order, shape (N,): those without a number infinite, at the worse end."""
        return np.sort(np.where(self.missing, np.inf if self.metric.lower_is_better else -np.inf, self.values))

    @cached_property
    def by_key(self) -> tuple[tuple[Key, ...], FloatArray]:
        """The keys in order, and the value of each, NaN for a run without a number."""
        keys = self.keys or ()
        order = sorted(range(len(keys)), key=lambda place: repr(keys[place]))
        values = np.where(self.missing, np.nan, self.values)
        return tuple(keys[place] for place in order), values[order]

    @cached_property
    def mean(self) -> float:
        """Mean of the survivors; infinite, on the worse side, if there are none."""
        if self.survivors.size:
            return float(self.survivors.mean())
        return np.inf if self.metric.lower_is_better else -np.inf

    def same_mean(self, other: "Sample") -> bool:
        """Whether the means of the survivors are equal but for rounding."""
        return math.isclose(self.mean, other.mean, rel_tol=ROUNDING)

    @property
    def rank(self) -> float:
        """A key that sorts the better mean first."""
        return self.mean if self.metric.lower_is_better else -self.mean

    def comparable(self, other: "Sample") -> bool:
        """Whether a difference of the two has a meaning; numbers without a measure are counts.

        A metric that counts places compares only where these are the same.
        """
        if self.places != other.places:
            return False
        pairs = ((self.measure, other.measure), (self.tolerance, other.tolerance))
        return all(a is None or b is None or a.comparable(b) for a, b in pairs)

    def other_points(self, other: "Sample") -> bool:
        """Whether the two were evaluated on different held-out examples, as far as that is on record.

        No where each run has examples of its own: their error is then part of the spread over runs.
        """
        if not self.points or not other.points:
            return False
        own, others = set(self.points), set(other.points)
        each = len(own) == len(self.points) > 1 and len(others) == len(other.points) > 1
        return own != others and not each

    @property
    def counted(self) -> str:
        """`5 of 10`: how many runs have a value."""
        return f"{len(self.survivors)} of {len(self.seeds)}"


def samples(
    cells: Sequence[StoredCell], metric: Metric | str, among: Sequence[StoredCell] | None = None
) -> dict[str, list[Sample]]:
    """For each dataset, in alphabetical order, the samples of the cells that have the metric, by label.

    A cell of which every run diverged stands among them without a number. Labels tell the cells `among` apart, by
    default `cells`. `InputError` for an unknown metric, and for one that no cell has.
    """
    metric = metric_named(metric) if isinstance(metric, str) else metric
    everyone = cells if among is None else among
    labels = {id(one): label for one, label in zip(everyone, cell_labels([c.curves for c in everyone]), strict=True)}
    computed = [(cell, metric.of(cell.curves)) for cell in cells]
    datasets = sorted({cell.curves.dataset for cell, values in computed if values is not None})
    if not datasets:
        lacking = {metric.requires(cell.curves) for cell in cells} - {""}
        raise InputError(f"metric '{metric.name}': no cell has {' or '.join(sorted(lacking)) or 'it'}")
    found: dict[str, list[Sample]] = {dataset: [] for dataset in datasets}
    for cell, values in computed:
        if cell.curves.dataset in found and (values is not None or cell.curves.diverged.all()):
            known = np.full(len(cell.curves.seeds), np.nan) if values is None else values
            found[cell.curves.dataset].append(sample(cell, labels[id(cell)], metric, known))
    return {dataset: sorted(group, key=lambda sample: sample.label) for dataset, group in found.items()}


def sample(cell: StoredCell, label: str, metric: Metric, values: FloatArray) -> Sample:
    """The sample of a cell, given the number of each run, shape (N,)."""
    curves = cell.curves
    missing = curves.diverged | ~np.isfinite(values)
    example = metric.per_example(curves)
    return Sample(
        label=label,
        model=curves.model,
        seeds=curves.seeds,
        values=values,
        missing=missing,
        diverged=int(curves.diverged.sum()),
        keys=_keys(cell),
        metric=metric,
        measure=metric.measure(curves),
        tolerance=curves.measure if metric.by_tolerance else None,
        places=metric.places_of(curves),
        length=(curves.counted, curves.trained) if curves.epochs else None,
        unit=metric.unit_of(curves),
        points=_points(cell, example),
        held_out=held_out(cell, metric),
        draws=draws_error(curves.evaluation, example, ~missing) if example else None,
        falls=bound_falls(curves.evaluation, ~missing) if example == "importance_weighted" else None,
    )


def cell_labels(cells: Sequence[CellCurves]) -> list[str]:
    """The model of each cell, with the protocol where there are several, and the variant if there is one."""
    several = len({cell.protocol for cell in cells}) > 1
    names = [f"{cell.model} · {cell.protocol}" if several else cell.model for cell in cells]
    return [f"{name} ({cell.variant})" if cell.variant else name for name, cell in zip(names, cells, strict=True)]


def common_runs(a: Sample, b: Sample) -> tuple[FloatArray, FloatArray]:
    """The values of both on the runs that they share, each of shape (n,); NaN where a run has no number.

    Runs are shared if they draw from the same random keys: a position in somebody's file is no seed. They stand in the
    order of their keys, so that the order of runs changes no digit.
    """
    if a.keys is None or b.keys is None:
        return np.empty(0), np.empty(0)
    (keys_a, values_a), (keys_b, values_b) = a.by_key, b.by_key
    if keys_a == keys_b:
        return values_a, values_b
    of_a, of_b = (dict(zip(keys, values, strict=True)) for keys, values in (a.by_key, b.by_key))
    shared = [key for key in keys_a if key in of_b]
    return np.array([of_a[key] for key in shared]), np.array([of_b[key] for key in shared])


def _points(cell: StoredCell, example: str) -> tuple[object, ...] | None:
    """For each run that did not diverge: the digest of its test examples, or what its validation data follow from."""
    runs = [run for run, diverged in zip(cell.runs, cell.curves.diverged, strict=False) if not diverged]
    if example:
        tests = [run.outcome.test for run in runs]
        return None if None in tests else tuple(test.sha256 for test in tests if test is not None)
    if cell.config is None or cell.curves.coordinates is None:
        return None
    data = {name: value for name, value in cell.config.data.items() if name != "training_size"}
    alive = [one for one, diverged in zip(cell.curves.coordinates, cell.curves.diverged, strict=True) if not diverged]
    return tuple((cell.config.study_seed, repr(sorted(data.items())), one.data) for one in alive)


def _keys(cell: StoredCell) -> tuple[Key, ...] | None:
    if cell.config is None or cell.curves.coordinates is None:
        return None
    return tuple((cell.config.study_seed, one) for one in cell.curves.coordinates)
