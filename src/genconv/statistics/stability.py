"""How stable the winner is: what a paper with fewer seeds would have said, and where two metrics disagree."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.summary import per_seed
from genconv.statistics.ranks import midranks
from genconv.statistics.sample import ROUNDING, Sample
from genconv.store.results import StoredCell

MOST_EXACT = 100_000
"""Up to how many draws a cell every one is listed."""
MOST_LISTED = 1_000_000
"""Up to how many draws of all cells together every one is listed."""
DRAWS = 20_000
RESAMPLING_SEED = 0
_AT_ONCE = 1000

Rank = Literal["means", "mean ranks"]
"""Means over seeds; or, where a seed of any cell has no number, means of the ranks that all seeds have among those of
all cells, seeds without a number behind all others.
"""


@dataclass(frozen=True)
class WinnerStability:
    """Drawing k of the N seeds of every cell of a dataset, independently and without replacement."""

    k: int
    winner: str
    """The cell that is lowest with all N seeds, the first by name of several."""
    tied: tuple[str, ...]
    """The other cells that are as low with all N seeds."""
    other_winner: float
    """Chance that the k seeds name another cell, or none."""
    chances: Mapping[str, float]
    """Chance of each cell to be lowest with k seeds; the winner of all N keeps a tie."""
    by: Rank
    """What cells are ranked by."""
    method: Literal["enumeration", "Monte Carlo"]
    draws: int
    """Largest number of draws of one cell that were looked at."""


def winner_stability(
    values: Mapping[str, FloatArray], k: int, generator: np.random.Generator
) -> WinnerStability | None:
    """P(argminᵢ mean of k seeds of cell i ≠ argminᵢ mean of all N) for the metric `values` of each cell, shape (N,).

    If a seed of any cell has no number (NaN), each seed's rank among those of all cells takes the place of its value,
    such seeds behind all others: a mean of values would leave them out, and be better for each bad seed that is lost. A
    cell of which only such seeds are drawn cannot win. Exact, by listing all N!/(k!(N − k)!) draws of each cell, up to
    `MOST_EXACT` of one and `MOST_LISTED` of all; above it `DRAWS` draws by `generator`. A tie with the winner of all N
    keeps the name. None for fewer than two cells with a number. `InputError` if a cell has fewer than k seeds, or
    k < 1.
    """
    return next(iter(winner_stabilities(values, (k,), generator)), None)


def winner_stabilities(
    values: Mapping[str, FloatArray], sizes: Sequence[int], generator: np.random.Generator
) -> list[WinnerStability]:
    """`winner_stability` for every k of `sizes`; seeds are drawn once, and the first k of a draw stand for k."""
    for label, numbers in values.items():
        for k in sizes:
            if not 1 <= k <= len(numbers):
                raise InputError(f"k = {k}: must be from 1 to {len(numbers)}, the seeds of {label}")
    if sum(bool(np.isfinite(numbers).any()) for numbers in values.values()) < 2:
        return []
    group = _ranked(values)
    random = [k for k in sizes if not _listable(values, k)]
    drawn = _drawn(group, random, generator) if random else {}
    return [
        _stability(group, k, {label: drawn[label][k] for label in values}, "Monte Carlo")
        if k in random
        else _stability(group, k, {label: _listed(group, label, k) for label in values}, "enumeration")
        for k in sizes
    ]


METRICS = (BEST_ESTIMATE, "last", "min", "first")
MOST_SIZES = 10
"""Numbers of runs k that are computed at most."""


def stability_of_winner(
    cells: Sequence[StoredCell], names: Sequence[str], metrics: Sequence[str] = METRICS
) -> dict[str, list[WinnerStability]]:
    """By metric, `winner_stability` of the cells of one dataset, for k up to the runs of the smallest cell.

    `names` are those of the cells. A metric that a cell has not is left out. Empty for fewer than two cells with a
    number.
    """
    most = min(len(cell.curves.seeds) for cell in cells)
    sizes = np.unique(np.linspace(1, most, min(most, MOST_SIZES)).round().astype(int)).tolist()
    by_cell = [per_seed(cell.curves, "corrected") for cell in cells]
    found = {}
    for metric in [name for name in metrics if all(name in numbers for numbers in by_cell)]:
        values = tuple((name, numbers[metric].tobytes()) for name, numbers in zip(names, by_cell, strict=True))
        found[metric] = _once(values, tuple(sizes))
    return {metric: several for metric, several in found.items() if several}


@lru_cache(maxsize=64)
def _once(values: tuple[tuple[str, bytes], ...], sizes: tuple[int, ...]) -> list[WinnerStability]:
    """The same result for a figure and for its table."""
    numbers = {name: np.frombuffer(content) for name, content in values}
    return winner_stabilities(numbers, sizes, np.random.default_rng(RESAMPLING_SEED))


def _stability(
    group: "_Group", k: int, drawn: Mapping[str, FloatArray], method: Literal["enumeration", "Monte Carlo"]
) -> WinnerStability:
    chances, most = _chances(drawn, group.winner), max(map(len, drawn.values()))
    other = max(0.0, 1 - chances[group.winner])
    return WinnerStability(k, group.winner, group.tied, other, chances, group.by, method, most)


def _listable(values: Mapping[str, FloatArray], k: int) -> bool:
    counts = [math.comb(len(numbers), k) for numbers in values.values()]
    return max(counts) <= MOST_EXACT and sum(counts) <= MOST_LISTED


@dataclass(frozen=True)
class _Group:
    """What each seed of each cell counts as."""

    by: Rank
    ordered: Mapping[str, FloatArray]
    """In ascending order, so that the order of seeds does not tell."""
    lost: float
    """What a seed without a number counts as: more than any other."""

    @property
    def winner(self) -> str:
        """The cell that is lowest with all its seeds, the first by name of several."""
        return min(sorted(self.ordered), key=lambda label: self.means(self.ordered[label][None, :])[0])

    @property
    def tied(self) -> tuple[str, ...]:
        """The others that are as low as the winner, but for rounding."""
        lows = {label: self.means(ordered[None, :])[0] for label, ordered in self.ordered.items()}
        low = lows.pop(self.winner)
        return tuple(label for label in sorted(lows) if math.isclose(lows[label], low, rel_tol=ROUNDING))

    def means(self, draws: FloatArray) -> FloatArray:
        """Of each row; +∞ where it holds nothing but seeds without a number."""
        return self.known(draws.mean(axis=1))

    def known(self, means: FloatArray) -> FloatArray:
        """The means; +∞ for one of nothing but seeds without a number."""
        return np.where(means >= self.lost - 1e-9, np.inf, means)


def _ranked(values: Mapping[str, FloatArray]) -> _Group:
    every = np.concatenate(list(values.values()))
    alive = np.isfinite(every)
    if alive.all():
        return _Group("means", {label: np.sort(numbers) for label, numbers in values.items()}, np.inf)
    ranks = midranks(np.where(alive, every, np.inf))
    parts = np.split(ranks, np.cumsum([len(numbers) for numbers in values.values()])[:-1])
    ordered = {label: np.sort(part) for label, part in zip(values, parts, strict=True)}
    return _Group("mean ranks", ordered, float(ranks.max()))


def _listed(group: _Group, label: str, k: int) -> FloatArray:
    """Means of all draws of k seeds, in ascending order."""
    ordered = group.ordered[label]
    return np.sort(group.means(ordered[_combinations(len(ordered), k)]))


@lru_cache(maxsize=8)
def _combinations(n: int, k: int) -> NDArray[np.intp]:
    return np.array(list(combinations(range(n), k)))


def _drawn(group: _Group, sizes: Sequence[int], generator: np.random.Generator) -> dict[str, dict[int, FloatArray]]:
    """For each cell and k the means of the first k of `DRAWS` random orders, some orders at a time to spare memory.

    Cells with equally many seeds share the orders: only how the means of each cell are distributed is used of them.
    """
    found: dict[str, dict[int, list[FloatArray]]] = {label: {k: [] for k in sizes} for label in group.ordered}
    counts = sorted({len(ordered) for ordered in group.ordered.values()})
    for _ in range(DRAWS // _AT_ONCE):
        orders = {n: generator.permuted(np.tile(np.arange(n, dtype=np.uint32), (_AT_ONCE, 1)), axis=1) for n in counts}
        for label, ordered in group.ordered.items():
            sums = np.cumsum(ordered[orders[len(ordered)][:, : max(sizes)]], axis=1)
            for k in sizes:
                found[label][k].append(group.known(sums[:, k - 1] / k))
    return {label: {k: np.sort(np.concatenate(one)) for k, one in several.items()} for label, several in found.items()}


def _chances(drawn: Mapping[str, FloatArray], winner: str) -> dict[str, float]:
    """For each cell the mean over its draws x of Π P(draw of another > x), or ≥ x where a tie counts for this cell.

    Draws of different cells are independent, so no product of draws need be listed: all are passed once in ascending
    order, with the share of each cell's draws still to come. Of cells that tie behind the winner, the first by name has
    it. Nothing wins behind the point where a cell has no draw left.
    """
    labels = sorted(drawn, key=lambda label: (label != winner, label))
    end = min(draws[-1] for draws in drawn.values())
    parts = [draws[np.isfinite(draws) & (draws <= end)] for draws in map(drawn.__getitem__, labels)]
    cell = np.repeat(np.arange(len(labels)), [len(part) for part in parts])
    left = np.concatenate([len(drawn[label]) - np.arange(len(part)) for label, part in zip(labels, parts, strict=True)])
    passing = np.argsort(np.concatenate(parts), kind="stable")  # in a tie the first of `labels`
    cell, left = cell[passing], left[passing]
    sizes = np.array([len(drawn[label]) for label in labels])
    with np.errstate(divide="ignore"):
        steps = np.log((left - 1) / left)  # of the logarithm of the cell's share, −∞ at its last draw
    all_left = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    wins = np.exp(all_left - np.log(left / sizes[cell]))
    chances = np.bincount(cell, weights=wins, minlength=len(labels)) / sizes
    return {label: round(float(chances[labels.index(label)]), 12) for label in drawn}


@dataclass(frozen=True)
class Reversal:
    """Of two cells of a dataset, `a` has the better mean of `metric_a`, `b` that of `metric_b`."""

    dataset: str
    a: str
    b: str
    metric_a: str
    metric_b: str


def reversals(by_metric: Mapping[str, Mapping[str, Sequence[Sample]]]) -> Iterator[Reversal]:
    """Every pair of cells whose means over survivors stand in opposite order for two metrics; ties reverse nothing.

    Only numbers that compare have an order.
    """
    for first, second in combinations(by_metric, 2):
        for dataset in by_metric[first]:
            of_first, of_second = (_with_mean(by_metric[metric].get(dataset, ())) for metric in (first, second))
            for a, b in combinations(sorted(of_first.keys() & of_second.keys()), 2):
                order = _order(of_first[a], of_first[b]) * _order(of_second[a], of_second[b])
                if order < 0:
                    ordered = (a, b) if of_first[a].rank < of_first[b].rank else (b, a)
                    yield Reversal(dataset, *ordered, first, second)


def _with_mean(samples: Sequence[Sample]) -> dict[str, Sample]:
    return {sample.label: sample for sample in samples if sample.survivors.size}


def _order(a: Sample, b: Sample) -> float:
    """1 if A has the better mean, −1 if B has it, 0 for a tie and for numbers that do not compare."""
    return float(np.sign(b.rank - a.rank)) if a.comparable(b) else 0.0
