"""Run any command over seeds: a process and a recorded run each, with what came of it."""

import json
import os
import re
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from genconv.coordinates import Coordinates
from genconv.errors import InputError, printable, shown
from genconv.experiment.process import ProcessEnd, hold, run_process
from genconv.measure import LOSS, Measure
from genconv.readers.launched import losses_of
from genconv.readers.options import ImportOptions
from genconv.store.files import write_json
from genconv.store.folders import prepare
from genconv.store.lock import claim, owner
from genconv.store.recorded import Recorded, State, is_recorded, open_recorded
from genconv.store.recorder import LAUNCHED, Recorder
from genconv.store.writing import write_file

OUTPUT, PROCESS, LOCK = "output.txt", "process.json", "launch.lock"
PLACEHOLDERS = ("seed", "folder")
_HEARING = 0.1
"""Seconds until a signal is heard that another thread has received."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Command:
    """What is run for each seed."""

    words: tuple[str, ...]
    """With `{seed}` and `{folder}`, the run's own folder, in place of their values."""
    model: str
    dataset: str
    read: str | None = None
    """The file or folder in which the command leaves its losses; None for a script that uses `genconv.record`."""
    options: ImportOptions = field(default_factory=ImportOptions)
    """How `read` is read."""
    measure: Measure = LOSS
    timeout: float | None = None
    """Seconds until a process is ended."""

    def __post_init__(self) -> None:
        if not self.words:
            raise InputError("no command given: genconv launch … -- COMMAND")
        for text in (*self.words, self.read or ""):
            if unknown := [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]:
                raise InputError(f"'{text}': {{{unknown[0]}}} is no placeholder; they are {{seed}} and {{folder}}")
        if shutil.which(self.words[0]) is None:
            raise InputError(f"command '{self.words[0]}': is not there, or cannot be executed")
        if self.timeout is not None and not self.timeout > 0:
            raise InputError(f"--timeout {self.timeout:g}: must be above 0")

    def run(self, seed: int) -> Recorded:
        """The recorded run of a seed; the command is its configuration."""
        config = {"command": shlex.join(self.words)}
        return Recorded(self.dataset, self.model, Coordinates.of_seed(seed), False, self.measure, config)

    def filled(self, text: str, seed: int, folder: Path) -> str:
        """A word with the values of its placeholders."""
        values = {"seed": str(seed), "folder": str(folder)}
        return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


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


def launch(
    command: Command, seeds: Sequence[int], root: Path, jobs: int = 1, told: Callable[[Launched], None] = lambda _: None
) -> list[Launched]:
    """Run the command for each seed whose run is not finished, at most `jobs` at once; in the order of the seeds.

    `told` hears of each run when it is over. Whatever interrupts the call ends the processes, too.

    Raises:
        InputError: For a store that cannot be written, and a command that cannot be started.

    """
    if jobs < 1:
        raise InputError(f"--jobs {jobs}: must be at least 1")
    if jobs > 1 and command.read is not None and not _PLACEHOLDER.search(command.read):
        raise InputError(f"--read {shown(command.read)}: with --jobs, runs write into one file; name {{seed}} in it")
    root = prepare(root).resolve()
    stop = threading.Event()
    found: dict[int, Launched] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            over: Queue[Future[Launched]] = Queue()
            for seed in seeds:
                pool.submit(_run, command, seed, root, stop).add_done_callback(over.put)
            while len(found) < len(seeds):
                with suppress(Empty):
                    one = over.get(timeout=_HEARING).result()  # signals are heard only between such waits
                    found[one.seed] = one
                    told(one)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [found[seed] for seed in seeds]


def _run(command: Command, seed: int, root: Path, stop: threading.Event) -> Launched:
    run = command.run(seed)
    folder = root / run.folder_name
    lock = claim(folder / LOCK)
    if lock is None:
        return Launched(seed, "running", owner(folder / LOCK))
    recorder = Recorder(folder, run)
    held: int | None = None
    try:
        if is_recorded(folder):
            before = open_recorded(folder)
            if before.state == "finished":
                return Launched(seed, "finished", "before")
            recorder = Recorder(folder, before.run)  # a script adds its own configuration
        if (held := hold(folder / OUTPUT)) is None:
            return Launched(seed, "running", "its process outlives an earlier launcher")
        return _run_process(command, seed, recorder, stop, held)
    except InputError as error:
        with suppress(InputError):  # whatever cannot be opened is damaged, and stays as it is
            if not recorder.is_open:
                recorder.start(again=True)
            recorder.end("failed", str(error))
        return Launched(seed, "failed", printable(str(error)))
    finally:
        recorder.end("interrupted")
        if held is not None:
            os.close(held)
        lock.release()


def _run_process(command: Command, seed: int, recorder: Recorder, stop: threading.Event, held: int) -> Launched:
    folder = recorder.path
    recorder.start()
    if command.read is None:  # the script itself will hold the run
        recorder.end("interrupted", "was launched, and has recorded nothing")
    begin = time.time()
    words = [command.filled(word, seed, folder) for word in command.words]
    end = run_process(words, _environment(recorder.run, seed, folder), folder / OUTPUT, command.timeout, stop, held)
    state, reason = _outcome(end, folder)
    how: tuple[str, ...] = ()
    if command.read is None:
        state, reason = _recorded_outcome(recorder, state, reason)
    else:
        state, reason, how = _read(command, seed, recorder, begin, state, reason)
        recorder.end(state, reason)
    document = {"command": words, "read": list(how), **end.as_json()}
    write_file(folder / PROCESS, lambda path: write_json(path, document), durable=False)
    return Launched(seed, state, reason, end, how)


def _environment(run: Recorded, seed: int, folder: Path) -> dict[str, str]:
    told = {"folder": str(folder), "model": run.model, "dataset": run.dataset, "seed": seed, "config": dict(run.config)}
    return {**os.environ, LAUNCHED: json.dumps(told)}


def _outcome(end: ProcessEnd, folder: Path) -> tuple[State, str]:
    """State and reason by the process alone."""
    if end.stopped:
        return "interrupted", ""
    if end.timed_out:
        return "failed", f"timed out after {end.seconds:.0f} s"
    if end.exit_code == 0:
        return "finished", ""
    how = f"killed by {end.signal}" if end.signal else f"exit code {end.exit_code}"
    last = _last_line(folder / OUTPUT)
    return "failed", f"{how}: {last}" if last else how


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


def summary(runs: Iterable[Launched]) -> str:
    """`12 runs: 9 finished, 3 failed`."""
    states: dict[str, int] = {}
    for one in runs:
        states[one.state] = states.get(one.state, 0) + 1
    total = sum(states.values())
    return f"{total} run{'s' * (total != 1)}: {', '.join(f'{count} {state}' for state, count in states.items())}"
