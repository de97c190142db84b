"""Recorded runs: one folder each, into which a training script of any kind writes while it trains.

`record.json` says which run it is, `log.jsonl` has one line for each start, each call of `log` and the end. Lines are
only ever added, so that a process that is killed leaves what it has logged; a lock says whether it is alive.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from genconv.coordinates import Coordinates
from genconv.errors import InputError, printable, shown
from genconv.file_limits import LARGEST_FILE, not_plain
from genconv.measure import Measure
from genconv.store.files import one_line, read_json
from genconv.store.lock import holder

RECORD, LOG, LOCK = "record.json", "log.jsonl", "recording.lock"
FORMAT = 1
"""Version of the recorded form; part of every identity."""
LOSSES = ("validation", "training")
Counted = Literal["epoch", "step"]
State = Literal["finished", "failed", "interrupted", "running"]
_ENDS: tuple[State, ...] = ("finished", "failed", "interrupted")
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
    return sorted(path for path in root.iterdir() if not path.name.startswith(".") and is_recorded(path))


def open_recorded(path: Path) -> RecordedRun:
    """Read a run as it stands; `InputError` naming the file that is damaged or of a newer version."""
    return FollowedRun(path).look()


class FollowedRun:
    """A run that is looked at several times: each time only the lines that were added are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log: _Log | None = None

    def look(self) -> RecordedRun:
        """The run as it stands; `InputError` as of `open_recorded`."""
        path = self.path
        run = _read_record(path / RECORD)
        if self._log is None or not self._log.follow():
            self._log = _Log(path / LOG)
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


class _Log:
    """What the lines of a log say, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counted: Counted = "epoch"
        self.starts = self.void = 0
        self.end: tuple[State, str] = ("interrupted", "")
        self.ended = False
        self._started_again = False
        self._values: dict[str, dict[float, float]] = {}
        self._places: dict[float, None] = {}
        self._earlier = 0.0
        self.seconds: dict[float, float] = {}
        self._digest = hashlib.sha256()
        self._read = self._number = 0
        self._file: int | None = None
        self.follow()

    def follow(self) -> bool:
        """Read the lines that were added since; False if it is another file by now.

        `InputError` for a line that is no record.
        """
        if self._is_another():
            return False
        for line in _lines(self.path, self._read):
            self._number += 1
            try:
                self._take(json.loads(line), self._digest.hexdigest if b'"end"' in line else None)
            except (KeyError, TypeError, ValueError, RecursionError) as error:
                raise InputError(f"{self.path}, line {self._number}: is no record ({one_line(error)})") from None
            self._digest.update(line)
            self._read += len(line)
        return True

    def _is_another(self) -> bool:
        try:
            found = self.path.stat()
        except OSError:  # told when it is read
            return False
        first = self._file is None
        self._file = found.st_ino if first else self._file
        return not first and (found.st_ino != self._file or found.st_size < self._read)

    @property
    def places(self) -> tuple[float, ...]:
        return tuple(self._places)

    @property
    def values(self) -> dict[str, dict[float, float]]:
        return self._values

    def _take(self, line: Any, written: Callable[[], str] | None) -> None:
        if not isinstance(line, dict):
            raise TypeError("no object")
        if "start" in line:
            self.starts += 1
            self.end, self.ended = ("interrupted", ""), False
            self._started_again = self.starts > 1
        elif "end" in line:
            state = line["end"]
            if state not in _ENDS:
                raise ValueError(f"end = {shown(state)}")
            if written is None or line["sha256"] != written():
                raise ValueError("the lines above it were changed after they were written")
            self.end, self.ended = (state, printable(str(line.get("reason", "")))[:200]), True
        else:
            self._add(line)

    def _add(self, line: Mapping[str, Any]) -> None:
        counted: Counted = "epoch" if "epoch" in line else "step"
        place = _number(line[counted])
        if not 0 <= place < math.inf or not isinstance(line["values"], dict):
            raise ValueError(f"{counted} = {place}, values = {shown(line['values'])}")
        if self._places and counted != self.counted and not self._started_again:
            raise ValueError(f"counts {counted}s, the lines before it count {self.counted}s")
        self.counted = counted
        if self._started_again:
            self._begin_at(place)
        if self._places and place < next(reversed(self._places)):
            raise ValueError(f"{counted} {place:.12g} goes back")
        self._places[place] = None
        if "seconds" in line:
            self.seconds[place] = self._earlier + _number(line["seconds"])
        for name, value in line["values"].items():
            self._values.setdefault(name, {})[place] = _number(value)

    def _begin_at(self, place: float) -> None:
        """What earlier starts have logged from this place on is void."""
        self._started_again = False
        self.void += sum(at >= place for at in self._places)
        self._places = {at: None for at in self._places if at < place}
        self.seconds = {at: seconds for at, seconds in self.seconds.items() if at < place}
        self._earlier = max(self.seconds.values(), default=0.0)
        kept = {name: {at: v for at, v in series.items() if at < place} for name, series in self._values.items()}
        self._values = {name: series for name, series in kept.items() if series}


def _lines(path: Path, start: int) -> Iterator[bytes]:
    """The lines of a log from a byte on; one without an end is being written, or was when its process was killed."""
    try:
        if problem := not_plain(path, LARGEST_FILE):
            raise InputError(f"{path}: cannot be read ({problem})")
        with path.open("rb") as file:
            file.seek(start)
            yield from (line for line in file if line.endswith(b"\n"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({one_line(error)})") from None


def as_written(value: float) -> float | str:
    """A number as JSON: what is not finite is text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _number(value: Any) -> float:
    if isinstance(value, str) and value in {"NaN", "Infinity", "-Infinity"}:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is no number")
    return float(value)
