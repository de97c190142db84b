"""A study of three seeds and five epochs, what watches and stops it, and every number that it ends with."""

from pathlib import Path
from typing import Any

from genconv.config.run import Cell
from genconv.config.study import Study
from genconv.experiment.observer import Observer, Progress
from genconv.store.runs import StoredRun

STUDY = """
name = "a"
seeds = 3
[[cells]]
models = "MODEL"
datasets = "8gaussians"
MODELS
[cells.data]
training_size = 96
validation_size = 64
test_size = 32
[cells.training]
epochs = 5
batch_size = 32
validation_batch_size = 64
warmup_steps = 2
[cells.evaluation]
importance_samples = 2
samples = 4
[execution]
checkpoint_epochs = 1
"""
WIDTHS = {
    "vae": "model = { hidden = [6], latent = 2, kl_warmup_epochs = 2 }",
    "lvae": "model = { hidden = [6, 5], latent = [2, 2], kl_warmup_epochs = 2 }",
}


def study(model: str = "vae", *settings: str) -> Study:
    text = STUDY.replace("MODELS", WIDTHS[model]).replace("MODEL", model)
    return Study.from_toml(text, "here").with_overrides(settings)


class StopsAfter(Observer):
    """Raises after so many epochs."""

    def __init__(self, epochs: int, error: BaseException) -> None:
        self.left, self.error, self.seen, self.warnings = epochs, error, [], list[str]()
        self.resumed: list[int] = []

    def cell_resumed(self, cell: Cell, epoch: int) -> None:
        del cell
        self.resumed.append(epoch)

    def epoch_finished(self, progress: Progress) -> None:
        self.seen.append(progress.epoch)
        self.left -= 1
        if self.left == 0:
            raise self.error

    def warned(self, message: str) -> None:
        self.warnings.append(message)


def contents(folders: list[Path]) -> list[Any]:
    """Every number of the runs: curves, outcome, weights, samples."""
    runs = [StoredRun.open(folder) for folder in folders]
    arrays = [{**run.weights, **{f"s.{k}": v for k, v in run.samples.items()}} for run in runs]
    return [
        (run.run, run.outcome.as_json(), run.curves.to_dict(as_series=False), {k: v.tobytes() for k, v in own.items()})
        for run, own in zip(runs, arrays, strict=True)
    ]
