"""A replayed divergence in words, and its changes as a table."""

from collections.abc import Sequence
from itertools import islice

from genconv.curves import Divergence
from genconv.experiment.replay.changes import Changed
from genconv.experiment.replay.examined import Examined, StepSeen
from genconv.experiment.replay.replay import Replay
from genconv.metrics.summary import Scalar
from genconv.report.format import counted
from genconv.report.tables.writing import csv_rows
from genconv.training.dissection.fault import Fault

HEADER = ("change", "outcome", "step", "how")
STEPS_HEADER = ("step", "what", "name", "value")
_NAMED = 4
"""Parts of the loss, or parameters, that a sentence names."""


def sentences(replay: Replay) -> list[str]:
    """What happened, whether it came again, where it began."""
    run, seen = replay.subject.run, replay.examined
    lines = [
        f"{run.cell.model} on {run.cell.dataset}, {run.name}: {_divergence_words(replay.stored)}",
        f"trained again: {_again(replay)}",
        *([f"made elsewhere: {replay.differs}"] if replay.differs else []),
        _origin(replay.subject.death, seen),
    ]
    worst = ", ".join(f"{example.number} ({example.loss:.6g})" for example in seen.examples)
    return [*lines, f"largest losses among the {counted(seen.batch, f'{seen.split} example')} of the batch: {worst}"]


def _divergence_words(divergence: Divergence) -> str:
    step = "" if divergence.step is None else f"at step {divergence.step}, "
    return f"diverged {step}in epoch {divergence.epoch} ({divergence.cause})"


def _again(replay: Replay) -> str:
    if replay.same:
        return f"the same step, {replay.how}"
    return f"{_divergence_words(replay.subject.death)}, {replay.how}"


def _origin(death: Divergence, seen: Examined) -> str:
    if seen.fault is None:
        if death.cause == "blow-up":
            return f"no number is non-finite: the loss of the {seen.split} pass is above training.blow_up"
        if death.cause == "non-finite parameters":
            return "loss and gradient are finite: the optimizer's update is not"
        return "computed operation by operation, every number is finite: the compiled program rounds otherwise"
    return f"first non-finite value: {_fault_words(seen.fault, seen.split)}"


def _fault_words(fault: Fault, split: str) -> str:
    what = "not finite" if fault.direction == "forward" else "the loss is finite, the gradient is not, of"
    parts = ", ".join(islice(fault.terms, _NAMED)) + (" and more" if len(fault.terms) > _NAMED else "")
    where = f"{fault.direction} pass" + (" of the validation" if split == "validation" else "")
    if fault.origin is None:
        return f"{where}, in what the step was given; {what}: {parts}"
    place = fault.origin.place
    at = f" at {fault.origin.line}" if fault.origin.line else ""
    method = f" ({place.method})" if place.method else ""
    return f"{where}, {place.module}{method}, {fault.origin.operation}{at}; {what}: {parts}"


def change_rows(changed: Sequence[Changed]) -> list[list[Scalar]]:
    """A row a change: what was changed, whether the run survived, the step, how it was done."""
    return [[one.change, outcome(one), _step(one), one.failed or one.detail] for one in changed]


def outcome(one: Changed) -> str:
    """`survives` or `diverges (non-finite loss)`."""
    if one.failed:
        return "not tried"
    return "survives" if one.divergence is None else f"diverges ({one.divergence.cause})"


def _step(one: Changed) -> int | None:
    if one.failed:
        return None
    return one.until - 1 if one.divergence is None else one.divergence.step


def changes_caption(replay: Replay) -> str:
    """What the table of changes says."""
    return (
        f"Each goes on from step {replay.subject.first} with one change. The step is that of the divergence, or the "
        "last one that the run survived."
    )


def steps_csv(steps: Sequence[StepSeen]) -> str:
    """Every number of every step: recorded, weights (norms), gradient (norms), activations (root mean squares)."""
    rows = [
        [one.step, what, name, value]
        for one in steps
        for what in ("recorded", "weights", "gradient", "activations")
        for name, value in getattr(one, what).items()
    ]
    return csv_rows(STEPS_HEADER, rows)
