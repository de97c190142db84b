"""Two programs that take turns within one process, so that a change in the machine's speed hits both."""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import jax

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.resolve import resolve
from genconv.training.trainer import CellTrainer


class Turns(NamedTuple):
    """Seconds per step, round by round."""

    ours: list[float]
    theirs: list[float]

    @property
    def ratios(self) -> list[float]:
        """Ours in units of theirs; their median is the figure to quote."""
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    def report(self, what: str) -> str:
        """Both medians and the ratio."""
        ratio = f"{median(self.ratios):.3f}  (each round: {', '.join(f'{ratio:.3f}' for ratio in self.ratios)})"
        return (
            f"{what}\n  genconv  {1e3 * median(self.ours):8.2f} ms per seed and step\n"
            f"  PyTorch  {1e3 * median(self.theirs):8.2f} ms per step\n  ratio    {ratio}"
        )


def take_turns(
    ours: Callable[[], None], theirs: Callable[[], None], our_steps: int, their_steps: int, rounds: int
) -> Turns:
    """Both once to warm up, then in turn; a call of `ours` makes `our_steps` steps (seeds × steps)."""
    ours()
    theirs()
    turns = Turns([], [])
    for _ in range(rounds):
        turns.ours.append(seconds(ours) / our_steps)
        turns.theirs.append(seconds(theirs) / their_steps)
    return turns


def seconds(function: Callable[[], None]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def genconv_epoch(grid: dict[str, object], seeds: int, mapping: str) -> Callable[[], None]:
    """A function that trains one epoch of a study's only cell for all seeds, always from the same state on."""
    (cell,) = resolve(Study.checked({"name": "benchmark", "seeds": seeds, "cells": (grid,)}))
    trainer = CellTrainer(
        cell.cell,
        cell.model,
        cell.dataset,
        [Coordinates.of_seed(seed) for seed in range(seeds)],
        ExecutionConfig(mapping=mapping),
    )
    state = [trainer.start()]

    def epoch() -> None:
        state[0], record = trainer.epoch(state[0], 0)
        jax.block_until_ready(record)

    return epoch
