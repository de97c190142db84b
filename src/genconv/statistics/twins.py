"""Twins: how far runs part that differ in one bit, against the spread over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.coordinates import Coordinates
from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.statistics.intervals import checked_level
from genconv.statistics.sample import cell_labels
from genconv.statistics.variance import Share, components
from genconv.store.results import StoredCell
from genconv.store.run_coordinates import coordinates_of

PARTED = 0.1
"""Twins have parted where their distance is at least so much of the standard deviation over seeds at that epoch."""
_NO_TWINS = "no runs that differ in one bit alone: train them with design.layout=twins, or twins = 2 in another design"
_MOST_WEIGHTS = 1 << 24
"""Numbers of a run of which distances of weights are computed."""


class Weights(NamedTuple):
    """Median distance of the weights of two runs, over the root mean square norm of the weights."""

    twins: float
    seeds: float | None
    """Of runs whose streams differ; None if there is one place alone."""


@dataclass(frozen=True)
class Twins:
    """The twins of one cell whose bit was flipped after the same number of epochs."""

    dataset: str
    model: str
    """Name of the cell within its dataset."""
    unit: str
    flip_at: int
    """Epochs that were done at the flip; 0: initial weights."""
    pairs: int
    """A run and its twin, both with a last loss."""
    lost: int
    """Pairs of which a run diverged."""
    lost_alone: int
    """Pairs of which one run alone diverged."""
    apart: float
    """Median |difference| of the last validation losses of a pair; NaN without pairs."""
    deviation: float
    """Standard deviation over runs whose streams differ, without twins; NaN for one."""
    chaos: Share | None
    """What twins differ by, as a share of the variance: 1 where a flipped bit is as much as another seed. None where
    it cannot be told."""
    parted: float | None
    """Median number of epochs after which a pair has parted for the first time (`PARTED`); None if most never have."""
    weights: Weights | None
    """Of the final weights; None where there are none."""
    epochs: FloatArray
    """Shape (E,): epochs done."""
    distances: FloatArray
    """Shape (pairs, E): |difference| of validation losses after each epoch."""
    spread: FloatArray
    """Shape (E,): standard deviation over runs whose streams differ."""

    @property
    def median(self) -> FloatArray:
        """Shape (E,): median distance by epoch; empty without pairs."""
        return np.median(self.distances, axis=0) if len(self.distances) else np.empty(0)


def twins(cells: Sequence[StoredCell], *, level: float = 0.95) -> list[Twins]:
    """The twins of all cells that have some, by the epoch of the flip.

    Args:
        cells: Of any kind; those without runs that differ in one bit are left out.
        level: Confidence of the share of chaos.

    Raises:
        InputError: If no cell has twins, and for a level that is not allowed.

    """
    checked_level(level)
    labels = cell_labels([cell.curves for cell in cells])
    found = [one for cell, label in zip(cells, labels, strict=True) for one in twins_of(cell, label, level)]
    if not found:
        raise InputError(_NO_TWINS)
    return sorted(found, key=lambda one: (one.dataset, one.model, one.flip_at))


def twins_of(cell: StoredCell, label: str, level: float = 0.95) -> list[Twins]:
    """Those of one cell, one entry for each epoch of a flip."""
    runs = coordinates_of(cell) or ()
    bases = {_unflipped(run): place for place, run in enumerate(runs) if not run.perturbation}
    pairs: dict[int, list[tuple[int, int]]] = {}
    for place, run in enumerate(runs):
        base = bases.get(_unflipped(run))
        if run.perturbation and base is not None:
            pairs.setdefault(run.flip_at, []).append((base, place))
    return [_twins(cell, label, at, pairs[at], sorted(bases.values()), level) for at in sorted(pairs)]


def _unflipped(run: Coordinates) -> Coordinates:
    return run._replace(perturbation=None, flip_at=0)


def _twins(
    cell: StoredCell, label: str, flip_at: int, pairs: list[tuple[int, int]], bases: list[int], level: float
) -> Twins:
    curves = cell.curves
    losses = np.where(curves.diverged[:, None], np.nan, curves.validation)
    dead = np.array([[curves.diverged[place] for place in pair] for pair in pairs])
    whole = np.array([pair for pair, lost in zip(pairs, dead, strict=True) if not lost.any()], dtype=int).reshape(-1, 2)
    distances = np.abs(losses[whole[:, 0]] - losses[whole[:, 1]])
    alive = [place for place in bases if not curves.diverged[place]]
    spread = losses[alive].std(0, ddof=1) if len(alive) > 1 else np.full(curves.epochs, np.nan)
    return Twins(
        dataset=curves.dataset,
        model=label,
        unit=curves.measure.unit or "",
        flip_at=flip_at,
        pairs=len(whole),
        lost=int(dead.any(1).sum()),
        lost_alone=int((dead.sum(1) == 1).sum()),
        apart=float(np.median(distances[:, -1])) if len(whole) else np.nan,
        deviation=float(spread[-1]),
        chaos=_chaos(losses[:, -1], whole, level),
        parted=_parted(distances, spread, curves.done),
        weights=_weights(cell, whole, alive),
        epochs=curves.done,
        distances=distances,
        spread=spread,
    )


def _chaos(last: FloatArray, pairs: NDArray[np.int_], level: float) -> Share | None:
    """The share of what differs between twins in the variance of their runs."""
    bases, place = np.unique(pairs[:, 0], return_inverse=True)
    if len(bases) < 2:
        return None
    values = np.concatenate([last[bases], last[pairs[:, 1]]])
    found = components(values, {"seed": np.concatenate([np.arange(len(bases)), place])}, level=level)
    return None if found is None else next(share for share in found.shares if share.stream == "chaos")


def _parted(distances: FloatArray, spread: FloatArray, done: FloatArray) -> float | None:
    far = distances >= PARTED * np.where(spread > 0, spread, np.inf)
    if not len(distances):
        return None
    first = np.where(far.any(1), done[np.argmax(far, axis=1)], np.inf)
    median = float(np.quantile(first, 0.5, method="higher"))
    return median if np.isfinite(median) else None


def _weights(cell: StoredCell, pairs: NDArray[np.int_], bases: Sequence[int]) -> Weights | None:
    """Distances of final weights, buffers included."""
    if not cell.runs or not len(pairs):
        return None
    places = [*dict.fromkeys([*pairs.ravel().tolist(), *bases])]
    first = cell.runs[places[0]].weights
    if sum(array.size for array in first.values()) * len(places) > _MOST_WEIGHTS:
        return None
    flat = {place: _flat(cell, place) for place in places}
    norm = float(np.sqrt(np.mean([np.square(flat[place]).sum() for place in places])))
    if not norm > 0:
        return None
    between = [np.linalg.norm(flat[a] - flat[b]) / norm for a, b in pairs]
    others = [np.linalg.norm(flat[a] - flat[b]) / norm for a, b in pairwise(bases)]
    return Weights(float(np.median(between)), float(np.median(others)) if others else None)


def _flat(cell: StoredCell, place: int) -> FloatArray:
    weights = cell.runs[place].weights
    return np.concatenate([weights[name].ravel() for name in sorted(weights)]).astype(np.float64)
