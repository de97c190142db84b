"""The formats of trackers and trainers: how a file of a folder is recognised, and who reads the files of one kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genconv.readers import clearml, comet, dvclive, neptune, ray, trackio, trainer_state
from genconv.readers.databases import SUFFIXES as DATABASES
from genconv.readers.json_records import load, read_json
from genconv.readers.mlflow import is_run_file, read_mlflow_files
from genconv.readers.mlflow_sqlite import read_mlflow_sqlite
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading
from genconv.readers.scalars import reading_of
from genconv.readers.tables import PARQUET, read_table
from genconv.readers.tensorboard import is_event_file, read_tensorboard
from genconv.readers.wandb import is_wandb_file, read_wandb

Files = Sequence[Path]


@dataclass(frozen=True)
class Format:
    """One format of a tracker or trainer."""

    is_file: Callable[[Path], bool]
    """Whether a file in a folder is of this format."""
    read: Callable[[Path, Files, ImportOptions], Sequence[Reading]]
    """The runs of the files of a folder, given the folder and these files."""
    alone: bool = False
    """Whether other files in the folders of such files, and below, belong to the same runs and are not read."""


def _each(read: Callable[[Path, ImportOptions], Reading]) -> Callable[[Path, Files, ImportOptions], list[Reading]]:
    return lambda _, files, options: [read(file, options) for file in files]


def _whole(read: Callable[[Path, ImportOptions], Reading]) -> Callable[[Path, Files, ImportOptions], list[Reading]]:
    return lambda path, _, options: [read(path, options)]


def _together(
    read: Callable[[Path, Files, ImportOptions], Reading],
) -> Callable[[Path, Files, ImportOptions], list[Reading]]:
    return lambda path, files, options: [read(path, files, options)]


def _states(path: Path, files: Files, options: ImportOptions) -> list[Reading]:
    """Of the checkpoints of a run the last, which holds the history of all."""
    chosen, others = trainer_state.last_states(files)
    readings = [read_json(file, options) for file in chosen]
    if others:
        note = f"of the checkpoints of a run the last is read ({others} others hold a part of its history)"
        readings[0] = replace(readings[0], notes=(*readings[0].notes, note))
    return readings


def _trials(path: Path, files: Files, options: ImportOptions) -> list[Reading]:
    return [read_json(file, options) if file.suffix == ".json" else read_trial(file, options) for file in files]


def read_trial(path: Path, options: ImportOptions) -> Reading:
    """The trial in a `progress.csv`."""
    return ray.read_trial(path, read_table(path).frame, options)


def _comets(path: Path, files: Files, options: ImportOptions) -> list[Reading]:
    return [reading_of([comet.run_of(file, load(file)) for file in files], files, options, f"'{path}'")]


def is_mlflow_database(path: Path) -> bool:
    """Whether a file is a database, and none of trackio."""
    return path.suffix.lower() in DATABASES and not trackio.is_database(path)


def is_trackio_database(path: Path) -> bool:
    """Whether a file is a database of trackio."""
    return path.suffix.lower() in DATABASES and trackio.is_database(path)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in PARQUET


FORMATS: dict[str, Format] = {
    "tensorboard": Format(is_event_file, _whole(read_tensorboard)),
    "mlflow": Format(is_run_file, _whole(read_mlflow_files), alone=True),
    "mlflow database": Format(is_mlflow_database, _each(read_mlflow_sqlite)),
    "wandb": Format(is_wandb_file, _whole(read_wandb), alone=True),
    "trackio": Format(is_trackio_database, _each(trackio.read_trackio), alone=True),
    "trackio export": Format(
        lambda path: _is_parquet(path) and trackio.is_exported_file(path), _each(trackio.read_export), alone=True
    ),
    "neptune": Format(
        lambda path: _is_parquet(path) and neptune.is_export(trackio.parquet_columns(path)),
        _together(neptune.read_neptune),
    ),
    "trainer": Format(lambda path: path.name == trainer_state.NAME, _states, alone=True),
    "ray": Format(ray.is_trial, _trials, alone=True),
    "dvclive": Format(dvclive.is_metric_file, _together(dvclive.read_dvclive)),
    "clearml": Format(clearml.is_session_file, _together(clearml.read_sessions), alone=True),
    "clearml archive": Format(clearml.is_archive, _each(clearml.read_archive)),
    "comet": Format(comet.is_downloaded, _comets, alone=True),
    "comet archive": Format(comet.is_offline, _each(comet.read_offline)),
}
"""By name, the more certain first; a file is of the first format that knows it."""


def format_of(path: Path) -> str | None:
    """The name of the format that a file of a folder has; None for tables, JSON and anything else."""
    return next((name for name, form in FORMATS.items() if form.is_file(path)), None)
