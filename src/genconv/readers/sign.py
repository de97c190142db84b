"""The sign of losses: lower is better in the store, and whatever changes a sign is said."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.readers.options import ImportOptions
from genconv.readers.roles import higher_is_better, is_score
from genconv.readers.run import ExternalRun, Reading, Series


def refuse_scores(options: ImportOptions, hint: str) -> None:
    """`InputError`, with a hint on what to do, if the user takes an accuracy or the like for a loss unasked."""
    if options.negate is not None:
        return
    for role in ("loss", "training", "validation"):
        if is_score(name := options.columns.get(role, "")):
            raise InputError(f"--columns {role}={name[:60]}: higher is better in it, and lower in a loss: {hint}")


def signed(reading: Reading, options: ImportOptions) -> Reading:
    """The reading with the negatives of its losses if the user asks for them, and its reader has not taken them."""
    if not options.negate or reading.negated is not None:
        return reading
    return replace(reading, runs=tuple(map(_negated, reading.runs)))


def _negated(run: ExternalRun) -> ExternalRun:
    training, validation = (Series(series.keys, -series.values) for series in (run.training, run.validation))
    return replace(run, training=training, validation=validation)


def about_sign(validation: FloatArray, options: ImportOptions, readings: Sequence[Reading]) -> str | None:
    """A note where losses look like ELBOs; only the user changes the sign.

    `InputError` if their name says that higher is better, and they rise.
    """
    if options.negate is not None:
        return "negated: higher was better" if options.negate else None
    if any(reading.negated is not None for reading in readings):
        return None  # the reader has said it
    first, last = (_median(validation[:, place]) for place in (0, -1))
    names = {
        name
        for reading in readings
        for role, name in reading.columns.items()
        if role in {"loss", "training", "validation"}
    }
    better = sorted(name for name in names if higher_is_better(name))
    if better and last > first:
        raise InputError(
            f"'{better[0][:40]}' rises from {first:.6g} to {last:.6g}: --negate if higher is better, --no-negate if it "
            "is a loss"
        )
    if first < 0:
        return "the losses start below zero: if higher is better in them, --negate"
    return None


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
