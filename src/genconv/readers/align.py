"""Losses at increasing places from rows in any order, and the runs of one cell on common epochs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.ended import Ended
from genconv.readers.options import Align
from genconv.readers.places import epochs_of, evenly_spaced
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
    """Curves of N runs over E places, and notes on how they were aligned."""

    training: FloatArray | None
    """Shape (N, E); None if some place of some run has no training loss."""
    validation: FloatArray
    """Shape (N, E)."""
    keys: FloatArray
    """Shape (E,): where the validation losses are, as the source counts."""
    cut_at: float
    """The last place if the runs were cut there, else infinite."""
    notes: tuple[str, ...]


def with_validation(runs: Sequence[ExternalRun], least: int, where: str) -> tuple[list[ExternalRun], bool]:
    """The runs, and whether their sources have one loss only, which then is the validation loss.

    `InputError` for a run that ended alive before its first validation, unless the user asks for at least one epoch.
    """
    if any(len(run.validation) for run in runs):
        for run in runs:
            if not least and not len(run.validation) and np.isfinite(run.training.values[-1:]).any():
                lacks = f"run '{run.label[:40]}' has no validation loss, and others have"
                raise InputError(f"{where}: {lacks}: --min-epochs 1 or --exclude leaves it out")
        return list(runs), not any(len(run.training) for run in runs)
    return [replace(run, training=Series.empty(), validation=run.training) for run in runs], True


def align(found: Sequence[Ended], policy: Align, where: str) -> Aligned:
    """The places of a cell are those at which its runs have a validation loss.

    A finer training loss counts as its mean since the last of them. A run that diverged and stopped is NaN from there
    on. One that stopped alive is not diverged: it is an error, or with `shortest` every run is cut to its length. A
    gap before a run's end is an error too, or with `common` the places are those that all runs have.
    """
    notes: list[str] = []
    grid = _grid(found, policy, where, notes)
    if len(found) * len(grid) > SIZE:
        raise InputError(f"{where}: {len(found)} seeds of {len(grid)} epochs are more than {SIZE} numbers")
    found = [_on(one, grid) for one in found]
    lengths = [_length(one, grid, where) for one in found]
    count = _count(found, lengths, grid, policy, where, notes)
    validation = np.full((len(found), count), np.nan)
    for row, one, length in zip(validation, found, lengths, strict=True):
        row[: min(length, count)] = one.run.validation.values[:count]
    training = _training(found, grid[:count], lengths)
    if training is None and any(len(one.run.training) for one in found):
        notes.append("training loss left out: it is not on record between some validations")
    notes += _padded_or_cut([one.run for one in found], lengths, grid[:count])
    cut_at = float(grid[count - 1]) if count < len(grid) else np.inf
    return Aligned(training, validation, grid[:count], cut_at, tuple(notes))


def _grid(found: Sequence[Ended], policy: Align, where: str, notes: list[str]) -> FloatArray:
    """The places of the cell; `InputError` for epochs with a gap between them."""
    runs = [one.run for one in found]
    grid = np.unique(np.concatenate([run.validation.keys for run in runs]))
    if not len(grid):
        raise InputError(f"{where}: there are no losses")
    if policy == "common":
        alive = [one.run.validation.keys for one in found if one.at is None]
        common = np.unique(np.concatenate(alive)) if alive else grid
        for keys in alive:
            common = np.intersect1d(common, keys, assume_unique=True)
        if not len(common):
            raise InputError(f"{where}: --align common: the runs have no place in common")
        if len(common) < len(grid):
            notes.append(f"{len(common)} of {len(grid)} places kept, those that all runs have (--align common)")
        grid = common
    if all(run.by_epoch for run in runs) and not evenly_spaced(grid):
        _refuse_gap(grid, runs, where, notes)
    return grid


def _refuse_gap(grid: FloatArray, runs: Sequence[ExternalRun], where: str, notes: list[str]) -> None:
    """A gap that several runs have alike is how they were validated; one of a single run may be a lost row."""
    gaps = np.diff(grid)
    usual = float(np.median(gaps))
    wide = int(np.argmax(gaps > usual)) if (gaps > usual).any() else int(np.argmax(gaps != usual))
    words = f"no loss between epoch {grid[wide]:.12g} and epoch {grid[wide + 1]:.12g}, elsewhere every {usual:.12g}"
    if len(runs) == 1 or not all(np.array_equal(run.validation.keys, grid) for run in runs):
        raise InputError(f"{where}: {words}: a row may be lost, or --columns epoch=NAME counts in steps")
    notes.append(f"{words}, alike in all runs")


def _on(one: Ended, grid: FloatArray) -> Ended:
    """The run at those of its places that belong to the cell."""
    validation = one.run.validation
    kept = np.isin(validation.keys, grid)
    if kept.all():
        return one
    return replace(one, run=replace(one.run, validation=Series(validation.keys[kept], validation.values[kept])))


def _length(one: Ended, grid: FloatArray, where: str) -> int:
    """How many of the places a run has; `InputError` if one is missing before its end."""
    run = one.run
    keys = run.validation.keys
    wrong = np.flatnonzero(keys != grid[: len(keys)])
    if len(wrong):
        place = "epoch" if run.by_epoch else "step"
        raise InputError(
            f"{where}: run '{run.label[:40]}' has no validation loss at {place} {grid[wrong[0]]:.12g}, and others have:"
            " --align common keeps the places that all runs have, --exclude leaves runs out"
        )
    return len(keys)


def _count(
    found: Sequence[Ended], lengths: Sequence[int], grid: FloatArray, policy: Align, where: str, notes: list[str]
) -> int:
    """How many places the cell has."""
    alive = [(length, one.run) for one, length in zip(found, lengths, strict=True) if one.at is None]
    shortest = min((length for length, _ in alive), default=len(grid))
    if shortest == len(grid):
        return shortest
    if policy == "refuse":
        raise InputError(f"{where}: {_unequal(alive, grid)}")
    if not shortest:
        raise InputError(f"{where}: a run has no validation loss at all: --exclude leaves it out")
    labels = [run.label for length, run in alive if length == shortest]
    notes.append(f"cut from {len(grid)} to {_places(shortest)}, the length of {quoted(labels, 4)}")
    hidden = [one.run.label for one in found if one.at is not None and one.at > grid[shortest - 1]]
    if hidden:
        notes.append(f"{quoted(hidden, 4)} diverged only after the cut")
    return shortest


def _unequal(alive: Sequence[tuple[int, ExternalRun]], grid: FloatArray) -> str:
    """What there is to choose where runs end alive at different places."""
    by_length: dict[int, list[str]] = defaultdict(list)
    for length, run in alive:
        by_length[length].append(run.label)
    short, longest = min(by_length), max(by_length)
    ended = [run for length, run in alive if length < len(grid)]
    went_on = [run for run in ended if len(run.training) and run.training.keys[-1] >= grid[len(run.validation)]]
    lengths = "; ".join(f"{_places(length)}: {quoted(by_length[length], 4)}" for length in sorted(by_length))
    first = "--blank diverged if its empty losses are NaN, " if any(run in went_on for run in ended) else ""
    most = max(epochs_of(run) for _, run in alive)
    enough = f"--min-epochs {most:.12g} or --exclude leaves runs out" if short < longest else "--exclude leaves it out"
    return (
        f"run '{by_length[short][0][:40]}' ends after {_places(short)} and another after {len(grid)} ({lengths}): "
        f"{first}--align shortest cuts all to {short}, {enough}"
    )


def _places(count: int) -> str:
    return "1 validation" if count == 1 else f"{count} validations"


def _training(found: Sequence[Ended], grid: FloatArray, lengths: Sequence[int]) -> FloatArray | None:
    """Mean training loss in (previous place, place]; None if there is none in some place of some run.

    A NaN within it counts only from where the run diverged on.
    """
    training = np.full((len(found), len(grid)), np.nan)
    for row, one, length in zip(training, found, lengths, strict=True):
        if not len(one.run.training):
            return None
        end = min(length, len(grid))
        keys, values = one.run.training.keys, one.run.training.values
        ends = np.searchsorted(keys, grid[:end], side="right")
        starts = np.r_[0, ends[:-1]]
        if (ends == starts).any():
            return None
        if end:
            row[:end] = _means(values[: ends[-1]], starts, keys[: ends[-1]] < (np.inf if one.at is None else one.at))
    return training


def _means(values: FloatArray, starts: NDArray[np.int64], alive: NDArray[np.bool_]) -> FloatArray:
    skipped = np.isnan(values) & alive
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.add.reduceat(np.where(skipped, 0.0, values), starts)
        means: FloatArray = sums / np.add.reduceat((~skipped).astype(np.float64), starts)
    return means


def _padded_or_cut(runs: Sequence[ExternalRun], lengths: Sequence[int], grid: FloatArray) -> list[str]:
    notes = []
    if ended := [run.label for run, length in zip(runs, lengths, strict=True) if length < len(grid)]:
        one = len(ended) == 1
        notes.append(
            f"{quoted(ended, 4)} diverged and {'has' if one else 'have'} fewer places than the others: no numbers from "
            "there on"
        )
    full = [run for run, length in zip(runs, lengths, strict=True) if length >= len(grid)]
    beyond = sum(int((run.training.keys > grid[-1]).sum()) for run in full)
    if beyond:
        word = "epoch" if all(run.by_epoch for run in runs) else "step"
        losses = "1 training loss" if beyond == 1 else f"{beyond} training losses"
        notes.append(f"{losses} after the last validation ({word} {grid[-1]:.12g}) not used")
    return notes
