"""A run step by step, to the bits that whole epochs give."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int

from genconv.data.base import Splits
from genconv.models.base import TrainingTime
from genconv.randomness import Purpose, Streams
from genconv.training.batches import Record, batch_keys, shuffled, step_size, steps_per_epoch
from genconv.training.objective import Setup
from genconv.training.optimizer import learning_rate
from genconv.training.seeds import SeedMapping
from genconv.training.step import RunState, train_step

Bounds = tuple[Int[Array, ""], Int[Array, ""], Int[Array, ""]]
"""An epoch, and the first and the last of its steps, the last one excluded."""
Records = dict[str, Float[Array, "..."]]
"""What is recorded of the steps of an epoch, by name."""


class Stepper:
    """Optimizer steps of one run, or of copies of it side by side, as many at a time as are asked for.

    The loop is that of `run_training`, but its bounds are arguments. `training.epoch` says what a step is.
    """

    def __init__(self, setup: Setup, mapping: SeedMapping, streams: Streams, splits: Splits, examples: int) -> None:
        """`splits` may hold fewer training examples than the `examples` that the run has, if `order` is set too."""
        self.setup, self.streams, self.splits, self.examples = setup, streams, splits, examples
        self.steps = steps_per_epoch(setup.training, examples)
        self.begin: Callable[[RunState, int], RunState] = lambda states, epoch: states
        """What happens to the states before the first step of an epoch."""
        self.orders: dict[int, Any] = {}
        """By epoch: which rows of `splits.training` its steps see, one after another; drawn when they are not here."""
        self._draw_order: Any = jax.jit(lambda epoch: shuffled(jr.fold_in(streams.order[0], epoch), examples))
        self._program: Any = mapping.compiled(self._steps_of_one)

    def order(self, epoch: int) -> Any:
        """Of the training examples in an epoch."""
        if epoch not in self.orders:
            self.orders[epoch] = self.drawn_order(epoch)
        return self.orders[epoch]

    def drawn_order(self, epoch: int) -> Int[Array, " n"]:
        """The permutation of all training examples that the run's stream `order` gives for an epoch."""
        order: Int[Array, " n"] = self._draw_order(jnp.array(epoch))
        return order

    def indices(self, step: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Which training examples a step of the whole run sees."""
        epoch, number = divmod(step, self.steps)
        size = step_size(self.setup.training)
        return np.asarray(self.order(epoch))[number * size : (number + 1) * size]

    def advanced(self, states: RunState, first: int, last: int) -> tuple[RunState, Records | None]:
        """The states after the steps `first`, …, `last` − 1 of the whole run, and what was recorded of the last one."""
        record = None
        while first < last:
            epoch, number = divmod(first, self.steps)
            states = self.begin(states, epoch) if number == 0 else states
            end = min(last - epoch * self.steps, self.steps)
            states, record = self._in_epoch(states, epoch, number, end)
            first = epoch * self.steps + end
        return states, record

    def _in_epoch(self, states: RunState, epoch: int, first: int, last: int) -> tuple[RunState, Records]:
        looped, order = self._looped, self.order(epoch)
        bounds = tuple(jnp.array(value, jnp.int32) for value in (epoch, first, min(last, looped)))
        looked, rested = self._program((states, self.streams), (self.splits, order, bounds))
        if last > looped:
            after: tuple[RunState, Records] = rested
            return after
        return looked[0], {name: values[:, last - 1] for name, values in looked[1].items()}

    @property
    def _looped(self) -> int:
        """Steps of an epoch that the loop makes; XLA writes out a loop of one turn, so that one is made apart."""
        full = self.examples // step_size(self.setup.training)
        return full if full > 1 else 0

    def _steps_of_one(
        self, mapped: tuple[RunState, Streams], shared: tuple[Splits, Int[Array, " n"], Bounds]
    ) -> tuple[tuple[RunState, Records], tuple[RunState, Records]]:
        """After the loop, and after the step that an epoch has behind it; both are one program, as in an epoch."""
        (state, streams), (splits, order, (epoch, first, last)) = mapped, shared
        looked: tuple[RunState, Records] = (state, {})
        if self._looped:
            looked = self._whole_steps(state, streams, splits, order, (epoch, first, last))
        if self._looped == self.steps:
            return looked, looked
        place = self.steps - 1
        keys = batch_keys(streams, Purpose.TRAINING, epoch, self.steps)
        rows = order[place * step_size(self.setup.training) :]
        return looked, self._step(looked[0], splits, rows, keys[place], epoch, jnp.array(place))

    def _whole_steps(
        self, state: RunState, streams: Streams, splits: Splits, order: Int[Array, " n"], bounds: Bounds
    ) -> tuple[RunState, Records]:
        epoch, first, last = bounds
        size, full = step_size(self.setup.training), self._looped
        batches = order[: full * size].reshape(full, size)
        keys = batch_keys(streams, Purpose.TRAINING, epoch, self.steps)[:full]
        numbers = jnp.arange(full)

        def step(number: Int[Array, ""], carry: tuple[RunState, Records]) -> tuple[RunState, Records]:
            state, records = carry
            rows, key, place = (_entry(values, number) for values in (batches, keys, numbers))
            state, record = self._step(state, splits, rows, key, epoch, place)
            put = jax.lax.dynamic_update_index_in_dim
            return state, {name: put(records[name], value, number, 0) for name, value in record.items()}

        shapes = jax.eval_shape(lambda: self._step(state, splits, batches[0], keys[0], epoch, numbers[0])[1])
        nothing = {name: jnp.zeros((full, *shape.shape), shape.dtype) for name, shape in shapes.items()}
        done: tuple[RunState, Records] = jax.lax.fori_loop(first, last, step, (state, nothing))
        return done

    def _step(
        self, state: RunState, splits: Splits, rows: Int[Array, " batch"], key: Any, epoch: Any, number: Any
    ) -> tuple[RunState, Record]:
        rate = learning_rate(self.setup.training, epoch, number, self.steps)
        time = TrainingTime(epoch, epoch * self.steps + number)
        return train_step(state, self.setup, splits, splits.training[rows], key, rate, time)


def _entry(values: Array, number: Int[Array, ""]) -> Array:
    entry: Array = jax.lax.dynamic_index_in_dim(values, number, 0, keepdims=False)
    return entry
