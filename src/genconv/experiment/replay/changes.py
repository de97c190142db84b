"""The last steps again with one thing changed, to see whether the run survives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.experiment.observer import Observer
from genconv.experiment.replay.examined import Examined
from genconv.experiment.replay.subject import Subject, divergence_of
from genconv.file_limits import reason
from genconv.randomness import stream_key
from genconv.training.divergence import diagnose, record_divergence
from genconv.training.epoch import run_validation
from genconv.training.step import RunState
from genconv.training.stepping import Stepper

Change = Callable[[Subject, Examined], tuple[Subject, Mapping[str, Any], str] | None]


@dataclass(frozen=True)
class Changed:
    """What came of one change."""

    change: str
    """`half the rate`."""
    detail: str
    """How it was done, in a few words."""
    divergence: Divergence | None
    """None if the run survived."""
    until: int
    """The steps that were made end before this one."""
    failed: str = ""
    """Why the change cannot be tried, in a few words."""


def changes(subject: Subject, seen: Examined, after: int, observer: Observer) -> Iterator[Changed]:
    """Make the steps from the subject on again, up to `after` steps behind the divergence, with one change each."""
    end = min(subject.last, (subject.death.step or 0) + 1 + after)
    for name, change in CHANGES.items():
        made = change(subject, seen)
        if made is not None:
            observer.noted(f"tries the run {name}")
            other, training, detail = made
            yield _tried(name, other, training, detail, end)
    observer.noted("tries the run in float64")
    yield _in_float64(subject, end)


def gone_on(subject: Subject, training: Mapping[str, Any], end: int) -> tuple[Divergence | None, int]:
    """The divergence of the run until the step `end`, if there is one, and the step before which it stopped."""
    stepper, states, step = subject.stepper(**training), subject.states, subject.first
    validate = _validation(subject, stepper)
    while step < end:
        border = (step // stepper.steps + 1) * stepper.steps
        states, _ = stepper.advanced(states, step, min(border, end))
        step = min(border, end)
        if step == border and subject.splits.validation.shape[0]:
            states = validate(states, step)
        if (found := divergence_of(states.health, stepper.steps)) is not None:
            return found, step
    return None, step


def _tried(name: str, subject: Subject, training: Mapping[str, Any], detail: str, end: int) -> Changed:
    try:
        divergence, until = gone_on(subject, training, end)
    except InputError as error:
        return Changed(name, detail, None, subject.first, str(error))
    return Changed(name, detail, divergence, until)


def _validation(subject: Subject, stepper: Stepper) -> Callable[[RunState, int], RunState]:
    """What the validation pass at the end of an epoch adds to the health of the states."""

    def checked(mapped: tuple[Any, Any], shared: tuple[Any, Any]) -> RunState:
        (state, streams), (splits, epoch) = mapped, shared
        record = run_validation(state, stepper.setup, streams, splits, epoch)
        cause = diagnose(record["loss"], True, stepper.setup.training.blow_up)
        health = record_divergence(state.health, cause, (epoch + 1) * stepper.steps - 1)
        changed: RunState = state._replace(health=health)
        return changed

    program = subject.mapping.compiled(checked)
    return lambda states, step: program(
        (states, stepper.streams), (subject.splits, jnp.array(step // stepper.steps - 1))
    )


def _unchanged(subject: Subject, seen: Examined) -> tuple[Subject, Mapping[str, Any], str]:
    del seen
    return subject, {}, "as it was"


def _clipped(subject: Subject, seen: Examined) -> tuple[Subject, Mapping[str, Any], str] | None:
    norms = [step.recorded["gradient_norm"] for step in seen.steps[:-1]]
    usual = [norm for norm in norms if np.isfinite(norm) and norm > 0]
    if not usual:
        return None
    limit = float(f"{np.median(usual):.2g}")
    return subject, {"gradient_clip": limit}, f"training.gradient_clip={limit:g}, the median norm before"


def _half_rate(subject: Subject, seen: Examined) -> tuple[Subject, Mapping[str, Any], str]:
    del seen
    rate = subject.resolved.cell.training.learning_rate / 2
    return subject, {"learning_rate": rate}, f"training.learning_rate={rate:g}"


def _without_worst(subject: Subject, seen: Examined) -> tuple[Subject, Mapping[str, Any], str] | None:
    """Another example takes its place, so that all others keep their places and their noise."""
    if seen.split == "validation":
        return None
    worst, typical = (subject.row(number) for number in (seen.examples[0].number, seen.typical))
    training = subject.splits.training
    splits = subject.splits._replace(training=jnp.asarray(training).at[worst].set(training[typical]))
    detail = f"example {seen.examples[0].number} is a copy of {seen.typical}, of median loss"
    return replace(subject, splits=splits), {}, detail


def _another_noise(subject: Subject, seen: Examined) -> tuple[Subject, Mapping[str, Any], str]:
    del seen
    own = subject.run.coordinates.noise
    other = own + 1 if own < 2**32 - 1 else own - 1
    key = stream_key(subject.run.cell.study_seed, "noise", other)
    noise = jnp.stack([key] * len(subject.streams.noise))
    return replace(subject, streams=subject.streams._replace(noise=noise)), {}, f"streams.noise={other}"


CHANGES: Mapping[str, Change] = {
    "unchanged": _unchanged,
    "clipped": _clipped,
    "half the rate": _half_rate,
    "without the worst example": _without_worst,
    "another noise": _another_noise,
}
"""By name; None where there is nothing to change."""


def _in_float64(subject: Subject, end: int) -> Changed:
    """Weights, data and arithmetic in twice the precision; random numbers of that type are other ones."""
    detail = "weights, data, arithmetic; its noise is drawn anew"
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        try:
            other = replace(subject, states=_wide(subject.states), splits=_wide(subject.splits))
            divergence, until = gone_on(other, {}, end)
        except (TypeError, ValueError, NotImplementedError) as error:
            why = shorten(reason(error), 100, placeholder=" …")
            return Changed("float64", detail, None, subject.first, f"not written for float64: {why}")
    return Changed("float64", detail, divergence, until)


def _wide(tree: Any) -> Any:
    """Floating-point arrays in `float64`."""
    return jax.tree.map(
        lambda leaf: leaf.astype(jnp.float64) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree
    )
