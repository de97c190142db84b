"""Record a training from any code: each value that is logged is on disk within a second."""

import hashlib
import math
import os
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, SupportsFloat

from genconv.errors import InputError, quoted
from genconv.measure import Kind
from genconv.store.files import one_line, unwritten, write_json
from genconv.store.lock import Lock, claim, owner
from genconv.store.log_writer import LogWriter
from genconv.store.recorded import LOCK, LOG, RECORD, Recorded, is_recorded, open_recorded
from genconv.store.recorded_log import Counted, State, as_written
from genconv.store.recorder_arguments import agreed, coordinates_of, launched_as, measure_of, number_of, plain
from genconv.store.writing import write_file


def record(  # noqa: PLR0913  what a run is, in one line of a script
    folder: str | Path = "runs",
    *,
    model: str | None = None,
    dataset: str | None = None,
    seed: int | None = None,
    streams: Mapping[str, int] | None = None,
    kind: Kind = "loss",
    unit: str | None = None,
    method: str = "",
    config: Mapping[str, Any] | None = None,
    fresh: bool = False,
) -> "Recorder":
    """Record one run of a training script in a store, to be used in a `with` statement.

    The run is finished at the end of the block, failed if an error leaves it, and interrupted if the process is killed;
    what was logged stays in each case. A run that failed or was interrupted may be recorded again: what the earlier
    start has logged from the first new epoch on is void.

    A script that `genconv launch` has started may leave out folder, model, dataset and seed: they are those of the
    command.

    Args:
        folder: The store; it is made if it is missing.
        model: Name of the model.
        dataset: Name of the dataset.
        seed: From 0 to 2³² − 1; `run.seed` tells it where it was launched.
        streams: Integers of single streams of random numbers, such as `{"init": 3, "order": 1}`; those that are not
            named have the seed, or 0 if there is none.
        kind: What the losses say: `exact` (−log p), `bound` (at least that), or `loss`.
        unit: `nats` or `bits/dim` of a likelihood (default nats), any other of a loss.
        method: How the losses were computed, such as `ELBO`.
        config: The configuration. Runs of one model and dataset whose configurations differ are different cells; the
            seed in it does not count.
        fresh: Record a finished run again; the earlier one is moved into a hidden folder.

    Returns:
        The run, whose `log` takes the values.

    Raises:
        InputError: For a name, seed, stream, unit or configuration that is not allowed; on entering the block for a
            run that is finished, or that another process records.
        WorkError: If the disk cannot be written.

    Example:
        >>> with genconv.record("runs", model="mine", dataset="photos", seed=3) as run:
        ...     run.log(epoch=0, training=2.5, validation=2.7, kl=0.1)

    """
    launched = launched_as()
    if launched is not None:
        given = {"model": model, "dataset": dataset, "seed": seed}
        model, dataset, seed = (agreed(name, value, launched[name]) for name, value in given.items())
        config = {**launched["config"], **(config or {})}
    if model is None or dataset is None:
        raise InputError(f"record: must be given a {'model' if model is None else 'dataset'}")
    coordinates = coordinates_of(seed, streams)
    measure = measure_of(kind, unit, method)
    run = Recorded(dataset, model, coordinates, bool(streams), measure, plain(config or {}))
    if launched is not None:
        return Recorder(Path(launched["folder"]), run)
    return Recorder(Path(folder) / run.folder_name, run, fresh=fresh)


