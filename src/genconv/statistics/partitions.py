"""Partitions of n runs into two cells of k and n − k: every one of them, or as many as one asks for, drawn.

They come in blocks, a column each, so that any number of them needs little memory, and are the same for every pair of
cells of these sizes.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

Members = NDArray[np.uint8]
"""Shape (n, K), zeros and ones: which of n values belong to the smaller cell, for each of K partitions."""

BLOCK = 4096
"""Partitions in a block: few enough for a processor's cache."""


def partitions(k: int, n: int, draws: int | None) -> Iterator[Members]:
    """Blocks of all n!/(k!(n − k)!) partitions, those with the first value first, or of so many `draws`.

    Draws are uniform and independent, from a generator that k and n name.
    """
    if draws is None:
        listed = _every(k, n)
        yield from (listed[:, start : start + BLOCK] for start in range(0, listed.shape[1], BLOCK))
        return
    generator = np.random.default_rng([0, k, n])
    for start in range(0, draws, BLOCK):
        yield _drawn(k, n, generator)[:, : draws - start]


@lru_cache(maxsize=2)
def _every(k: int, n: int) -> Members:
    places = np.fromiter(chain.from_iterable(combinations(range(n), k)), dtype=np.intp).reshape(-1, k)
    members = np.zeros((len(places), n), dtype=np.uint8)
    np.put_along_axis(members, places, 1, axis=1)
    columns = np.ascontiguousarray(members.T)
    columns.flags.writeable = False
    return columns


def _drawn(k: int, n: int, generator: np.random.Generator) -> Members:
    """Selection sampling: with m members still to be chosen among r values, the next value is one with chance m/r.

    Fan, Muller and Rezucha 1962; Knuth, The art of computer programming, 3.4.2, algorithm S.
    """
    uniform = generator.random((n, BLOCK), dtype=np.float32)
    members = np.empty((n, BLOCK), dtype=np.uint8)
    wanted = np.full(BLOCK, k, dtype=np.float32)
    for place in range(n):
        chosen = uniform[place] < wanted / np.float32(n - place)
        members[place] = chosen
        wanted -= chosen
    return members
