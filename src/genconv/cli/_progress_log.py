"""A log file beside what a person sees."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TextIO

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.experiment.observer import Observer, PlannedCell
from genconv.experiment.observer import Progress as Epoch


class Both(Observer):
    """Tells two observers."""

    def __init__(self, first: Observer, second: Observer) -> None:
        self._both = (first, second)

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """Tell both."""
        for one in self._both:
            one.study_planned(cells)

    def noted(self, message: str) -> None:
        """Tell both."""
        for one in self._both:
            one.noted(message)

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Tell both."""
        for one in self._both:
            one.cell_started(cell, runs)

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        """Tell both."""
        for one in self._both:
            one.cell_resumed(cell, epoch)

    def epoch_finished(self, progress: Epoch) -> None:
        """Tell both."""
        for one in self._both:
            one.epoch_finished(progress)

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """Tell both."""
        for one in self._both:
            one.cell_finished(cell, runs, seconds)

    def run_finished(self, name: str, seed: int, state: str, reason: str) -> None:
        """Tell both."""
        for one in self._both:
            one.run_finished(name, seed, state, reason)

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        """Tell both."""
        for one in self._both:
            one.samples_drawn(run, drawn, count)

    def warned(self, message: str) -> None:
        """Tell both."""
        for one in self._both:
            one.warned(message)


class Log:
    """Lines with their time in a file; when it cannot be written any more, that is told and the work goes on."""

    def __init__(self, file: TextIO, shown: Observer) -> None:
        self._file, self._shown, self._ended = file, shown, False

    def __call__(self, message: str) -> None:
        if self._ended:
            return
        try:
            print(datetime.now().astimezone().isoformat(timespec="seconds"), message, file=self._file)
        except OSError as error:
            self._ended = True
            self._shown.warned(f"--log {self._file.name}: ends here ({error.strerror}); the training goes on")

    def close(self) -> None:
        """Close the file, whatever is left of it."""
        with suppress(OSError):
            self._file.close()
