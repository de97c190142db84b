"""A stored run trained again, alone, from a state that was kept or from its start, until it diverges."""

import math
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.experiment.environment import COMPUTATION, bits_depend_on, computation_of
from genconv.experiment.footprint import check_memory
from genconv.experiment.kept_states import kept_epoch, restored
from genconv.experiment.observer import Observer
from genconv.experiment.replay.subject import Subject, divergence_of, first_of, same_bits, width_of
from genconv.experiment.resolve import rebuild
from genconv.store.runs import StoredRun
from genconv.training.cell import named_arrays
from genconv.training.epoch import EpochRecord
from genconv.training.interruptible import run_interruptibly
from genconv.training.step import RunState
from genconv.training.trainer import CellTrainer

_SECONDS = 5.0
"""Between two lines about the progress."""


@dataclass(frozen=True)
class Again:
    """What came of training a run again."""

    subject: Subject | None
    """Shortly before the divergence; None if the run did not diverge again."""
    stored: Divergence
    values: int
    """Numbers of the stored curves that were compared: all up to the epoch of the divergence."""
    deviation: float
    """The largest difference to them: 0 for the same bits, infinite where a number met none. The mean learning rate of
    an epoch is left out: it follows from the schedule alone, and its sum is rounded by how many runs are beside it.
    """
    steps_agree: bool
    """Whether the steps one by one lead to the bits of the whole epoch."""
    differs: str
    """What is other than when the run was made, such as the processor; empty if nothing is."""
    kept: int | None = None
    """After how many epochs the state was kept from which the run was trained; None if it was from its start."""

    @property
    def same(self) -> bool:
        """Whether it diverged at the same step for the same cause, with the same bits until then."""
        again = None if self.subject is None else self.subject.death
        return again is not None and same_divergence(again, self.stored) and self.deviation == 0


class _Told:
    """Tells an observer which epoch begins, not more than every few seconds."""

    def __init__(self, observer: Observer, epochs: int) -> None:
        self._observer, self._epochs = observer, epochs
        self._last = -math.inf

    def begins(self, epoch: int) -> None:
        """The epoch of this number, from 0, begins."""
        if time.monotonic() - self._last >= _SECONDS:
            self._last = time.monotonic()
            self._observer.noted(f"trains the run again: epoch {epoch + 1} of {self._epochs}")


def same_divergence(one: Divergence, other: Divergence) -> bool:
    """Whether two runs diverged at the same step for the same cause; a stored one may not tell the step."""
    steps = {one.step, other.step} - {None}
    return (one.epoch, one.cause) == (other.epoch, other.cause) and len(steps) == 1


def train_again(run: StoredRun, before: int, code: Collection[Path], observer: Observer) -> Again:
    """Train the run until it diverges; stop `before` steps ahead of that.

    It goes on from the state that was kept with the run, if that lies at least as many steps ahead of its divergence,
    and else from its start. `InputError` if it did not diverge, or needs code that is not allowed.
    """
    stored = run.outcome.divergence
    if stored is None:
        raise InputError(f"{run.path}: did not diverge: there is nothing to replay")
    environment = run.environment
    execution, copies = width_of(str(environment.get("mapping", "map")), _count(environment))
    resolved = rebuild(run.run.cell, code)
    resolved.dataset.load()
    check_memory(resolved)
    trainer = CellTrainer(resolved.cell, resolved.model, resolved.dataset, [run.run.coordinates] * copies, execution)
    begin, begun = _begin(run, trainer, before)
    earlier, states, records = _until_divergence(
        trainer, before, (begin, resolved.cell.training.epochs), begun, _Told(observer, stored.epoch + 1)
    )
    death = divergence_of(states.health, trainer.steps)
    values, deviation = _compared(records, run.recorded, begin)
    if begun is not None:
        values, deviation = _with_weights(values, deviation, states, run)
    kept = None if begun is None else begin
    differs = _differs(environment)
    if death is None or death.step is None:
        return Again(None, stored, values, deviation, True, differs, kept)
    start, held = next((epoch, held) for epoch, held in earlier if epoch * trainer.steps <= max(0, death.step - before))
    end = resolved.cell.training.epochs * trainer.steps
    whole = Subject(
        run.run, resolved, trainer.mapping, trainer.streams, trainer.splits, held, start * trainer.steps, death, end,
        {}, trainer.perturbed,
    )  # fmt: skip
    stepper = whole.stepper()
    first = max(0, death.step - before)
    at_first, _ = stepper.advanced(held, start * trainer.steps, first)
    ended, _ = stepper.advanced(at_first, first, (death.epoch + 1) * trainer.steps)
    agree = same_bits(
        (first_of(ended.model), first_of(ended.optimizer)), (first_of(states.model), first_of(states.optimizer))
    )
    subject = Subject(**{**vars(whole), "states": at_first, "first": first, "orders": dict(stepper.orders)})
    return Again(subject, stored, values, deviation, agree, differs, kept)


