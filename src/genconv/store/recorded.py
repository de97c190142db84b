"""Recorded runs: one folder each, into which a training script of any kind writes while it trains.

`record.json` says which run it is, `log.jsonl` has one line for each start, each call of `log` and the end. Lines are
only ever added, so that a process that is killed leaves what it has logged; a lock says whether it is alive.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genconv.coordinates import Coordinates
from genconv.errors import InputError, shown
from genconv.measure import Measure
from genconv.store.files import folders_with, one_line, read_json
from genconv.store.lock import holder
from genconv.store.recorded_log import Counted, RunLog, State

RECORD, LOG, LOCK = "record.json", "log.jsonl", "recording.lock"
FORMAT = 1
"""Version of the recorded form; part of every identity."""
LOSSES = ("validation", "training")
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class Recorded:
    """Which run it is: what `record.json` holds."""

    dataset: str
    model: str
    coordinates: Coordinates
    has_streams: bool
    """Whether the script has named its streams of random numbers; else only a seed is known."""
    measure: Measure
    config: Mapping[str, Any]

    def __post_init__(self) -> None:
        for kind, name in (("dataset", self.dataset), ("model", self.model)):
            named = isinstance(name, str) and name.strip() and len(name) <= _LONGEST_NAME and name.isprintable()
            if not named:
                raise InputError(f"{kind} = {shown(name)}: must be 1 to {_LONGEST_NAME} printable characters")

    def as_json(self) -> dict[str, Any]:
        """A plain dictionary, with the identity."""
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "model": self.model,
            "coordinates": self.coordinates.as_json(),
            "streams": self.has_streams,
            "measure": self.measure.as_json(),
            "config": dict(self.config),
        }

    @property
    def identity(self) -> str:
        """SHA-256 of names, coordinates, measure and configuration."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    @property
    def folder_name(self) -> str:
        """`DATASET-MODEL-recorded-s3-HASH`, safe as a file name whatever the names are."""
        safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in (self.dataset, self.model))
        return f"{safe[:80]}-recorded-{self.coordinates.file_name}-{self.identity[:16]}"

    @property
    def label(self) -> str:
        """`seed 3`, or the coordinates in words."""
        label = self.coordinates.label
        return f"seed {label}" if isinstance(label, int) else label


@dataclass(frozen=True)
class RecordedRun:
    """A run as it stands now."""

    path: Path
    run: Recorded
    counted: Counted
    places: tuple[float, ...]
    """Increasing epochs or steps, as the script counts them."""
    seconds: Mapping[float, float]
    """Place → seconds since the start, pauses between starts left out; empty where they are not on record."""
    values: Mapping[str, Mapping[float, float]]
    """Quantity → place → value; `training` and `validation` are the losses."""
    state: State
    reason: str = ""
    """Why it failed, or who records it."""
    starts: int = 1
    void: int = 0
    """Places of an earlier start from which a later one has begun again."""

    @property
    def words(self) -> str:
        """The state for people: `failed (ValueError: …)`."""
        return f"{self.state} ({self.reason})" if self.reason else self.state


def is_recorded(path: Path) -> bool:
    """Whether `path` is the folder of a recorded run."""
    try:
        return path.is_dir() and (path / RECORD).exists()
    except OSError:  # a folder that may not be entered
        return False


def recorded_runs(root: Path) -> list[Path]:
    """The folders of recorded runs directly under `root`, sorted by name."""
    return folders_with(root, (RECORD,), closed=False)


def open_recorded(path: Path) -> RecordedRun:
    """Read a run as it stands; `InputError` naming the file that is damaged or of a newer version."""
    return FollowedRun(path).look()


class FollowedRun:
    """A run that is looked at several times: each time only the lines that were added are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log: RunLog | None = None

    def look(self) -> RecordedRun:
        """The run as it stands; `InputError` as of `open_recorded`."""
        path = self.path
        run = _read_record(path / RECORD)
        if self._log is None or not self._log.follow():
            self._log = RunLog(path / LOG)
        log = self._log
        alive = None if log.ended else holder(path / LOCK)
        if not log.ended:
            log.follow()  # again: who has ended in between has written so
        state, reason = log.end
        if alive is not None and not log.ended:
            state, reason = "running", alive
        return RecordedRun(
            path, run, log.counted, log.places, log.seconds, log.values, state, reason, log.starts, log.void
        )


def _read_record(path: Path) -> Recorded:
    document = read_json(path)
    number = document.pop("format", None)
    if type(number) is not int or not 1 <= number <= FORMAT:
        raise InputError(f"{path}: format = {shown(number)}: this version reads format {FORMAT}")
    try:
        run = Recorded(
            dataset=document["dataset"],
            model=document["model"],
            coordinates=Coordinates.from_json(document["coordinates"]),
            has_streams=bool(document["streams"]),
            measure=Measure.from_json(document["measure"]),
            config=dict(document["config"]),
        )
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not a recorded run of format {number} ({one_line(error)})") from None
    if run.identity != document.get("identity"):
        raise InputError(f"{path}: does not hash to its identity {shown(document.get('identity'))}")
    return run
