"""The compiled programs of a cell, each for all of its runs together."""

import hashlib
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.data.base import Dataset, Splits
from genconv.errors import InputError
from genconv.models.base import Model
from genconv.randomness import Streams, perturbation_keys, streams_of
from genconv.store.outcome import TestSet
from genconv.training.batches import Record, steps_per_epoch
from genconv.training.epoch import EpochRecord, run_epoch, run_validation, start
from genconv.training.evaluation import Evaluation, evaluate
from genconv.training.interruptible import Program
from genconv.training.objective import Setup
from genconv.training.perturbation import flipped
from genconv.training.seeds import SeedMapping
from genconv.training.snapshots import Snapshot, Traces, snapshot, traces
from genconv.training.step import RunState


class CellTrainer:
    """The compiled programs of a cell: `start`, one `epoch` per call, `evaluate`; states are stacked over seeds.

    Seeds may be padded so that every device has as many; `count` says how many of the leading entries are real.
    """

    def __init__(
        self,
        cell: Cell,
        model: type[Model],
        dataset: Dataset,
        runs: Sequence[Coordinates],
        execution: ExecutionConfig,
    ) -> None:
        self.runs = tuple(runs)
        self.count = len(runs)
        self.mapping = SeedMapping.chosen(execution, len(runs))
        self._padded = self.mapping.padded(runs)
        self.streams = streams_of(cell.study_seed, self._padded)
        self.modality = dataset.spec.modality
        self._cell, self._model, self._dataset = cell, model, dataset
        self._config = model.config_type.checked(cell.architecture, "model")
        self._setup = Setup.of(cell, model, dataset)
        self._common, self._own = self._draw()
        self._start = Program(self.mapping.compiled(self._start_one, quickly=True))
        self._epoch = Program(self.mapping.compiled(self._epoch_of_one))
        self._evaluate = Program(self.mapping.compiled(self._evaluate_one))
        self._validate = self.mapping.compiled(self._validation_of_one)
        self._snapshot = self.mapping.compiled(self._snapshot_of_one, quickly=True)

    def start(self) -> RunState:
        """States before the first step."""
        states: RunState = self._start((self.streams, self._own), self._common)
        return states

    def perturbed(self, states: RunState, epoch: int) -> RunState:
        """States with a bit flipped in those runs that have it flipped after so many epochs.

        This is a program of its own, so that the other runs have the bits that they have in any company.
        """
        wanted = [bool(run.perturbation) and run.flip_at == epoch for run in self._padded]
        if not any(wanted):
            return states
        flip = self.mapping.compiled(lambda mapped, _: flipped(*mapped), quickly=True)
        keys = perturbation_keys(self._cell.study_seed, self._padded)
        after: RunState = flip((states, keys, jnp.array(wanted)), None)
        return after

    def compile_ahead(self, states: RunState | None = None, *, epochs: bool = True) -> None:
        """Begin to compile what is called next, each program in a thread of its own.

        A compiler leaves most of the other cores idle. `states`: those to go on from, if there are any; `epochs`:
        whether any are left.
        """
        if states is None:
            self._start.compile_ahead((self.streams, self._own), self._common)
        shapes = self.mapping.placed(self.shapes())
        if epochs:
            self._epoch.compile_ahead((shapes, self.streams, self._own), (self._common, jnp.array(0)))
        self._evaluate.compile_ahead((shapes, self.streams, self._own), self._common)

    @property
    def steps(self) -> int:
        """Optimizer steps in an epoch."""
        return steps_per_epoch(self._cell.training, self._dataset.training_size)

    def shapes(self) -> RunState:
        """Shapes and types of the states, without computing them."""
        shapes: RunState = self._start.shapes((self.streams, self._own), self._common)
        return shapes

    def epoch(self, states: RunState, epoch: int) -> tuple[RunState, EpochRecord]:
        """States after an epoch, and what was recorded: one device call."""
        result: tuple[RunState, EpochRecord] = self._epoch(
            (states, self.streams, self._own), (self._common, jnp.array(epoch))
        )
        return result

    @property
    def splits(self) -> Splits:
        """The data that all runs share; `InputError` if each has its own."""
        if self._common is None:
            raise InputError("the runs have data of their own")
        return self._common

    def compile_epoch(self, states: RunState) -> int:
        """Compile the program of an epoch ahead of its first use; returns the bytes of its temporaries."""
        compiled = self._epoch.compile((states, self.streams, self._own), (self._common, jnp.array(0)))
        analysis = compiled.memory_analysis()
        return 0 if analysis is None else int(analysis.temp_size_in_bytes)

    def validate(self, states: RunState, epoch: int) -> dict[str, jax.Array]:
        """The validation half of an epoch alone."""
        return self._validate((states, self.streams, self._own), (self._common, jnp.array(epoch)))

    def evaluate(self, states: RunState) -> Evaluation:
        """The final evaluation on the test data."""
        evaluation: Evaluation = self._evaluate((states, self.streams, self._own), self._common)
        return evaluation

    def snapshot(self, states: RunState) -> Snapshot:
        """What the models make at this moment of the same noise and the same test images each time."""
        return self._snapshot((states, self.streams, self._own), self._common)

    def traces(self, states: RunState) -> Traces:
        """How images come about, for models that draw them in steps."""
        return self.mapping.compiled(self._traces_of_one, quickly=True)((states, self.streams, self._own), self._common)

    def evaluated(self, states: RunState) -> Model:
        """The models that are evaluated and stored, stacked."""
        models: Model = self.mapping.compiled(lambda state, _: state.evaluated, quickly=True)(states, None)
        return models

    def tests(self) -> tuple[TestSet, ...]:
        """Which held-out examples are evaluated in each run, by the digest of their stored rows."""
        rows = np.asarray(select_splits(self._own, self._common).test)
        points = self._cell.evaluation.points
        if self._own is None:
            return (_test_set(rows[:points]),) * self.count
        return tuple(_test_set(each[:points]) for each in rows[: self.count])

    def _draw(self) -> tuple[Splits | None, Splits | None]:
        """The splits that all runs share, or those of each run; each is drawn by the same program."""
        draw, loaded = jax.jit(self._dataset.draw), self._dataset.load()
        places = {run.data: place for place, run in enumerate(self._padded)}
        drawn = {data: draw(self.streams.data[place], loaded) for data, place in places.items()}
        if len(drawn) == 1:
            return self.mapping.shared(next(iter(drawn.values()))), None
        return None, jax.tree.map(lambda *splits: jnp.stack(splits), *(drawn[run.data] for run in self._padded))

    def _start_one(self, mapped: tuple[Streams, Splits | None], common: Splits | None) -> RunState:
        streams, own = mapped
        model = self._model.build(self._config, self._dataset.spec, streams.init)
        return start(model, self._setup, streams, select_splits(own, common))

    def _epoch_of_one(
        self, mapped: tuple[RunState, Streams, Splits | None], shared: tuple[Splits | None, jax.Array]
    ) -> tuple[RunState, EpochRecord]:
        (state, streams, own), (common, epoch) = mapped, shared
        return run_epoch(state, self._setup, streams, select_splits(own, common), epoch)

    def _validation_of_one(
        self, mapped: tuple[RunState, Streams, Splits | None], shared: tuple[Splits | None, jax.Array]
    ) -> Record:
        (state, streams, own), (common, epoch) = mapped, shared
        return run_validation(state, self._setup, streams, select_splits(own, common), epoch)

    def _evaluate_one(self, mapped: tuple[RunState, Streams, Splits | None], common: Splits | None) -> Evaluation:
        state, streams, own = mapped
        return evaluate(state.evaluated, self._setup, streams, select_splits(own, common))

    def _snapshot_of_one(self, mapped: tuple[RunState, Streams, Splits | None], common: Splits | None) -> Snapshot:
        state, streams, own = mapped
        return snapshot(state.evaluated, self._setup, streams, select_splits(own, common).test)

    def _traces_of_one(self, mapped: tuple[RunState, Streams, Splits | None], common: Splits | None) -> Traces:
        state, streams, own = mapped
        return traces(state.evaluated, self._setup, streams, select_splits(own, common).test)


def select_splits(own: Splits | None, common: Splits | None) -> Splits:
    """The splits of one run: its own ones, or those that all runs share."""
    splits = own if own is not None else common
    assert splits is not None  # noqa: S101  one of the two was drawn
    return splits


def _test_set(rows: NDArray[Any]) -> TestSet:
    text = f"{rows.dtype.str} {rows.shape} ".encode()
    return TestSet(len(rows), hashlib.sha256(text + np.ascontiguousarray(rows).tobytes()).hexdigest())
