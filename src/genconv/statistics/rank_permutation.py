"""The statistic of Brunner and Munzel over partitions of ranks, for any pattern of equal values.

T = (P − ½)/σ̂ with P = P(A < B) + ½ P(A = B). Which values T has over all partitions follows from which of the pooled
values are equal, not from the values. Cells that lose different numbers of runs differ in the length of their last tie
alone, so one pass over the places of a partition serves them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.partitions import Members, partitions

Ties = tuple[int, ...]
"""How many of the pooled values are equal, the lowest first: (1, 1, 1, 3) for three values and three lost runs."""


def counts_of_ranks(smaller: FloatArray, pooled: FloatArray, draws: int | None) -> tuple[FloatArray, FloatArray]:
    """How many partitions have T at or below, and at or above, the observed one: shapes (P, k), (P, n) → (P,) twice.

    Both samples in ascending order. For equal sizes T is symmetric, and both are counted for −|T|.
    """
    k, n = smaller.shape[1], pooled.shape[1]
    ties = [tuple(np.unique(values, return_counts=True)[1].tolist()) for values in pooled]
    places = {one: [place for place, own in enumerate(ties) if own == one] for one in dict.fromkeys(ties)}
    observed = np.empty(len(pooled))
    for one, several in places.items():
        members = np.stack([_members_of(smaller[place], pooled[place]) for place in several])
        observed[several] = rank_statistic(members, one)
    if 2 * k == n:
        observed = -np.abs(observed)
    slack = np.where(np.isfinite(observed), 1e-9 * np.maximum(1.0, np.abs(observed)), 0.0)
    below, above, opposite = np.zeros(len(pooled)), np.zeros(len(pooled)), np.zeros(len(pooled))
    passes = _passes(list(places))
    for block in partitions(k, n, draws):
        for one, known in _statistics(block, k, passes):
            own = places[one]
            below[own] += np.searchsorted(known, observed[own] + slack[own], side="right")
            above[own] += len(known) - np.searchsorted(known, observed[own] - slack[own], side="left")
            opposite[own] += len(known) - np.searchsorted(known, -observed[own] - slack[own], side="left")
    if 2 * k == n and draws is not None:
        below = above = (below + opposite - 1) / 2  # with the observed one, counted once
    return below, above


def _members_of(own: FloatArray, values: FloatArray) -> FloatArray:
    """Zeros and ones: places of the ascending `values` that hold `own`; equal values are exchangeable."""
    members = np.zeros(len(values))
    kinds, counts = np.unique(own, return_counts=True)
    for place, count in zip(np.searchsorted(values, kinds), counts, strict=True):
        members[place : place + count] = 1.0
    return members


def rank_statistic(members: FloatArray, sizes: Sequence[int]) -> FloatArray:
    """T of Brunner and Munzel for each row of `members`, shape (K, n) → (K,), of ascending values.

    `sizes` says how many values are equal, the lowest first. A value's placement is the number of the other cell's
    values below it, equal ones as half.
    """
    n, k, of_each = members.shape[1], int(members[0].sum()), np.array(sizes, dtype=np.float64)
    ends = np.cumsum(sizes)
    until = np.cumsum(members, axis=1)[:, ends - 1]
    chosen = np.diff(until, prepend=0.0, axis=1)
    of_members = until - chosen / 2
    of_others = ends - of_each / 2 - of_members
    squares = np.vecdot(of_others * chosen, of_others), np.vecdot(of_members * (of_each - chosen), of_members)
    return _studentized(np.vecdot(of_members, of_each - chosen), *squares, k, n)


def _studentized(below: FloatArray, squares_a: FloatArray, squares_b: FloatArray, k: int, n: int) -> FloatArray:
    """T from Σ placements of B = pairs (A, B) with A below B, and the sums of squared placements of A and of B."""
    pairs, others = k * (n - k), n - k
    share_a = np.maximum(squares_a - (pairs - below) ** 2 / k, 0) * k / (k - 1)
    share_b = np.maximum(squares_b - below**2 / others, 0) * others / (others - 1)
    variance = (share_a + share_b) / pairs**2
    gap = below / pairs - 0.5
    infinite = np.where(np.abs(gap) > 1e-9, np.sign(gap) * np.inf, 0.0)
    return np.where(variance > 1e-12, gap / np.sqrt(np.maximum(variance, 1e-12)), infinite)


@dataclass(frozen=True)
class _Pass:
    """Patterns of ties that begin alike."""

    head: Ties
    """The longest of them, without its last tie."""
    ending: Mapping[int, Sequence[Ties]]
    """By the number of ties before the last one, which patterns end there."""


def _passes(patterns: Sequence[Ties]) -> list[_Pass]:
    left, found = sorted(patterns, key=len, reverse=True), []
    while left:
        head, ending = left[0][:-1], dict[int, list[Ties]]()
        alike = [one for one in left if one[:-1] == head[: len(one) - 1]]
        for one in alike:
            ending.setdefault(len(one) - 1, []).append(one)
        found.append(_Pass(head, ending))
        left = [one for one in left if one not in alike]
    return found


class _Sums:
    """Sums over the values that were passed, for each of K partitions, shape (K,)."""

    def __init__(self, count: int) -> None:
        self.values = 0
        """How many were passed."""
        self.members = np.zeros(count)
        """How many of them belong to A."""
        self.below = np.zeros(count)
        """Placements of B."""
        self.squares_a, self.squares_b = np.zeros(count), np.zeros(count)
        """Squared placements of A and of B."""

    def copy(self) -> "_Sums":
        """These sums, apart from what is added later."""
        other = _Sums(0)
        other.values, other.members = self.values, self.members
        other.below, other.squares_a, other.squares_b = self.below.copy(), self.squares_a.copy(), self.squares_b.copy()
        return other

    def add(self, size: int, until: FloatArray) -> None:
        """Pass `size` equal values, with `until` members among them and all before."""
        chosen = until - self.members
        others = size - chosen
        of_others = chosen * 0.5
        of_others += self.members
        weighted = others * of_others
        self.below += weighted
        weighted *= of_others
        self.squares_b += weighted
        others *= 0.5
        others += self.values
        others -= self.members
        chosen *= others
        chosen *= others
        self.squares_a += chosen
        self.values, self.members = self.values + size, until


def _statistics(block: Members, k: int, passes: Sequence[_Pass]) -> Iterator[tuple[Ties, FloatArray]]:
    """For every pattern T of each partition of the block, in ascending order."""
    n, count = block.shape
    until = block.astype(np.float64)
    for place in range(1, n):
        until[place] += until[place - 1]
    for one in passes:
        sums = _Sums(count)
        for place in range(len(one.head) + 1):
            for ties in one.ending.get(place, ()):
                whole = sums.copy()
                whole.add(ties[-1], until[-1])
                with np.errstate(all="ignore"):
                    yield ties, np.sort(_studentized(whole.below, whole.squares_a, whole.squares_b, k, n))
            if place < len(one.head):
                size = one.head[place]
                sums.add(size, until[sums.values + size - 1])
