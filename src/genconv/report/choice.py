"""Which seeds and epochs of the image cells are shown as pictures."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from genconv.config.seeds import checked_seeds
from genconv.errors import InputError
from genconv.report.curve_geometry import median_place
from genconv.report.stored_images import has_images, stored_images
from genconv.store.arrays import Arrays
from genconv.store.results import StoredCell
from genconv.store.runs import StoredRun

_ROWS = 12
"""Epochs shown at most unless they are named."""
_LARGEST = 10**6
_MOST = 1000


@dataclass(frozen=True)
class Picked:
    """A run whose pictures are shown, and why it."""

    run: StoredRun
    note: str
    """`seed 3, median of 4`."""
    arrays: Arrays
    """As `stored_images` gives them."""


@dataclass(frozen=True)
class Choice:
    """Seeds and epochs to show; None for the median run of each cell, and for all epochs with pictures."""

    seeds: tuple[int, ...] | None = None
    epochs: tuple[int, ...] | None = None

    def check(self, cells: Sequence[StoredCell]) -> None:
        """`InputError` if a seed or an epoch was named that no image cell has."""
        if self.seeds is None and self.epochs is None:
            return
        runs = [run for cell in cells for run in cell.runs if has_images(run)]
        if not runs:
            raise InputError("seeds or epochs of pictures were chosen, but no run of images is among the paths")
        _known("seed", self.seeds, {seed for cell in cells for seed in cell.curves.seeds if isinstance(seed, int)})
        if self.epochs is not None:
            kept = {int(epoch) for run in runs for epoch in stored_images(run).get("snapshots.epochs", ())}
            _known("epoch", self.epochs, kept)

    def runs(self, cell: StoredCell) -> list[Picked]:
        """The runs of an image cell that are shown; none if all diverged and no seed is named."""
        if self.seeds is not None:
            by_seed = dict(zip(cell.curves.seeds, cell.runs, strict=True))
            return [_picked(by_seed[seed], "") for seed in self.seeds if seed in by_seed]
        place, survivors = median_place(cell.curves), int((~cell.curves.diverged).sum())
        if place is None or not cell.runs:
            return []
        return [_picked(cell.runs[place], f", median of {survivors}" if survivors > 1 else "")]

    def places(self, epochs: Sequence[int]) -> list[int]:
        """Indices into the kept `epochs`: those named, else all; of too many the first, the last and some between."""
        if self.epochs is not None:
            return [place for place, epoch in enumerate(epochs) if epoch in self.epochs]
        return evenly(len(epochs), _ROWS)


def evenly(count: int, most: int) -> list[int]:
    """Indices below `count`: all, or `most` of them as even as can be, with the first and the last."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()})


def choice_of(seeds: Sequence[int] | None, epochs: Sequence[int] | None) -> Choice:
    """The seeds in the order given, none twice; epochs in their own order."""
    if epochs is not None and not epochs:
        raise InputError("epochs: at least one is needed")
    return Choice(
        None if seeds is None else checked_seeds(tuple(seeds)), None if epochs is None else tuple(sorted(set(epochs)))
    )


def parse_epochs(text: str) -> tuple[int, ...]:
    """Epochs from text such as `0,3,7..9` (both ends included); `InputError` for anything else."""
    epochs: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,7})\s*(?:\.\.\s*(\d{1,7})\s*)?", part, re.ASCII)
        if match is None:
            raise InputError(f"epochs = '{text}': '{part.strip()}' is neither an epoch (7) nor a range (7..9)")
        low, high = int(match[1]), int(match[2] or match[1])
        if not low <= high < min(low + _MOST, _LARGEST):
            raise InputError(f"epochs = '{text}': the range {low}..{high} runs backwards or is too long")
        epochs.extend(range(low, high + 1))
    return tuple(epochs)


def _picked(run: StoredRun, note: str) -> Picked:
    divergence = run.outcome.divergence
    ended = "" if divergence is None else f", diverged in epoch {divergence.epoch}"
    return Picked(run, f"{run.run.name}{ended or note}", stored_images(run))


def _known(what: str, named: Iterable[int] | None, known: Iterable[int]) -> None:
    there = sorted(known)
    for wanted in named or ():
        if wanted not in there:
            some = ", ".join(map(str, there[:12])) + (", …" if len(there) > 12 else "")
            raise InputError(f"{what} {wanted}: no pictures of it; there are those of {some or 'none'}")
