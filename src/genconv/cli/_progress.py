"""What a person sees while a study trains: a live display on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from genconv.cli._progress_log import Both, Log
from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.experiment.observer import Observer, PlannedCell
from genconv.experiment.observer import Progress as Epoch
from genconv.experiment.overall import Overall
from genconv.report.durations import duration
from genconv.report.format import counted

_QUIET_SECONDS = 5.0


@contextmanager
def observer(*, quiet: bool, log: Path | None = None) -> Iterator[Observer]:
    """The observer that suits the place: none but warnings if quiet, live on a terminal, lines elsewhere; with `log`,
    lines in that file as well.
    """
    console = Console(stderr=True)
    with ExitStack() as stack:
        shown: Observer = Muted() if quiet else Lines()
        if not quiet and console.is_terminal:
            shown = stack.enter_context(LiveDisplay(console))
        if log is None:
            yield shown
            return
        try:
            file = log.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise InputError(f"--log {log}: cannot be written ({error.strerror})") from None
        written = Log(file, shown)
        stack.callback(written.close)
        yield Both(shown, Lines(written))


class Muted(Observer):
    """Says nothing but warnings."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or _say

    def warned(self, message: str) -> None:
        """Print the warning."""
        self._say(f"warning: {message}")


class Lines(Muted):
    """Plain lines, one every few seconds and at the end of each cell."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        super().__init__(say)
        self._said = 0.0
        self._overall = Overall(())
        self._variants: dict[str, str] = {}
        self._runs = 0

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """How much there is to do."""
        self._overall = Overall(cells)
        self._variants = {one.identity: one.variant for one in cells}
        self._say(plan_in_words(cells))

    def noted(self, message: str) -> None:
        """How a dataset is read."""
        self._say(message)

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Which cell begins."""
        self._say(f"{self._name(cell)}: {len(runs)} runs, {cell.training.epochs} epochs; compiling")

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        """From where it goes on."""
        self._say(f"{self._name(cell)}: goes on from epoch {epoch}")

    def epoch_finished(self, progress: Epoch) -> None:
        """Where the cell and the study stand, not more than every few seconds."""
        self._overall.epoch_finished(progress)
        if time.monotonic() - self._said >= _QUIET_SECONDS or progress.epoch == progress.cell.training.epochs:
            self._said = time.monotonic()
            epochs = progress.cell.training.epochs
            all_of_it = f"; {_left(self._overall)}" if len(self._overall.cells) > 1 else ""
            self._say(f"{self._name(progress.cell)}: epoch {progress.epoch}/{epochs}, {progress.words}{all_of_it}")

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """Which cell is done."""
        self._overall.cell_finished(cell, len(runs))
        self._say(f"{self._name(cell)}: {len(runs)} runs stored after {seconds:.0f} s")

    def _name(self, cell: Cell) -> str:
        """The cell in words, with what sets it apart from others of these names."""
        variant = self._variants.get(cell.identity)
        return f"{name(cell)} ({variant})" if variant else name(cell)

    def run_finished(self, name: str, seed: int, state: str, reason: str) -> None:
        """Which run failed, and every few seconds how many are finished."""
        self._runs += 1
        if state != "finished":
            self._say(f"{name}, seed {seed}: {state}" + (f" ({reason})" if reason else ""))
        elif time.monotonic() - self._said >= _QUIET_SECONDS:
            self._said = time.monotonic()
            self._say(f"{counted(self._runs, 'run')} of commands over, the last of {name}")

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        """How many there are, not more than every few seconds."""
        if time.monotonic() - self._said >= _QUIET_SECONDS:
            self._said = time.monotonic()
            self._say(f"{run}: {drawn} of {count} samples")


