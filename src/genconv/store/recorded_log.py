"""The log of a recorded run, line by line: starts, values at places, the end."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from genconv.errors import InputError, printable, shown
from genconv.file_limits import LARGEST_FILE, not_plain
from genconv.store.files import one_line

Counted = Literal["epoch", "step"]
State = Literal["finished", "failed", "interrupted", "running"]
_ENDS: tuple[State, ...] = ("finished", "failed", "interrupted")


class RunLog:
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
        """Increasing epochs or steps."""
        return tuple(self._places)

    @property
    def values(self) -> dict[str, dict[float, float]]:
        """Quantity → place → value."""
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