class Recorder:
    """A run that this process records: a context manager, or `start` and `end` where a block does not fit."""

    def __init__(self, path: Path, run: Recorded, *, fresh: bool = False, timed: bool = True) -> None:
        self.path = path
        """The folder of the run."""
        self.run = run
        self._root, self._fresh, self._timed = path.parent, fresh, timed
        self._lock: Lock | None = None
        self._log: LogWriter | None = None
        self._again = False
        self._counted: Counted | None = None
        self._place = -math.inf
        self._logged: set[str] = set()
        self._began = 0.0

    def start(self, *, again: bool = False) -> Self:
        """Claim the run and begin its log, `again` even if it is finished."""
        self._again = again
        _check_root(self._root)
        self._lock = claim(self.path / LOCK)
        if self._lock is None:
            who = owner(self.path / LOCK)
            raise InputError(f"{self._name} is recorded by {who}: one process records a run")
        try:
            self._check_unfinished()
            self._open()
        except BaseException:
            self._release()
            raise
        return self

    def log(
        self,
        *,
        epoch: float | None = None,
        step: float | None = None,
        validation: SupportsFloat | None = None,
        training: SupportsFloat | None = None,
        **quantities: SupportsFloat,
    ) -> None:
        """Write down what is known at an epoch or a step.

        Args:
            epoch: From 0 or 1, as the script counts; a fraction is allowed.
            step: Optimizer steps done, instead of the epoch.
            validation: The validation loss; lower is better.
            training: The training loss.
            quantities: Any other numbers by name.

        Raises:
            InputError: For an epoch that goes back, a quantity that is logged twice at an epoch, and whatever is no
                number. NaN and infinities are numbers: a run whose losses end in them has diverged.
            WorkError: If the disk cannot be written.

        """
        self._check_open()
        counted, place = self._checked_place(epoch, step)
        losses = {"validation": validation, "training": training}
        given: dict[str, Any] = {name: value for name, value in losses.items() if value is not None} | quantities
        if not given:
            raise InputError(f"log({counted}={place:.12g}): has no value; give validation, training or others by name")
        values = {name: number_of(name, value) for name, value in given.items()}
        if place == self._place and (twice := [name for name in values if name in self._logged]):
            raise InputError(f"{counted} {place:.12g}: {quoted(twice)} is logged already")
        line = {
            counted: int(place) if place.is_integer() else place,
            "values": {name: as_written(value) for name, value in values.items()},
        }
        if self._timed:  # what is copied from a file says nothing of when it came about
            line["seconds"] = round(time.monotonic() - self._began, 3)
        self._write(line)
        self._logged = {*values, *(self._logged if place == self._place else ())}
        self._counted, self._place = counted, place

    def end(self, state: State = "finished", reason: str = "") -> None:
        """Close the log; `state` is `finished`, `failed` or `interrupted`, with the reason in a few words."""
        if self._log is None or self._log.process != os.getpid():
            return
        try:
            so_far = hashlib.sha256((self.path / LOG).read_bytes()).hexdigest()
            self._write({"end": state, "time": _now(), "sha256": so_far, **({"reason": reason} if reason else {})})
        finally:
            self._release()

    @property
    def seed(self) -> int:
        """The seed that every stream of random numbers has.

        Raises:
            InputError: If the streams have integers of their own.

        """
        seed = self.run.coordinates.seed
        if seed is None:
            raise InputError(f"{self.run.label}: its streams have integers of their own, run.run.coordinates")
        return seed

    @property
    def is_open(self) -> bool:
        """Whether it has been started and not ended."""
        return self._log is not None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.end()
        elif isinstance(error, SystemExit) and isinstance(error.__context__, KeyboardInterrupt):
            self.end("interrupted")  # some frameworks exit with 1 after Ctrl-C
        elif isinstance(error, Exception | SystemExit):
            self.end("failed", f"{type(error).__name__}: {one_line(error)}".rstrip(": "))
        else:
            self.end("interrupted")

    @property
    def _name(self) -> str:
        return f"{self.run.label} of {self.run.model} on {self.run.dataset}"

    def _check_unfinished(self) -> None:
        if not is_recorded(self.path):
            return
        if self._fresh:
            self._set_aside()
            return
        found = open_recorded(self.path)
        if found.state == "finished" and not self._again:
            raise InputError(f"{self._name} is finished in {self.path}: fresh=True records it again")
        if found.run.identity != self.run.identity:
            if found.places:
                raise InputError(f"{self._name} was recorded with another configuration in {self.path}: move it away")
            (self.path / RECORD).unlink()

    def _set_aside(self) -> None:
        from genconv.store.folders import set_aside  # noqa: PLC0415  configurations are imported late

        self._release()
        set_aside(self._root, [self.path], datetime.now(UTC))
        self._lock = claim(self.path / LOCK)
        if self._lock is None:
            raise InputError(f"{self._name} is recorded by {owner(self.path / LOCK)}: one process records a run")

    def _open(self) -> None:
        """Write what the run is, go on with its log, and say who starts."""
        document = {**self.run.as_json(), "identity": self.run.identity}
        try:
            self._log = LogWriter(self.path / LOG)
            if not is_recorded(self.path):
                write_file(self.path / RECORD, lambda path: write_json(path, document))
        except OSError as error:
            raise unwritten(f"cannot write {self.path}", self._root, error) from None
        self._began = time.monotonic()
        self._write({"start": _now(), "process": os.getpid(), "host": socket.gethostname()})

    def _check_open(self) -> None:
        if self._log is None:
            raise InputError(
                f"{self._name} is not being recorded: log within the block `with genconv.record(…) as run`"
            )
        if self._log.process != os.getpid():
            raise InputError(f"{self._name} is recorded by process {self._log.process}, not by its child {os.getpid()}")

    def _checked_place(self, epoch: float | None, step: float | None) -> tuple[Counted, float]:
        if (epoch is None) == (step is None):
            raise InputError("log: must be given either epoch or step")
        counted: Counted = "epoch" if step is None else "step"
        place = number_of(counted, epoch if step is None else step)
        if not 0 <= place < math.inf:
            raise InputError(f"{counted} = {place}: must be a finite number from 0")
        if self._counted not in (None, counted):
            raise InputError(f"{counted} = {place:.12g}: this run counts {self._counted}s")
        if place < self._place:
            raise InputError(f"{counted} = {place:.12g}: must be at least {self._place:.12g}, which is logged already")
        return counted, place

    def _write(self, line: Mapping[str, Any]) -> None:
        assert self._log is not None  # noqa: S101  it was started
        if self._lock is not None:
            self._lock.check()
        try:
            self._log.write(line)
        except OSError as error:
            raise unwritten(f"cannot write {self.path / LOG}", self.path, error) from None

    def _release(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _check_root(root: Path) -> None:
    """`InputError` for what cannot be a folder of runs."""
    if any((root / name).exists() for name in (RECORD, "config.json", "import.json")):
        raise InputError(f"folder '{root}' is a run: name the folder of the runs")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder '{root}' cannot be written: {one_line(error)}") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
