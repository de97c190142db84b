"""A store in which runs are in training, without a compiler: what a training process writes, line by line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.measure import ELBO
from genconv.store.checkpoints import set_folder, write_runs
from genconv.store.growing import NAME, GrowingRuns, epoch_line
from genconv.store.lock import acquire
from genconv.store.status import CellStatus, write_status
from tests.experiment.synthetic_runs import cell


class Trains:
    """Some runs of a cell."""

    def __init__(self, root: Path, model: str = "vae", runs: int = 3) -> None:
        self.cell = cell(model=model, dataset="8gaussians")
        self.runs = tuple(map(Coordinates.of_seed, range(runs)))
        self.folder, self.done, self.diverged = set_folder(root, self.cell, self.runs), 0, 0
        write_runs(self.folder, {run: f"run-{run.init}" for run in self.runs})
        about = GrowingRuns(self.cell, self.runs, ELBO, None, 4)
        (self.folder / NAME).write_text(about.line)
        self._status()

    def epoch(self, ended: Mapping[int, Divergence] | None = None) -> None:
        """Another epoch is done."""
        self.done += 1
        self.diverged += len(ended or {})
        losses = [4.0 / self.done + place for place in range(len(self.runs))]
        values = {"training.loss": losses, "validation.loss": losses, "validation.kl": losses}
        with (self.folder / NAME).open("a") as file:
            file.write(epoch_line(values, 0.5 * self.done, ended or {}))
        self._status()

    def _status(self) -> None:
        more = {"done": self.done, "diverged": self.diverged, "seconds_per_epoch": 60.0 if self.done else None}
        write_status(self.folder, CellStatus.of(self.cell, len(self.runs), **more))


@contextmanager
def training(root: Path, model: str = "vae", runs: int = 3) -> Iterator[Trains]:
    """A process that is alive trains these runs in the block."""
    one = Trains(root, model, runs)
    lock = acquire(one.folder.with_suffix(".lock"))
    assert lock is not None
    try:
        yield one
    finally:
        lock.release()
