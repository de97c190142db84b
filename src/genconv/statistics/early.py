"""Whether the early curve tells how a run ends."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.curves import exceeds, first, last
from genconv.statistics.intervals import LEVEL, Interval, t_tails
from genconv.statistics.rank_comparison import Superiority, superiority

MOST_LISTED = 8
"""Up to how many runs every order is listed for a p: 40,320."""


@dataclass(frozen=True)
class EarlyTell:
    """What a number known early says of the end, over seeds. None marks what cannot be computed."""

    predictor: str
    """`first`, `exceeds` or `epoch 7`."""
    correlation: float | None
    """Spearman's ρ with the final loss of survivors."""
    interval: Interval | None
    p: float | None
    survivors: int
    divergence: Superiority | None
    """P(predictor lower in a survivor than in a seed that diverged later), the area under the ROC curve."""
    diverged: int
    """How many diverged after the predictor was known."""


def early_tells(cell: CellCurves, places: Sequence[int] = (), level: float = LEVEL) -> list[EarlyTell]:
    """`first`, `exceeds` and the losses at some places of the curve, each against final loss and against divergence.

    `places` count from 0. A run counts for a predictor only if it had not diverged when that was known: place 4 for
    `first`, the last one for `exceeds`, which therefore says nothing of divergence.
    """
    curves, end, epochs = cell.validation, cell.epochs - 1, cell.places
    known: list[tuple[str, FloatArray, int]] = [
        ("first", first(curves), min(4, end)),
        ("exceeds", exceeds(curves), end),
        *((f"epoch {epochs[place]:g}", curves[:, place], place) for place in places if 0 <= place < cell.epochs),
    ]
    return [
        _tell(cell, name, values, float(epochs[place]) if end >= 0 else 0.0, level) for name, values, place in known
    ]


def spearman(x: FloatArray, y: FloatArray, level: float = LEVEL) -> tuple[float, Interval | None, float] | None:
    """ρ, tanh(artanh ρ ± z √((1 + ρ²/2)/(n − 3))), p; x and y of shape (n,), finite. None for n < 3 or no spread.

    The variance of Bonett and Wright 2000; no interval for n < 4 or |ρ| = 1. p is the share of all orders of y with so
    large a |ρ| up to n = `MOST_LISTED`; beyond, that of the t approximation, but not below 2/n!, the smallest there is.
    """
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    rho = float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])
    p = _p(_ranks(x), _ranks(y), rho)
    if len(x) < 4 or abs(rho) > 1 - 1e-12:
        return rho, None, p
    reach = -float(special.ndtri((1 - level) / 2)) * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    low, high = (float(np.tanh(np.arctanh(rho) + sign * reach)) for sign in (-1, 1))
    return rho, Interval(low, high, level, "Fisher z (Bonett-Wright)", len(x)), p


def _p(x: FloatArray, y: FloatArray, rho: float) -> float:
    """Two-sided, of ranks."""
    n = len(x)
    if n <= MOST_LISTED:
        products = y[_orders(n)] @ (x - x.mean())
        observed = abs(float((x - x.mean()) @ y))
        return float(np.mean(np.abs(products) >= observed - 1e-9))
    p = t_tails(rho * math.sqrt(n - 2), math.sqrt(max((1 + rho) * (1 - rho), 0.0)), n - 2)
    return max(p, 2 / math.factorial(min(n, 170)))


@lru_cache(maxsize=8)
def _orders(n: int) -> NDArray[np.intp]:
    """All orders of n places, shape (n!, n)."""
    return np.array(list(permutations(range(n))))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1 on, ties sharing their mean."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2


def _tell(cell: CellCurves, name: str, values: FloatArray, epoch: float, level: float) -> EarlyTell:
    later = np.array([d is not None and d.epoch > epoch for d in cell.divergences])
    usable = np.isfinite(values)
    final = last(cell.validation)
    lived = ~cell.diverged & usable & np.isfinite(final)
    order = np.argsort(final[lived], kind="stable")
    rank = spearman(values[lived][order], final[lived][order], level)
    rho, interval, p = (None, None, None) if rank is None else rank
    auc = superiority(values[lived], values[later & usable], level)
    return EarlyTell(name, rho, interval, p, int(lived.sum()), auc, int(np.count_nonzero(later & usable)))