class LiveDisplay(Observer):
    """A bar for all cells together where there are several, with the time left, and one for each cell."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._overall = Overall(())
        self._all: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}
        self._launched: TaskID | None = None
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[standing]}"),
            _TimeLeft(compact=True),
            console=console,
        )

    def __enter__(self) -> "LiveDisplay":
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """One bar for each cell that will be trained."""
        self._console.print(plan_in_words(cells), highlight=False, markup=False)
        self._overall = Overall(cells)
        if (count := len(self._overall.cells)) > 1:
            self._all = self._bars.add_task(f"all {count} cells", total=count, standing="", overall=self._overall)
        several = len({cell.protocol for cell in cells}) > 1
        for cell in cells:
            if cell.missing:
                label = f"{cell.dataset} {cell.model}" + (f" {cell.protocol}" if several else "")
                label += f" ({cell.variant})" if cell.variant else ""
                standing = f"{len(cell.missing)} runs"
                self._tasks[cell.identity] = self._bars.add_task(
                    label, total=cell.epochs or len(cell.missing), start=cell.epochs is None, standing=standing
                )
                if cell.epochs is None:
                    self._launched = self._tasks[cell.identity]

    def noted(self, message: str) -> None:
        """How a dataset is read, above the bars."""
        self._console.print(f"genconv: {message}", highlight=False, markup=False)

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Start the clock of the cell."""
        task = self._tasks[cell.identity]
        self._bars.start_task(task)
        self._bars.update(task, standing=f"{len(runs)} runs, compiling")

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        """Move the bar to where it goes on, and say so above the bars, where it stays."""
        self._bars.update(self._tasks[cell.identity], completed=epoch)
        self._console.print(f"genconv: {name(cell)}: goes on from epoch {epoch}", highlight=False, markup=False)

    def epoch_finished(self, progress: Epoch) -> None:
        """Move the bar."""
        self._bars.update(self._tasks[progress.cell.identity], completed=progress.epoch, standing=progress.words)
        self._overall.epoch_finished(progress)
        self._move_all()

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """Move the bar of all cells."""
        del seconds
        self._overall.cell_finished(cell, len(runs))
        self._move_all()

    def _move_all(self) -> None:
        if self._all is not None:
            percent = f"{100 * self._overall.fraction:.0f} % of all epochs"
            self._bars.update(self._all, completed=self._overall.cells_done, standing=percent)

    def run_finished(self, name: str, seed: int, state: str, reason: str) -> None:
        """Move the bar of launched runs; print what failed above it."""
        if state != "finished":
            self._console.print(f"genconv: {name}, seed {seed}: {state} ({reason})", highlight=False, markup=False)
        if self._launched is not None:
            self._bars.update(self._launched, advance=1)

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        """A bar for the samples of each run."""
        if run not in self._tasks:
            self._tasks[run] = self._bars.add_task(run, total=count, standing="samples")
        self._bars.update(self._tasks[run], completed=drawn)

    def warned(self, message: str) -> None:
        """Print the warning above the bars."""
        self._console.print(f"genconv: warning: {message}", highlight=False, markup=False)


class _TimeLeft(TimeRemainingColumn):
    """Of one cell by its latest epochs, of all cells by all that was done."""

    def render(self, task: Task) -> Text:
        """`0:12`, or `-:--` before anything is known."""
        if (overall := task.fields.get("overall")) is None:
            return super().render(task)
        left = overall.seconds_left
        return Text("-:--" if left is None else str(timedelta(seconds=round(left))), style="progress.remaining")


def _left(overall: Overall) -> str:
    """`34 % of all, about 3 min left`."""
    left = overall.seconds_left
    words = f"{100 * overall.fraction:.0f} % of all"
    return words if left is None else f"{words}, about {duration(left)} left"


def name(cell: Cell) -> str:
    """A cell in words."""
    return f"{cell.dataset} · {cell.model} · {cell.protocol}"


def plan_in_words(cells: Sequence[PlannedCell]) -> str:
    """How many runs are finished already and how many are missing."""
    finished = sum(len(cell.finished) for cell in cells)
    missing = sum(len(cell.missing) for cell in cells)
    runs = f"{counted(finished + missing, 'run')} in {counted(len(cells), 'cell')}"
    verb = verb_of(cells)
    if missing == 0:
        return f"{runs}: all finished already, nothing to {verb}"
    return f"{runs}: {finished} finished already, {missing} to {verb}" if finished else f"{runs} to {verb}"


def verb_of(cells: Sequence[PlannedCell]) -> str:
    """`train` if all of them are trained, else `run`."""
    return "train" if all(cell.verb == "train" for cell in cells) else "run"


def _say(message: str) -> None:
    with suppress(OSError, ValueError):  # nobody listens, which is no reason to end the work
        print(f"genconv: {message}", file=sys.stderr, flush=True)
