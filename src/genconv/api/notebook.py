"""Progress of a training where nobody has asked for any other: a bar in a notebook, nothing elsewhere."""

import sys
import time
from collections.abc import Sequence
from html import escape
from importlib import import_module
from typing import Any

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.experiment.observer import Observer, PlannedCell, Progress
from genconv.experiment.overall import Overall

_PAUSE = 0.25
"""Seconds between two pictures of the bar."""


def observer_here() -> Observer:
    """A bar in a notebook; an observer that is silent anywhere else."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return NotebookBar() if getattr(shell, "kernel", None) is not None else Observer()


class NotebookBar(Observer):
    """One bar below the cell of the notebook: what trains now, how much of all is done, and the time left."""

    def __init__(self) -> None:
        self._overall = Overall(())
        self._handle: Any = None
        self._shown_at = self._began = 0.0

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        """Show the bar, if there is anything to train."""
        self._overall = Overall(cells)
        if self._overall.cells:
            self._show("compiling")

    def noted(self, message: str) -> None:
        """How a dataset is read."""
        _say(message)

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        """Which cell begins."""
        self._show(f"{cell.model} on {cell.dataset}: {len(runs)} runs, compiling")

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        """From where it goes on."""
        self._show(f"{cell.model} on {cell.dataset}: goes on from epoch {epoch}, compiling")

    def epoch_finished(self, progress: Progress) -> None:
        """Move the bar, not more often than the eye sees."""
        self._overall.epoch_finished(progress)
        if time.monotonic() - self._shown_at >= _PAUSE:
            cell = progress.cell
            self._show(
                f"{cell.model} on {cell.dataset}: epoch {progress.epoch}/{cell.training.epochs}, {progress.words}"
            )

    def cell_finished(self, cell: Cell, runs: Sequence[Coordinates], seconds: float) -> None:
        """Which cell is done."""
        self._overall.cell_finished(cell, len(runs))
        self._show(f"{cell.model} on {cell.dataset}: {len(runs)} runs stored after {seconds:.0f} s")

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        """Move the bar, of samples alone."""
        if drawn == 0:
            self._began = time.monotonic()
        elif drawn < count and time.monotonic() - self._shown_at < _PAUSE:
            return
        taken = time.monotonic() - self._began
        left = taken * (count - drawn) / drawn if drawn else None
        self._draw_bar(drawn / count, left, f"{run}: {drawn:,} of {count:,} samples")

    def warned(self, message: str) -> None:
        """Print the warning."""
        _say(f"warning: {message}")

    def _show(self, words: str) -> None:
        self._draw_bar(self._overall.fraction, self._overall.seconds_left, words)

    def _draw_bar(self, done: float, left: float | None, words: str) -> None:
        shown = import_module("IPython.display")
        self._shown_at = time.monotonic()
        rest = "" if left is None or left < 1 else f", about {left:.0f} s left"
        bar = f'<progress value="{done:.4f}" max="1" style="width:20em"></progress>'
        html = shown.HTML(f"{bar} {100 * done:.0f} %{rest} · {escape(words)}")
        if self._handle is None:
            self._handle = shown.display(html, display_id=True)
        else:
            self._handle.update(html)


def _say(message: str) -> None:
    print(f"genconv: {message}", file=sys.stderr)
