"""The curves so far of runs in training, in a file beside their saved states that only grows: `growing.jsonl`.

The first line says which runs they are, every further one what an epoch gave. It serves who watches: a training that
goes on takes nothing from it, and begins it anew. A line without an end is still being written.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path
from typing import Any, Self

import numpy as np

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.curves import Divergence, FloatArray, Reference, bounded
from genconv.errors import InputError
from genconv.file_limits import LARGEST_FILE, not_plain
from genconv.measure import Measure
from genconv.store.checkpoints import FOLDER
from genconv.store.files import one_line

NAME = "growing.jsonl"
FORMAT = 1
_CAUSES = ("non-finite loss", "non-finite parameters", "blow-up")
Values = Mapping[str, Sequence[float]]
"""By name (`training.loss`) one value a run."""


@dataclass(frozen=True)
class GrowingRuns:
    """Which runs of a cell are trained together."""

    cell: Cell
    runs: tuple[Coordinates, ...]
    measure: Measure
    """What the losses say."""
    reference: Reference | None
    steps: int
    """Optimizer steps in an epoch."""

    @property
    def line(self) -> str:
        """The first line of the file."""
        reference = self.reference
        known = None if reference is None else [reference.entropy, reference.deviation, reference.gaussian]
        about = {
            "format": FORMAT,
            "cell": self.cell.model_dump(mode="json"),
            "runs": [run.as_json() for run in self.runs],
            "measure": self.measure.as_json(),
            "reference": known,
            "steps": self.steps,
        }
        return json.dumps(about, separators=(",", ":")) + "\n"

    @classmethod
    def read(cls, line: str) -> Self:
        """The inverse of `line`; `ValueError` or another fault for anything else."""
        about = json.loads(line)
        if about["format"] != FORMAT:
            raise ValueError(f"format = {about['format']!r}")
        known = about["reference"]
        return cls(
            Cell.checked(about["cell"]),
            tuple(Coordinates.from_json(run) for run in about["runs"]),
            Measure.from_json(about["measure"]),
            None if known is None else Reference(*map(float, known)),
            int(about["steps"]),
        )


def epoch_line(values: Values, seconds: float, ended: Mapping[int, Divergence]) -> str:
    """What an epoch gave: a value a run, the seconds since the start, and by place the runs that diverged in it."""
    numbers = {name: [one if isfinite(one) else None for one in row] for name, row in values.items()}
    line: dict[str, Any] = {"values": numbers, "seconds": round(seconds, 3) if isfinite(seconds) else None}
    if ended:
        line["ended"] = {str(place): [one.epoch, one.cause, one.step] for place, one in ended.items()}
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"


@dataclass
class GrowingFile:
    """Such a file, read on from where an earlier look ended."""

    path: Path
    about: GrowingRuns | None = None
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    """By name a row an epoch."""
    seconds: list[float] = field(default_factory=list)
    ended: dict[int, Divergence] = field(default_factory=dict)
    """By the place of the run."""
    _kept: dict[str, FloatArray] = field(default_factory=dict)
    _at: int = 0
    _file: tuple[int, int] | None = None
    """Which file it was: one that has begun anew is another."""

    @property
    def epochs(self) -> int:
        """How many are read."""
        return len(self.seconds)

    def follow(self) -> bool:
        """Read what was added; whether there was something. `InputError` if it is no such file."""
        try:
            if problem := not_plain(self.path, LARGEST_FILE):
                raise InputError(f"{self.path}: cannot be read ({problem})")
            with self.path.open("rb") as file:
                self._begin(file.fileno())
                file.seek(self._at)
                added = file.read()
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({one_line(error)})") from None
        whole = added[: added.rfind(b"\n") + 1]
        try:
            for line in whole.decode().splitlines():
                self._take(line)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, InputError) as error:
            raise InputError(f"{self.path}: does not hold curves ({one_line(error)})") from None
        self._at += len(whole)
        return bool(whole)

    def row(self, name: str) -> FloatArray:
        """A quantity so far, shape (N, E), NaN where it was not recorded."""
        rows, runs = self.values[name], 0 if self.about is None else len(self.about.runs)
        kept = self._kept.get(name, np.empty((runs, 0)))
        added = rows[kept.shape[1] :]
        if added:
            more = bounded(np.array(added, dtype=np.float64).reshape(len(added), runs).T)
            kept = self._kept[name] = np.concatenate([kept, more], axis=1)
        return kept

    def _begin(self, descriptor: int) -> None:
        """Forget what was read of a file that has been replaced."""
        found = os.fstat(descriptor)
        if self._file != (found.st_dev, found.st_ino) or found.st_size < self._at:
            self._file, self._at, self.about = (found.st_dev, found.st_ino), 0, None
            self.values, self.seconds, self.ended, self._kept = {}, [], {}, {}

    def _take(self, line: str) -> None:
        if self.about is None:
            self.about = GrowingRuns.read(line)
            return
        found, runs = json.loads(line), len(self.about.runs)
        rows = {str(name): [nan if one is None else float(one) for one in row] for name, row in found["values"].items()}
        if any(len(row) != runs for row in rows.values()) or (self.epochs and rows.keys() != self.values.keys()):
            raise ValueError("an epoch is not of these runs")
        for name, row in rows.items():
            self.values.setdefault(name, []).append(row)
        self.seconds.append(nan if found["seconds"] is None else float(found["seconds"]))
        for place, (epoch, cause, step) in found.get("ended", {}).items():
            if cause not in _CAUSES:
                raise ValueError(f"cause = {cause!r}")
            self.ended[int(place)] = Divergence(int(epoch), cause, None if step is None else int(step))


def growing_files(root: Path) -> list[Path]:
    """The files of all runs that are in training under `root`, or were when they were interrupted."""
    return sorted(root.glob(f"{FOLDER}/*/*/{NAME}"))
