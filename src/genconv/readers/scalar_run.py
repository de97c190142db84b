"""A run as a tracker keeps it: named scalars by step, and the parameters it was started with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genconv.readers.run import Series


@dataclass(frozen=True)
class ScalarRun:
    """One run of a tracker."""

    label: str
    """What the tracker calls it."""
    scalars: Mapping[str, Series]
    """NaN where the tracker recorded one; a value that it left empty is not in the series."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    origin: Path = Path()
    name: str | None = None
    """The name that the author gave to the run or its group, which may name the model."""
    blanks: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Scalar → steps at which it was logged as empty or null."""
    by_epoch: bool = False
    """Whether the places are whole epochs, not steps."""
    rewritten: Mapping[str, int] = field(default_factory=dict)
    """Scalar → how many of its values were written for a step that has a later one."""
