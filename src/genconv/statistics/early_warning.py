"""Early warning: how well what is recorded early foretells which runs diverge later."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.statistics.area import (
    METHOD,
    Stratum,
    area,
    area_interval,
    left_out_area,
    left_out_interval,
    normal_scores,
)
from genconv.statistics.intervals import checked_level
from genconv.store.curves import Quantity
from genconv.store.results import StoredCell
from genconv.store.scalars import WALL_TIME

AFTER = (1.0, 2.0, 5.0)
"""Percent of the training after which one looks."""
TOGETHER = "all together"
_SET = "learning_rate"
"""What is set, and says nothing of a run."""
_Interval = Callable[[float, Sequence[tuple[int, int]], float], tuple[float, float]]


@dataclass(frozen=True)
class Warned:
    """How well one quantity foretells divergence."""

    dataset: str
    model: str
    """With the protocol, where there are several."""
    after: float
    """Percent of the training that are done."""
    done: float
    """Epochs (steps, where nothing else is counted) done then; the smallest of the cells."""
    predictor: str
    """Such as `training.gradient_norm`, or `all together`."""
    diverged: int
    """Runs that diverged later."""
    survived: int
    """Runs that never did, in cells of which some runs diverged later."""
    cells: int
    """In which runs of both kinds are compared."""
    area: float | None
    """P(larger in a run that diverges later than in one of the same cell that survives) + ½ P(equal)."""
    low: float | None
    high: float | None
    method: str


def early_warnings(cells: Sequence[StoredCell], after: Sequence[float] = AFTER, *, level: float = 0.95) -> list[Warned]:
    """For each model on each dataset, share of the training and recorded quantity the area under the ROC curve.

    Runs are compared with runs of the same cell alone, so that a setting which makes runs diverge, such as the learning
    rate, foretells nothing by itself.

    Args:
        cells: Those without runs that diverged after the time and runs that survived bring nothing.
        after: Percents of the training.
        level: Confidence of intervals.

    Raises:
        InputError: If no cell has runs of both kinds, and for a percent or level that is not allowed.

    """
    checked_level(level)
    if not after or not all(0 < percent < 100 for percent in after):
        raise InputError(f"after = {', '.join(f'{one:g}' for one in after)}: must be percents above 0 and below 100")
    several = len({cell.curves.protocol for cell in cells}) > 1
    found = [
        one
        for (dataset, model, protocol), group in _groups(cells)
        for percent in sorted(set(after))
        for one in _after(dataset, f"{model} · {protocol}" if several else model, group, percent, level)
    ]
    if not found:
        raise InputError(
            "no cell has both runs that diverged later and runs that survived: train at a rate at which some diverge"
        )
    return found


def _groups(cells: Sequence[StoredCell]) -> Iterator[tuple[tuple[str, str, str], list[StoredCell]]]:
    def key(cell: StoredCell) -> tuple[str, str, str]:
        return cell.curves.dataset, cell.curves.model, cell.curves.protocol

    for names, group in groupby(sorted(cells, key=key), key=key):
        yield names, list(group)


@dataclass(frozen=True)
class _Look:
    """A cell at that time: the runs that are alive, and what is known of them."""

    done: float
    died: NDArray[np.bool_]
    known: dict[str, FloatArray]
    """Ranks as normal scores, by quantity."""


def _look(cell: StoredCell, percent: float) -> _Look | None:
    """None if no run diverged later or none survived, or nothing is recorded that early."""
    curves = cell.curves
    place = int(np.searchsorted(curves.done, percent / 100 * curves.trained - 1e-9))
    if place >= curves.epochs - 1:
        return None
    at = float(curves.places[place])
    later = np.array([one is not None and one.epoch > at for one in curves.divergences], dtype=bool)
    at_risk = later | ~curves.diverged
    if not later.any() or not (~curves.diverged).any():
        return None
    known = {
        name: normal_scores(values[at_risk])
        for name in cell.quantities
        if (values := _values(cell.quantity(name), name, at)) is not None and np.isfinite(values[at_risk]).any()
    }
    return _Look(float(curves.done[place]), later[at_risk], known) if known else None


def _values(quantity: Quantity, name: str, at: float) -> FloatArray | None:
    """The last values up to that epoch (or step), one a run."""
    if name.partition(".")[2] in (_SET, WALL_TIME):
        return None
    count = int(np.searchsorted(quantity.places, at, side="right"))
    return None if count == 0 else quantity.values[:, count - 1]


def _after(dataset: str, model: str, group: Sequence[StoredCell], percent: float, level: float) -> Iterator[Warned]:
    looks = [look for cell in group if (look := _look(cell, percent)) is not None]
    if not looks:
        return
    names = [name for name in looks[0].known if all(name in look.known for look in looks)]
    sizes = [(int(look.died.sum()), int((~look.died).sum())) for look in looks]
    dead, alive = (sum(column) for column in zip(*sizes, strict=True))
    done = min(look.done for look in looks)

    def told(predictor: str, value: float | None, method: str, interval: _Interval = area_interval) -> Warned:
        low, high = (None, None) if value is None else interval(value, sizes, level)
        return Warned(
            dataset, model, percent, done, predictor, dead, alive, len(looks), value, low, high, method
        )  # fmt: skip

    for name in names:
        value = area([Stratum(look.known[name], look.died) for look in looks])
        yield told(name, value, METHOD)
    if len(names) > 1:
        joint = [Stratum(np.stack([look.known[name] for name in names], axis=1), look.died) for look in looks]
        yield told(
            TOGETHER, left_out_area(joint), f"discriminant, pairs left out; {METHOD}, widened", left_out_interval
        )
