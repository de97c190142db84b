"""A run shortly before it diverges, ready to go on step by step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Run
from genconv.curves import Divergence
from genconv.data.base import Splits
from genconv.experiment.resolve import ResolvedCell
from genconv.randomness import Streams
from genconv.training.divergence import CAUSES, Health
from genconv.training.objective import Setup
from genconv.training.seeds import SeedMapping
from genconv.training.step import RunState
from genconv.training.stepping import Stepper


@dataclass(frozen=True)
class Subject:
    """A run at a step shortly before its divergence.

    States and streams have a leading axis: copies of the run, as many as runs were trained together where the bits
    depend on that, else one.
    """

    run: Run
    resolved: ResolvedCell
    mapping: SeedMapping
    streams: Streams
    splits: Splits
    states: RunState
    """Before the step `first`."""
    first: int
    """A step of the whole run, from 0."""
    death: Divergence
    """As the replay has it."""
    last: int
    """The data reach to this step of the whole run, itself excluded."""
    orders: dict[int, Any]
    """By epoch: rows of `splits.training`; empty where the splits are whole."""
    begin: Callable[[RunState, int], RunState] = lambda states, epoch: states
    """What happens to the states before the first step of an epoch: a flipped bit."""
    rows: NDArray[np.int64] | None = None
    """Which training example each row of `splits.training` is; None where that is its number."""

    def stepper(self, **training: Any) -> Stepper:
        """Goes on from here, with some settings of the training replaced."""
        setup = Setup.of(self.resolved.cell, self.resolved.model, self.resolved.dataset)
        config = setup.training.updated(training, "training") if training else setup.training
        examples = self.resolved.dataset.training_size
        stepper = Stepper(replace(setup, training=config), self.mapping, self.streams, self.splits, examples)
        stepper.orders.update(self.orders)
        stepper.begin = self.begin
        return stepper

    def example(self, row: int) -> int:
        """The number of a training example, from 0, in the order in which the dataset gives them."""
        return row if self.rows is None else int(self.rows[row])

    def row(self, example: int) -> int:
        """The row of `splits.training` that holds a training example."""
        return example if self.rows is None else int(np.flatnonzero(self.rows == example)[0])


def divergence_of(health: Health, steps: int) -> Divergence | None:
    """Of the first run of a stack, if it has diverged; `steps` make an epoch."""
    step, cause = int(health.step[0]), int(health.cause[0])
    return Divergence(step // steps, CAUSES[cause - 1], step) if cause else None


def width_of(mapping: str, together: int) -> tuple[ExecutionConfig, int]:
    """How a run that was stored with these words of its mapping is trained again, and in how many copies.

    Runs one after another keep their bits in any company; vectorised ones keep them among as many.
    """
    each, _, rest = mapping.partition(" on ")
    devices = rest.split(" ")[0]
    if each == "vmap" and devices.isdigit():
        return ExecutionConfig(mapping="vmap", devices=int(devices)), together
    return ExecutionConfig(mapping="map", devices=1), 1


def first_of(tree: Any) -> Any:
    """The first run of a stack."""
    return jax.tree.map(lambda leaf: leaf[0], tree)


def same_bits(one: Any, other: Any) -> bool:
    """Whether two trees of arrays are equal to the last bit."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)
