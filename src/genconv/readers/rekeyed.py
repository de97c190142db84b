"""Losses of a tracker at the epochs that it recorded as a scalar beside them, where the user asks for it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.align import series_of
from genconv.readers.run import Series
from genconv.readers.scalar_run import ScalarRun


def by_scalar(
    runs: Sequence[ScalarRun], name: str, training: str, losses: Collection[str], where: str
) -> list[ScalarRun]:
    """The runs with their `losses` at the values of the scalar `name` instead of the tracker's steps.

    A loss is at the last value that the scalar had at its step or before. Of several losses at one place the training
    loss is their mean, any other the last. `InputError` for a run without that scalar.
    """
    return [_by_scalar(run, name, training, losses, where) for run in runs]


def _by_scalar(run: ScalarRun, name: str, training: str, losses: Collection[str], where: str) -> ScalarRun:
    here = f"{where}, run '{run.label[:40]}'"
    if name not in run.scalars:
        raise InputError(f"{here}: has no scalar '{name}' for epoch: it has {quoted(sorted(run.scalars))}")
    at = run.scalars[name]
    moved = {loss: _moved(run.scalars[loss], at, loss == training, here) for loss in losses if loss in run.scalars}
    blanks = {loss: _places(np.array(run.blanks[loss]), at, here).tolist() for loss in losses if run.blanks.get(loss)}
    whole = all(bool(np.all(series.keys == np.round(series.keys))) for series in moved.values())
    return replace(run, scalars={**run.scalars, **moved}, blanks={**run.blanks, **blanks}, by_epoch=whole)


def _moved(series: Series, at: Series, mean: bool, where: str) -> Series:
    return series_of(_places(series.keys, at, where), series.values, where, "mean" if mean else "last", series.keys)


def _places(steps: FloatArray, at: Series, where: str) -> FloatArray:
    rows = np.searchsorted(at.keys, steps, side="right") - 1
    if (rows < 0).any():
        first = steps[int(np.argmax(rows < 0))]
        raise InputError(f"{where}: the loss at step {first:.12g} has no epoch at or before it")
    return at.values[rows]
