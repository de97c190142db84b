"""One run of a command: its process, and the recorded run that comes of it."""

import json
import os
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genconv.config.command import PLACEHOLDER, PLACEHOLDERS
from genconv.coordinates import Coordinates
from genconv.errors import InputError, printable
from genconv.experiment.process import Held, ProcessEnd, hold, run_process
from genconv.measure import LOSS, Measure
from genconv.readers.launched import losses_of
from genconv.readers.launched_now import forget_reading, tell_reading
from genconv.readers.options import ImportOptions
from genconv.store.files import write_json
from genconv.store.lock import TakenOverError
from genconv.store.maker import host
from genconv.store.recorded import Recorded, is_recorded, open_recorded
from genconv.store.recorded_log import State
from genconv.store.recorder import Recorder
from genconv.store.recorder_arguments import LAUNCHED
from genconv.store.writing import write_file

OUTPUT, PROCESS = "output.txt", "process.json"


@dataclass(frozen=True)
class Command:
    """What is run for each seed."""

    words: tuple[str, ...]
    """With `{seed}`, `{folder}`, the run's own folder, `{model}`, `{dataset}` and the names in `values`."""
    model: str
    dataset: str
    read: str | None = None
    """The file or folder in which the command leaves its losses; None for a script that uses `genconv.record`."""
    options: ImportOptions = field(default_factory=ImportOptions)
    """How `read` is read."""
    measure: Measure = LOSS
    timeout: float | None = None
    """Seconds until a process is ended."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values of further placeholders: with the words they are the configuration of the run."""
    retries: int = 0
    """How often a run that failed is run again, unless it has failed twice the same way."""

    def __post_init__(self) -> None:
        if not self.words:
            raise InputError("no command given: genconv launch … -- COMMAND")
        known = (*PLACEHOLDERS, *self.values)
        for text in (*self.words, self.read or ""):
            if unknown := [name for name in PLACEHOLDER.findall(text) if name not in known]:
                allowed = ", ".join(f"{{{name}}}" for name in known)
                raise InputError(f"'{text}': {{{unknown[0]}}} is no placeholder; they are {allowed}")
        if self.timeout is not None and not self.timeout > 0:
            raise InputError(f"--timeout {self.timeout:g}: must be above 0")

    def check(self) -> None:
        """`InputError` if the command is not on this machine."""
        if shutil.which(self.words[0]) is None:
            raise InputError(f"command '{self.words[0]}': is not there, or cannot be executed")

    @property
    def name(self) -> str:
        """`mine on photos (lr=0.1)`."""
        values = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.model} on {self.dataset}" + (f" ({values})" if values else "")

    def run(self, seed: int) -> Recorded:
        """The recorded run of a seed; the command and its values are its configuration."""
        config = {"command": shlex.join(self.words), **self.values}
        return Recorded(self.dataset, self.model, Coordinates.of_seed(seed), False, self.measure, config)

    def filled(self, text: str, seed: int, folder: Path) -> str:
        """A word with the values of its placeholders."""
        own = {"seed": seed, "folder": folder, "model": self.model, "dataset": self.dataset, **self.values}
        return PLACEHOLDER.sub(lambda match: _in_words(own[match[1]]), text)


@dataclass(frozen=True)
class Launched:
    """What came of one run."""

    seed: int
    state: State
    reason: str = ""
    end: ProcessEnd | None = None
    """None for a run that was finished before, or that another process runs."""
    how: tuple[str, ...] = ()
    """How its losses were read."""


@dataclass(frozen=True)
class Place:
    """Where and for whom a command is run."""

    root: Path
    start: int = 0
    """Which start of the study it is."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from another thread to end the process."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of this process."""
    check: Callable[[], None] = lambda: None
    """Raises if the run belongs to another worker by now."""


def run_command(command: Command, seed: int, place: Place) -> Launched:
    """Run the command for one seed; a run that failed is run again as often as the command says.

    A run that has failed twice the same way is not run again.
    """
    reasons: list[str] = []
    while True:
        one = _run_once(command, seed, place, reasons)
        if one.state != "failed" or one.end is None:
            return one
        reasons.append(one.reason)
        if len(reasons) > command.retries or reasons[-2:-1] == reasons[-1:]:
            return one


def failed_at(folder: Path) -> int | None:
    """The start of the study at which the run in a folder was launched last; None if it does not tell."""
    with suppress(OSError, ValueError, AttributeError):
        start = json.loads((folder / PROCESS).read_text(encoding="utf-8")).get("start")
        return start if isinstance(start, int) else None
    return None


