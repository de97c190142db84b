"""One run as another tool recorded it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genconv.curves import FloatArray
from genconv.measure import LOSS, Measure

SIZE = 20_000_000
"""The largest import: values of a source, or runs × epochs of a cell."""


@dataclass(frozen=True)
class Series:
    """Losses at increasing places: `keys` (epochs or steps) and `values`, both of shape (K,)."""

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
    """What a source says of one run; None where it says nothing."""

    label: str
    """What the source calls the run."""
    training: Series
    """May be empty, and finer than the validation losses."""
    validation: Series
    """May be empty if the source has one loss only."""
    model: str | None = None
    dataset: str | None = None
    seed: int | None = None
    by_epoch: bool = True
    """Whether the places are whole epochs, not steps or fractions of an epoch."""
    origin: Path = Path()
    """The file or folder whose name counts where the source gives none."""


@dataclass(frozen=True)
class Reading:
    """What a source holds, which of its names have which role, and the files that were read."""

    runs: tuple[ExternalRun, ...]
    files: tuple[Path, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role → name in the source."""
    notes: tuple[str, ...] = ()
    """For people, one line each."""
    measure: Measure = LOSS
    """What the losses say, where the format of the source says it."""
