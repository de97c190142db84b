"""A study of known runs, replayed look by look: what `--until decided` would have said, and after how many seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.sequential import ComparisonLook, State, look
from genconv.statistics.spending import Design
from genconv.statistics.staged_permutation import Stage

Pair = tuple[str, str]


@dataclass(frozen=True)
class Replay:
    """How a study ended."""

    states: Mapping[Pair, State]
    """Of every two cells: `decided`, `futile` (given up), `split` (the laws differ, without a winner) or `open`."""
    better: Mapping[Pair, str]
    """The better cell of each pair that is decided."""
    seeds: Mapping[str, int]
    """How many runs of each cell it took."""
    looks: Mapping[Pair, tuple[ComparisonLook, ...]]
    """The path of each comparison."""


def replay_looks(cells: Mapping[str, FloatArray], design: Design | None = None, draws: int | None = None) -> Replay:
    """Look at cells of runs in the order of their seeds, less being better, NaN for a run that diverged.

    Each array has at least `design.max_seeds` values. `draws` relabellings serve each test; None for as many as
    the command draws.

    Example:
        >>> replay_looks({"vae": vae_losses, "flow": flow_losses}).better

    """
    design = Design() if design is None else design
    runs = {name: np.where(np.isnan(values), np.inf, values) for name, values in cells.items()}
    pairs = list(combinations(runs, 2))
    paths: dict[Pair, list[ComparisonLook]] = {pair: [] for pair in pairs}
    stages: dict[Pair, list[Stage]] = {pair: [] for pair in pairs}
    states: dict[Pair, State] = dict.fromkeys(pairs, "open")
    seeds = dict.fromkeys(runs, 0)
    for start, count in pairwise((0, *design.looks)):
        left = [pair for pair in pairs if states[pair] in ("open", "split")]
        for a, b in left:
            stages[a, b].append((runs[a][start:count], runs[b][start:count]))
            seeds[a] = seeds[b] = count
        found = look(design, [stages[pair] for pair in pairs], list(states.values()), draws=draws) if left else []
        for pair, one in zip(pairs, found, strict=False):
            if one is not None:
                paths[pair].append(one)
                states[pair] = one.state
    better = {pair: pair[path[-1].better == "b"] for pair, path in paths.items() if path and path[-1].better}
    return Replay(states, better, seeds, {pair: tuple(path) for pair, path in paths.items()})
