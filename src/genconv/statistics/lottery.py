"""What a paper with fewer seeds would have said."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError

MOST_EXACT = 100_000
"""Up to how many draws a cell every one is listed."""
DRAWS = 20_000


@dataclass(frozen=True)
class Lottery:
    """Drawing k of the N seeds of every cell of a dataset, independently and without replacement."""

    k: int
    winner: str
    """The cell with the lowest mean over all its survivors."""
    other_winner: float
    """Chance that the k seeds name another cell."""
    chances: Mapping[str, float]
    """Chance of each cell to have the lowest mean of k; the winner of all N keeps a tie."""
    method: Literal["enumeration", "Monte Carlo"]
    draws: int
    """Largest number of draws of one cell that were looked at."""


def lottery(values: Mapping[str, FloatArray], k: int, generator: np.random.Generator) -> Lottery | None:
    """P(argminᵢ mean of k seeds of cell i ≠ argminᵢ mean of all N) for the metric `values` of each cell, shape (N,).

    A seed without a number (NaN) is drawn like any other, and the mean is over the rest, as a paper that says nothing
    of dead seeds has it; a cell of which only dead seeds are drawn cannot win. Exact, by listing all N!/(k!(N − k)!)
    draws of each cell, up to `MOST_EXACT`; above it `DRAWS` draws by `generator`. A tie with the winner of all N keeps
    the name. None for fewer than two cells with a number. `InputError` if a cell has fewer than k seeds, or k < 1.
    """
    for label, numbers in values.items():
        if not 1 <= k <= len(numbers):
            raise InputError(f"k = {k}: must be from 1 to {len(numbers)}, the seeds of {label}")
    means = {label: _mean(numbers) for label, numbers in values.items()}
    if len([mean for mean in means.values() if np.isfinite(mean)]) < 2:
        return None
    winner = min(sorted(means), key=lambda label: means[label])
    exact = all(math.comb(len(numbers), k) <= MOST_EXACT for numbers in values.values())
    drawn = {label: _draws(numbers, k, None if exact else generator) for label, numbers in values.items()}
    chances = {label: _chance(label, drawn, winner) for label in values}
    return Lottery(
        k,
        winner,
        max(0.0, 1 - chances[winner]),
        chances,
        "enumeration" if exact else "Monte Carlo",
        max(map(len, drawn.values())),
    )


def _mean(numbers: FloatArray) -> float:
    alive = np.sort(numbers[np.isfinite(numbers)])
    return float(alive.mean()) if alive.size else math.inf


def _draws(numbers: FloatArray, k: int, generator: np.random.Generator | None) -> FloatArray:
    """Means of k seeds, +∞ where none of them has a number, in ascending order."""
    ordered = np.sort(numbers)  # so that the order of seeds changes no digit; NaN stands last
    if generator is None:
        chosen = np.array(list(combinations(range(len(ordered)), k)))
    else:
        chosen = generator.permuted(np.tile(np.arange(len(ordered)), (DRAWS, 1)), axis=1)[:, :k]
        chosen.sort(axis=1)
    picked = ordered[chosen]
    alive = np.isfinite(picked)
    with np.errstate(invalid="ignore"):
        means = np.where(alive, picked, 0).sum(axis=1) / alive.sum(axis=1)
    return np.sort(np.where(alive.any(axis=1), means, np.inf))


def _chance(label: str, drawn: Mapping[str, FloatArray], winner: str) -> float:
    """Mean over the cell's draws x of Π P(draw of another > x), or ≥ x where a tie counts for this cell.

    Draws of different cells are independent, so no product of draws need be listed. Of cells that tie behind the
    winner, the first by name has it.
    """
    own = drawn[label]
    chance = np.isfinite(own).astype(np.float64)
    for other, theirs in drawn.items():
        if other != label:
            keeps = label == winner or (other != winner and label < other)
            side: Literal["left", "right"] = "left" if keeps else "right"
            chance *= 1 - np.searchsorted(theirs, own, side=side) / len(theirs)
    return float(chance.mean())