def _run_once(command: Command, seed: int, place: Place, reasons: Sequence[str]) -> Launched:
    run = command.run(seed)
    folder = place.root / run.folder_name
    itself = command.read is None
    recorder = Recorder(folder, run, timed=itself)
    held: Held | None = None
    try:
        if is_recorded(folder):
            before = open_recorded(folder)
            if before.state in ("finished", "running"):
                return Launched(seed, before.state, "before" if before.state == "finished" else before.reason)
            recorder = Recorder(folder, before.run, timed=itself)  # a script adds its own configuration
        folder.mkdir(parents=True, exist_ok=True)
        if (held := hold(folder / OUTPUT)) is None:
            return Launched(seed, "running", "its process outlives an earlier launcher")
        return _run_process(command, seed, recorder, place, held, reasons)
    except InputError as error:
        with suppress(InputError):  # whatever cannot be opened is damaged, and stays as it is
            if not recorder.is_open:
                recorder.start(again=True)
            recorder.end("failed", str(error))
        return Launched(seed, "failed", printable(str(error)))
    finally:
        with suppress(TakenOverError):
            recorder.end("interrupted")
        if held is not None:
            held.close()


def _run_process(
    command: Command, seed: int, recorder: Recorder, place: Place, held: Held, reasons: Sequence[str]
) -> Launched:
    folder = recorder.path
    place.check()
    recorder.start()
    if command.read is None:  # the script itself will hold the run
        recorder.end("interrupted", "was launched, and has recorded nothing")
    begin = time.time()
    if command.read is not None:
        tell_reading(folder, Path(command.filled(command.read, seed, folder)), command.options, begin)
    words = [command.filled(word, seed, folder) for word in command.words]
    variables = {**os.environ, **place.environment, LAUNCHED: _told(recorder.run, seed, folder)}
    end = run_process(words, variables, folder / OUTPUT, command.timeout, place.stop, held)
    place.check()
    state, reason = _outcome(end, folder, command.timeout)
    how: tuple[str, ...] = ()
    if command.read is None:
        state, reason = _recorded_outcome(recorder, state, reason)
    else:
        state, reason, how = _read(command, seed, recorder, begin, state, reason)
        recorder.end(state, reason)
        forget_reading(folder)
    document = {
        "command": words,
        "read": list(how),
        "host": host(),
        "genconv": _version(),
        "start": place.start,
        "failed_before": list(reasons),
        **end.as_json(),
    }
    write_file(folder / PROCESS, lambda path: write_json(path, document), durable=False)
    return Launched(seed, state, reason, end, how)


@cache
def _version() -> str:
    return version("genconv")


def _told(run: Recorded, seed: int, folder: Path) -> str:
    told = {"folder": str(folder), "model": run.model, "dataset": run.dataset, "seed": seed, "config": dict(run.config)}
    return json.dumps(told)


def _in_words(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _outcome(end: ProcessEnd, folder: Path, timeout: float | None) -> tuple[State, str]:
    """State and reason by the process alone."""
    if end.stopped:
        return "interrupted", ""
    if end.timed_out:
        return "failed", f"timed out after {timeout:g} s"
    if end.exit_code == 0:
        return "finished", ""
    how = f"killed by {end.signal}" if end.signal else f"exit code {end.exit_code}"
    last = _last_line(folder / OUTPUT)
    return "failed", f"{how}, last line: {last}" if last else how


def _last_line(output: Path) -> str:
    try:
        with output.open("rb") as file:
            file.seek(max(0, output.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((printable(line.strip())[:120] for line in reversed(lines) if line.strip()), "")


def _recorded_outcome(recorder: Recorder, state: State, reason: str) -> tuple[State, str]:
    """The same beside what the script has recorded; its log has the outcome afterwards."""
    found = open_recorded(recorder.path)
    if state == "finished" and found.state == "failed":
        return "failed", found.reason
    if state == "finished" and not found.places:
        state, reason = "failed", "exit code 0, but it recorded nothing: genconv.record in the script, or --read FILE"
    elif state == "finished" and found.state != "finished":
        state, reason = "failed", "exit code 0, but its recording has no end"
    if state != "finished":
        Recorder(recorder.path, found.run).start(again=True).end(state, reason)
    return state, reason


def _read(
    command: Command, seed: int, recorder: Recorder, begin: float, state: State, reason: str
) -> tuple[State, str, tuple[str, ...]]:
    """Log what the command has left in its file, of a run that failed too: it may have diverged."""
    path = Path(command.filled(str(command.read), seed, recorder.path))
    try:
        found = losses_of(path, command.options, seed, begin)
        for place, losses in found.values.items():
            recorder.log(**{found.counted: place, **losses})
    except InputError as error:
        return (state, reason, ()) if state != "finished" else ("failed", f"exit code 0, but {error}", ())
    return state, reason, found.how
