"""Losses at increasing places from rows in any order, and the runs of one cell on common epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genconv.curves import BLOW_UP, FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.options import Align
from genconv.readers.run import SIZE, ExternalRun, Series


def series_of(
    keys: FloatArray,
    values: FloatArray,
    where: str,
    several: Literal["refuse", "mean", "last"] = "refuse",
    order: FloatArray | None = None,
) -> Series:
    """Sort by `keys`; several values at one place are an error, their mean, or the last of them by `order`."""
    if not len(keys):
        return Series.empty()
    _check_keys(keys, where)
    rank = np.lexsort((np.arange(len(keys)) if order is None else order, keys))
    keys, values = keys[rank], values[rank]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    if len(starts) == len(keys):
        return Series(keys, values)
    counts = np.diff(np.r_[starts, len(keys)])
    if several == "refuse":
        place = keys[starts[np.argmax(counts > 1)]]
        raise InputError(f"{where}: {place:.12g} occurs {counts.max()} times: which row counts?")
    if several == "last":
        return Series(keys[starts], values[starts + counts - 1])
    with np.errstate(invalid="ignore", over="ignore"):
        return Series(keys[starts], np.add.reduceat(values, starts) / counts)


def _check_keys(keys: FloatArray, where: str) -> None:
    wrong = keys[~((keys >= 0) & (keys <= 2**53))]
    if len(wrong):
        raise InputError(f"{where}: {wrong[0]:.6g} is not from 0 to 2^53")


@dataclass(frozen=True)
class Aligned:
    """Curves of N runs over E epochs, and notes on how they were aligned."""

    training: FloatArray | None
    """Shape (N, E); None if some epoch of some run has no training loss."""
    validation: FloatArray
    """Shape (N, E)."""
    keys: FloatArray
    """Shape (E,): where the validation losses are, as the source counts."""
    notes: tuple[str, ...]


def align(runs: Sequence[ExternalRun], policy: Align, where: str) -> Aligned:
    """The epochs of a cell are the places at which its runs have a validation loss.

    A finer training loss counts as its mean since the last of them. A run that diverged and stopped is NaN from there
    on. One that stopped alive is not diverged: it is an error, or with `shortest` every run is cut to its length. A
    gap before a run's end is always an error.
    """
    notes: list[str] = []
    runs, single = _with_validation(runs, where)
    grid = np.unique(np.concatenate([run.validation.keys for run in runs]))
    if len(runs) * len(grid) > SIZE:
        raise InputError(f"{where}: {len(runs)} seeds of {len(grid)} epochs are more than {SIZE} numbers")
    _check_spacing(grid, runs, where)
    lengths = [_length(run, grid, where) for run in runs]
    epochs = _epochs(runs, lengths, len(grid), policy, where, notes)
    validation = np.full((len(runs), len(grid)), np.nan)
    for row, run, length in zip(validation, runs, lengths, strict=True):
        row[:length] = run.validation.values[:length]
    training = None if single else _training(runs, grid, lengths)
    if single:
        notes.append("one loss only: it stands for the validation loss, there is no training loss")
    elif training is None:
        notes.append("training loss left out: some epochs have none")
    if diverged := [run.label for run, length in zip(runs, lengths, strict=True) if length < epochs]:
        notes.append(f"NaN after the end of {quoted(diverged, 4)}, diverged before")
    notes.extend(_about_keys(grid[:epochs], runs))
    return Aligned(
        None if training is None else training[:, :epochs], validation[:, :epochs], grid[:epochs], tuple(notes)
    )


def _with_validation(runs: Sequence[ExternalRun], where: str) -> tuple[Sequence[ExternalRun], bool]:
    """The runs, and whether their sources have one loss only, which then is the validation loss."""
    if any(len(run.validation) for run in runs):
        for run in runs:
            if not len(run.validation) and not _diverged(run):
                raise InputError(f"{where}: run '{run.label[:40]}' has no validation loss, and others have")
        return runs, not any(len(run.training) for run in runs)
    if not all(len(run.training) for run in runs):
        raise InputError(f"{where}: a run has no losses at all")
    return [
        ExternalRun(run.label, run.validation, run.training, by_epoch=run.by_epoch, origin=run.origin) for run in runs
    ], True


def _diverged(run: ExternalRun) -> bool:
    losses = np.concatenate([run.training.values, run.validation.values])
    return bool((~np.isfinite(losses)).any() or (run.validation.values > BLOW_UP).any())


def _check_spacing(grid: FloatArray, runs: Sequence[ExternalRun], where: str) -> None:
    """Whole epochs are evenly spaced; steps need not be."""
    gaps = np.diff(grid)
    if all(run.by_epoch for run in runs) and len(gaps) and (gaps != gaps.min()).any():
        before = int(np.argmax(gaps != gaps.min()))
        raise InputError(
            f"{where}: no loss between epoch {grid[before]:.12g} and epoch {grid[before + 1]:.12g}, "
            f"elsewhere every {gaps.min():.12g}"
        )


def _length(run: ExternalRun, grid: FloatArray, where: str) -> int:
    """How many of the epochs a run has; `InputError` if one is missing before its end."""
    keys = run.validation.keys
    wrong = np.flatnonzero(keys != grid[: len(keys)])
    if len(wrong):
        place = "epoch" if run.by_epoch else "step"
        raise InputError(
            f"{where}: run '{run.label[:40]}' has no validation loss at {place} {grid[wrong[0]]:.12g}, and others have"
            " (if the tool writes NaN as nothing: --blank diverged)"
        )
    return len(keys)


def _epochs(
    runs: Sequence[ExternalRun], lengths: Sequence[int], longest: int, policy: Align, where: str, notes: list[str]
) -> int:
    """How many epochs the cell has."""
    alive = [(length, run.label) for run, length in zip(runs, lengths, strict=True) if not _diverged(run)]
    shortest, label = min(alive, default=(longest, ""))
    if shortest == longest:
        return longest
    if policy == "refuse":
        raise InputError(
            f"{where}: run '{label[:40]}' ends after {shortest} epochs and another after {longest}, without having "
            "diverged: --align shortest cuts all to the shortest"
        )
    notes.append(f"cut from {longest} to {shortest} epochs, the length of {quoted([label], 4)}")
    hidden = [run.label for run in runs if _diverged(run) and np.isfinite(run.validation.values[:shortest]).all()]
    if hidden:
        notes.append(f"{quoted(hidden, 4)} diverged only after the cut")
    return shortest


def _training(runs: Sequence[ExternalRun], grid: FloatArray, lengths: Sequence[int]) -> FloatArray | None:
    """Mean training loss in (previous epoch, epoch]; None if there is none in some epoch of some run."""
    training = np.full((len(runs), len(grid)), np.nan)
    for row, run, length in zip(training, runs, lengths, strict=True):
        ends = np.searchsorted(run.training.keys, grid[:length], side="right")
        starts = np.r_[0, ends[:-1]]
        counts = ends - starts
        if (counts == 0).any():
            return None
        if length:
            with np.errstate(invalid="ignore", over="ignore"):
                row[:length] = np.add.reduceat(run.training.values[: ends[-1]], starts) / counts
    return training


def _about_keys(grid: FloatArray, runs: Sequence[ExternalRun]) -> list[str]:
    if len(grid) and not all(run.by_epoch for run in runs):
        return [f"{len(grid)} validations, at {grid[0]:.12g} … {grid[-1]:.12g}, are epochs 0 … {len(grid) - 1}"]
    if len(grid) > 1 and grid[1] - grid[0] != 1:
        return [f"epochs {grid[0]:.12g}, {grid[1]:.12g} … {grid[-1]:.12g} are counted 0, 1 … {len(grid) - 1}"]
    return []
