"""One run as another tool recorded it: what every reader fills, and what the rules of the import then decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genconv.curves import FloatArray
from genconv.measure import LOSS, Measure
from genconv.readers.options import Meaning

SIZE = 20_000_000
"""The largest import: values of a source, or runs × epochs of a cell."""


@dataclass(frozen=True)
class Series:
    """Losses at increasing places: `keys` (epochs or steps) and `values`, both of shape (K,).

    A value is NaN or infinite only where the source says so itself. What the source leaves empty is not in the series.
    """

    keys: FloatArray
    values: FloatArray

    @classmethod
    def empty(cls) -> "Series":
        """A loss that the source does not have."""
        return cls(np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class ExternalRun:
    """What a source says of one run; None or empty where it says nothing.

    A reader reports and does not judge. It invents no seed, pads no curve, changes no sign and calls nothing diverged:
    `cells`, `align` and `names` do that for every format alike, and put what they decide into the notes.
    """

    label: str
    """What the source calls the run; runs of equal labels are told apart by their `origin`."""
    training: Series
    """May be empty, and finer than the validation losses."""
    validation: Series
    """May be empty if the source has one loss only."""
    model: str | None = None
    """Only what the source calls a model; the name of a run goes into `name`."""
    dataset: str | None = None
    seed: int | None = None
    """Only what the source calls a seed, never a number from a name."""
    by_epoch: bool = True
    """Whether the places are whole epochs, not steps or fractions of an epoch."""
    origin: Path = Path()
    """The file or folder whose name counts where the source gives none."""
    name: str | None = None
    """The name that the author gave to the run or, if there is one, to its group. It names the model if nothing else
    does; random names and identifiers may be given, `names` knows them.
    """
    settings: Mapping[str, str] = field(default_factory=dict)
    """Hyper-parameters by the source's own names, values as text. All of them, the seed too: cells are grouped by them,
    and those that differ within a cell are noted.
    """
    scalars: Mapping[str, Series] = field(default_factory=dict)
    """Whatever else was recorded along the training, by the source's own names, at places counted as the losses' are.
    """
    blanks: FloatArray = field(default_factory=lambda: np.empty(0))
    """Places that have a row, but an empty or null in place of every loss, shape (K,), in increasing order."""


@dataclass(frozen=True)
class LeftOut:
    """A run that is in the source and not among the runs of a reading."""

    label: str
    reason: str
    """Completes `left out: 2 runs …`: `without any of these losses`, `marked as deleted`, `of a search`."""


@dataclass(frozen=True)
class Reading:
    """What a source holds, which of its names have which role, and the files that were read."""

    runs: tuple[ExternalRun, ...]
    files: tuple[Path, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role → name in the source."""
    notes: tuple[str, ...] = ()
    """Whatever was skipped, merged or guessed while reading, for people, one line each. Printed and stored."""
    measure: Measure = LOSS
    """What the losses say, where the format of the source says it."""
    left_out: tuple[LeftOut, ...] = ()
    """Every run of the source that is not in `runs`; counted by reason, printed and stored."""
    negated: bool | None = None
    """Whether the reader has changed the sign, as only that of the study's JSON does; None for all others."""
    nan: Meaning = "missing"
    """What NaN means where numbers follow, if the format has a convention."""
    blow_up: float | None = None
    """The validation loss above which a run of this format counts as diverged."""
