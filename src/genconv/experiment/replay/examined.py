"""The last steps before a divergence, looked at: sizes of everything, the first non-finite number, the examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from genconv.experiment.replay.subject import Subject, divergence_of, first_of
from genconv.models.base import Model, TrainingTime
from genconv.nn.buffer import split_trainable
from genconv.randomness import Purpose
from genconv.training.batches import batch_keys
from genconv.training.dissection.fault import Dissected, Dissector, Fault, parts_of_step
from genconv.training.step import step_gradient
from genconv.training.stepping import Stepper

_SHOWN = 5
"""Examples."""
_TAKEN_APART = 10
"""Steps whose activations are computed, operation by operation."""


class Example(NamedTuple):
    """One example of the batch."""

    number: int
    """Among the training examples, or the validation examples, from 0."""
    loss: float


@dataclass(frozen=True)
class StepSeen:
    """One optimizer step and the model before it."""

    step: int
    """Of the whole run, from 0."""
    recorded: Mapping[str, float]
    """`loss`, the model's terms, `gradient_norm`, `learning_rate`."""
    weights: Mapping[str, float]
    """Norm of each trainable array before the step."""
    gradient: Mapping[str, float]
    """Norm of the gradient of each."""
    activations: Mapping[str, float]
    """Root mean square of what each method of each module returns; of the last ten steps."""


@dataclass(frozen=True)
class Examined:
    """What the last steps show."""

    steps: tuple[StepSeen, ...]
    """The last one is that of the divergence."""
    split: Literal["training", "validation"]
    """In which pass the run diverged."""
    fault: Fault | None
    """None if every number is finite: a loss that is too large, or an update that is."""
    examples: tuple[Example, ...]
    """Of the batch, with the largest losses; what is no number comes first."""
    typical: int
    """The example of the batch with the median loss."""
    batch: int
    """Examples of the batch."""


def examined(subject: Subject) -> Examined:
    """Go on from the subject until it diverges, and look at each step."""
    look = _Look(subject)
    states, seen = subject.states, []
    last = subject.death.step or 0
    for step in range(subject.first, last + 1):
        before = first_of(states.model)
        states, record = look.stepper.advanced(states, step, step + 1)
        apart = look.training(before, step, backward=step == last) if last - step < _TAKEN_APART else None
        seen.append(look.seen(before, step, first_of(record), apart))
        if step == last and apart is not None:
            diverged = divergence_of(states.health, look.stepper.steps)
            if diverged is not None:
                examples = [subject.example(int(row)) for row in look.stepper.indices(step)]
                return _result(seen, "training", apart, examples[apart.first :])
    return _result(seen, "validation", *look.validation(first_of(states).evaluated))


@dataclass(frozen=True)
class _Part:
    """What was found in one of the batches that make a step, and where that batch begins."""

    dissected: Dissected
    first: int
    activations: Mapping[str, float]


class _Look:
    def __init__(self, subject: Subject) -> None:
        self.stepper: Stepper = subject.stepper()
        self._streams = first_of(subject.streams)
        self._dissect = Dissector(self.stepper.setup, subject.splits)
        self._norms: Any = jax.jit(self._norms_of)
        self._subject = subject

    def seen(self, model: Model, step: int, record: Mapping[str, Any], apart: _Part | None) -> StepSeen:
        """The step's numbers."""
        rows, key, time = self._batch(step)
        weights, gradient = self._norms(model, rows, key, time)
        return StepSeen(
            step, _floats(record), _floats(weights), _floats(gradient), {} if apart is None else apart.activations
        )

    def training(self, model: Model, step: int, *, backward: bool) -> _Part:
        """The first batch of the step that has a fault, or else the first one."""
        rows, key, time = self._batch(step)
        parts, start, kept = parts_of_step(self.stepper.setup, rows, key), 0, None
        for some, own in parts if backward else parts[:1]:
            part = _Part(found := self._dissect(model, some, own, time, backward=backward), start, _by_name(found))
            if kept is None or found.fault is not None:
                kept = part
            if found.fault is not None:
                break
            start += some.shape[0]
        assert kept is not None  # noqa: S101  a step has a batch
        return kept

    def validation(self, model: Model) -> tuple[_Part, list[int]]:
        """The first batch of the validation pass that has a fault, or else that of the largest loss."""
        setup, rows = self.stepper.setup, self._subject.splits.validation
        size = min(setup.training.validation_batch_size or setup.training.batch_size, rows.shape[0])
        epoch = jnp.array(self._subject.death.epoch)
        keys = batch_keys(self._streams, Purpose.VALIDATION, epoch, -(-rows.shape[0] // size))
        kept: _Part | None = None
        for number, start in enumerate(range(0, rows.shape[0], size)):
            found = self._dissect(model, rows[start : start + size], keys[number], None)
            if kept is None or found.fault is not None or found.loss.loss.max() > kept.dissected.loss.loss.max():
                kept = _Part(found, start, _by_name(found))
            if found.fault is not None:
                break
        assert kept is not None  # noqa: S101  there are validation examples
        return kept, list(range(kept.first, kept.first + len(kept.dissected.loss.loss)))

    def _batch(self, step: int) -> tuple[Any, Any, TrainingTime]:
        epoch, number = divmod(step, self.stepper.steps)
        keys = batch_keys(self._streams, Purpose.TRAINING, jnp.array(epoch), self.stepper.steps)
        rows = self._subject.splits.training[self.stepper.indices(step)]
        return rows, keys[number], TrainingTime(jnp.array(epoch), jnp.array(step))

    def _norms_of(self, model: Model, rows: Any, key: Any, time: TrainingTime) -> tuple[Any, Any]:
        gradient = step_gradient(model, self.stepper.setup, self._subject.splits, rows, key, time).gradient
        return _norms(split_trainable(model)[0]), _norms(gradient)


def _norms(tree: Any) -> dict[str, Any]:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): jnp.linalg.norm(leaf.ravel()) for path, leaf in leaves
    }


def _floats(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _by_name(found: Dissected) -> dict[str, float]:
    return {f"{place.module} ({place.method})": size for place, size in found.activations.items()}


def _result(steps: list[StepSeen], split: Any, part: _Part, numbers: list[int]) -> Examined:
    losses = np.asarray(part.dissected.loss.loss, np.float64)
    order = np.argsort(-np.where(np.isfinite(losses), losses, np.inf), kind="stable")
    worst = tuple(Example(numbers[place], float(losses[place])) for place in order[:_SHOWN])
    typical = numbers[order[len(order) // 2]]
    return Examined(tuple(steps), split, part.dissected.fault, worst, typical, len(losses))
