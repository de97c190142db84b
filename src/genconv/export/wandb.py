"""Weights & Biases: an offline run for each run, which `wandb sync` sends on. Needs `genconv[wandb]`."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.export.runs import ExportedRun, exported_cells
from genconv.store.results import Results

PROJECT = "genconv"


def write_wandb(results: Results, folder: Path) -> list[Path]:
    """Offline runs below `folder/wandb`; their group is the model, their configuration holds every setting."""
    try:
        import wandb  # noqa: PLC0415  it is needed here only
    except ImportError:
        raise InputError("wandb is not installed: pip install 'genconv[wandb]'") from None
    folder.mkdir(parents=True, exist_ok=True)
    for run in (run for cell in exported_cells(results) for run in cell):
        _log(wandb, run, folder)
    return [folder / "wandb"]


def _log(wandb: Any, run: ExportedRun, folder: Path) -> None:
    quiet = wandb.Settings(console="off", silent=True, x_disable_stats=True, x_disable_meta=True)
    own = {"dataset": run.dataset, "model": run.model, "seed": run.label}
    logged = wandb.init(
        mode="offline",
        dir=str(folder),
        project=PROJECT,
        group=run.model,
        name=f"{run.cell_folder}-{run.folder}",
        config={**run.settings, **own},
        settings=quiet,
        reinit="finish_previous",
    )
    rows: dict[int, dict[str, float]] = defaultdict(dict)
    for name, track in run.tracks.items():
        epochs = track.places if track.epochs is None else track.epochs.tolist()
        for step, epoch, value in zip(track.places, epochs, track.values.tolist(), strict=True):
            rows[step][name] = value
            if track.epochs is not None:
                rows[step]["epoch"] = epoch
    for step in sorted(rows):
        logged.log(rows[step], step=step)
    logged.summary["diverged"] = run.diverged
    logged.finish(exit_code=0)