def _begin(run: StoredRun, trainer: CellTrainer, before: int) -> tuple[int, RunState | None]:
    """The epoch to begin with, and the states before it; None for those of the start."""
    arrays, divergence = run.state, run.outcome.divergence
    epoch = kept_epoch(arrays)
    if epoch is None or divergence is None or divergence.step is None:
        return 0, None
    if epoch * trainer.steps > max(0, divergence.step - before):
        return 0, None
    return epoch, restored(arrays, trainer.shapes())


def _until_divergence(
    trainer: CellTrainer, before: int, epochs: tuple[int, int], begun: RunState | None, told: "_Told"
) -> tuple[list[tuple[int, Any]], Any, list[EpochRecord]]:
    """The last states, each with the number of epochs that it has seen and latest first; the states after the epoch of
    the divergence; the records.
    """
    states = run_interruptibly(trainer.start) if begun is None else begun
    kept: deque[tuple[int, Any]] = deque(maxlen=2 + before // trainer.steps)
    records: list[EpochRecord] = []
    for epoch in range(*epochs):
        told.begins(epoch)
        kept.appendleft((epoch, states))
        states, record = run_interruptibly(trainer.epoch, trainer.perturbed(states, epoch), epoch)
        records.append(first_of(record))
        if bool(states.health.diverged[0]):
            break
    return list(kept), states, records


def _compared(records: list[EpochRecord], stored: Mapping[str, Any], begin: int) -> tuple[int, float]:
    """How many numbers of the curves were compared, and the largest difference; the records are from `begin` on."""
    count, largest = 0, 0.0
    for split in EpochRecord._fields:
        for name in getattr(records[0], split):
            again = np.array([float(getattr(record, split)[name]) for record in records])
            was = stored.get(f"{split}.{name}")
            if was is None or name == "learning_rate":
                continue
            count += len(again)
            largest = max(largest, _difference(again, was[begin : begin + len(again)]))
    return count, largest


def _difference(again: Any, was: Any) -> float:
    """The largest one; infinite where a number meets none."""
    same = (again == was) | (np.isnan(again) & np.isnan(was))
    with np.errstate(invalid="ignore"):
        far = np.where(same, 0.0, np.abs(again - was))
    return float(np.where(np.isnan(far), np.inf, far).max(initial=0.0))


def _with_weights(values: int, deviation: float, states: RunState, run: StoredRun) -> tuple[int, float]:
    """The same with the weights that the run has stored, which are those before its divergence if it stood still."""
    if run.run.cell.training.on_divergence != "freeze":
        return values, deviation
    stored = run.weights
    for name, array in named_arrays(states.evaluated, 0).items():
        if np.issubdtype(array.dtype, np.number) and stored[name].shape == (array.shape or (1,)):
            deviation = max(deviation, _difference(array.reshape(stored[name].shape), stored[name]))
            values += array.size
    return values, deviation


def _count(environment: Mapping[str, Any]) -> int:
    count = environment.get("runs_trained_together", 1)
    return count if isinstance(count, int) and count > 0 else 1


def _differs(environment: Mapping[str, Any]) -> str:
    """The first thing on which bits depend that is another one now."""
    now = bits_depend_on()
    packages, processor = environment.get("packages", {}), environment.get("processor", {})
    was = {
        **{name: packages.get(name) for name in packages if name in now},
        "computation": computation_of(environment),
        "device": environment.get("device"),
        "processor features": " ".join(processor.get("features", [])),
        "cores": processor.get("cores"),
        "XLA_FLAGS": environment.get("xla_flags"),
    }
    found = [name for name, value in was.items() if value != now[name]]
    if "computation" in found:
        return f"the run was made by computation {was['computation']}, and this is computation {COMPUTATION}"
    return "" if not found else f"{found[0]} was {was[found[0]]}, and is {now[found[0]]}"
