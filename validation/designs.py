"""Designs of streams and effects of known shares, for the simulations of `genconv variance`: no command of its own."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Law = Callable[[np.random.Generator, int], NDArray[np.float64]]
PAIRS = ((0, 1), (0, 2), (1, 2))
"""The streams that interact, two at a time."""


def latin(levels: int, twins: int) -> list[Integers]:
    """Init × order, noise as the letter; each run so many times."""
    rows, columns = np.divmod(np.arange(levels**2), levels)
    return [np.repeat(each, twins) for each in (rows, columns, (rows + columns) % levels)]


def factorial(levels: int, twins: int) -> list[Integers]:
    """Every combination of three streams; each run so many times."""
    return [np.repeat(each, twins) for each in np.indices((levels,) * 3).reshape(3, -1)]


def normal(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Normal effects of variance 1."""
    return random.standard_normal(count)


def numbers(
    random: np.random.Generator,
    streams: Sequence[Integers],
    mains: Sequence[float],
    interaction: float,
    chaos: float,
    law: Law = normal,
) -> NDArray[np.float64]:
    """The number of each run: a sum of effects, drawn for each level, whose variances are the shares given.

    `interaction` is that of all pairs of streams together.
    """
    values = np.sqrt(chaos) * law(random, len(streams[0]))
    for share, integers in zip(mains, streams, strict=False):
        values += np.sqrt(share) * law(random, int(integers.max()) + 1)[integers]
    for a, b in PAIRS:
        size = int(streams[b].max()) + 1
        values += np.sqrt(interaction / len(PAIRS)) * law(random, size * size)[streams[a] * size + streams[b]]
    return values
