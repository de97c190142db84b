"""Run folders: configuration, outcome and environment as JSON; curves, weights, samples and examples as arrays."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from safetensors import SafetensorError

from genconv.config.base import canonical_json
from genconv.config.run import FORMAT, Cell, Run
from genconv.coordinates import Coordinates
from genconv.curves import FloatArray
from genconv.errors import InputError, shown
from genconv.store.arrays import Arrays, read_arrays, write_arrays
from genconv.store.curves import RunCurves, checked_curves, read_curves, write_curves
from genconv.store.files import (
    checked_contents,
    one_line,
    parsed_json,
    read_json,
    read_plain,
    unwritten,
    write_json,
)
from genconv.store.folders import CONFIG, folder_name, name_of_folder
from genconv.store.outcome import Outcome
from genconv.store.upgrades import (
    checked_format,
    identity_as_stored,
    upgraded_config,
    upgraded_outcome,
    upgraded_samples,
)
from genconv.store.writing import write_folder

if TYPE_CHECKING:
    import polars as pl

OUTCOME, ENVIRONMENT, CURVES = "outcome.json", "environment.json", "curves.safetensors"
EPOCH_SECONDS = "epoch_seconds"
"""In the environment: seconds of training at the end of each epoch, pauses left out, of all runs trained together."""
WEIGHTS, SAMPLES, EXAMPLES = "weights.safetensors", "samples.safetensors", "examples.safetensors"
STATE = "state.safetensors"
"""Of runs that diverged alone, and not of all."""
FILES = (CONFIG, CURVES, OUTCOME, ENVIRONMENT, WEIGHTS, SAMPLES, EXAMPLES)
CURVES_1 = "curves.parquet"
FILES_1 = (CONFIG, CURVES_1, OUTCOME, ENVIRONMENT, WEIGHTS, SAMPLES)
"""What format 1 had."""


@dataclass(frozen=True)
class RunRecord:
    """One finished run, complete: what the store writes and gives back."""

    run: Run
    curves: RunCurves
    """`SPLIT.QUANTITY` → one value an epoch; at least `loss` and `epoch` of `training` and of `validation`."""
    outcome: Outcome
    environment: Mapping[str, Any]
    """Versions, device, precision, mapping, wall time: what the numbers were made with, not what defines them."""
    weights: Arrays
    """Final weights and buffers by path in the model."""
    samples: Arrays
    """`samples` of the trained model (points, or images of grey values 0 to 255).

    For exact likelihoods in the plane `log_density` on the grid `grid_x` × `grid_y`. For images, `uint8`, with P the
    epochs in `snapshots.epochs`: `snapshots.samples` and `snapshots.reconstructions` (P, n, h, w) from the same noise
    each time, and `snapshots.inputs` (n, h, w). For models that draw in T steps, `generation.canvases` and
    `reconstruction.canvases` (n, T, h, w) from 0 to 1, `reconstruction.inputs` (n, h, w), and under attention
    `….read` and `….write` (n, T, 3): column and row of the window's centre and its side, in pixels.
    """
    examples: Arrays = field(default_factory=dict)
    """Losses of the single held-out examples, float32 of shape (n,): `loss`, `importance_weighted`, `nll`."""
    state: Arrays = field(default_factory=dict)
    """Of a run that diverged: all that it carried before the epoch of its divergence, `states.…`, and `epoch`, how many
    were done; empty where it was not kept.
    """
    at_default: tuple[str, ...] = ()
    """Which fields of model and dataset have their defaults: `architecture.hidden`, `data.test_size`, …"""


def save_run(root: Path, record: RunRecord, check: Callable[[], None] = lambda: None) -> Path:
    """Write a run's folder under `root`, atomically; returns its path.

    A whole run that is there stays. `check` is called just before the folder appears; what it raises prevents that.
    """
    run = record.run
    target = root / folder_name(run)
    config = {
        "format": FORMAT,
        "identity": run.identity,
        "cell_identity": run.cell.identity,
        "cell": run.cell.model_dump(mode="json"),
        "coordinates": run.coordinates.as_json(),
        "at_default": sorted(record.at_default),
    }
    writers: dict[str, Callable[[Path], None]] = {
        CONFIG: lambda path: write_json(path, config),
        CURVES: lambda path: write_curves(path, record.curves),
        OUTCOME: lambda path: write_json(path, record.outcome.as_json()),
        ENVIRONMENT: lambda path: write_json(path, dict(record.environment)),
        WEIGHTS: lambda path: write_arrays(path, record.weights),
        SAMPLES: lambda path: write_arrays(path, record.samples),
        EXAMPLES: lambda path: write_arrays(path, record.examples),
    }
    if record.state:
        writers[STATE] = lambda path: write_arrays(path, record.state)
    try:
        write_folder(target, writers, check=check, keep=True)
    except SafetensorError as error:
        raise unwritten(f"cannot write {target}", root, error) from None
    return target


@dataclass(frozen=True, repr=False)
class StoredRun:
    """A run folder whose files are complete and unchanged; large files are read when asked for.

    A run of an older format is shown as one of today's.
    """

    path: Path
    run: Run
    outcome: Outcome
    format: int
    """In which it is stored."""
    identity: str
    """SHA-256 of its configuration as it is stored."""
    folder_name: str
    """How its folder has to be called."""
    at_default: frozenset[str] = frozenset()
    """As in `RunRecord.at_default`; empty for runs of format 1."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run folder; `InputError` naming the file that is missing, corrupt or of a newer version."""
        content = read_plain(path / CONFIG)
        config = parsed_json(content, path / CONFIG)
        number = checked_format(config, path / CONFIG)
        needed = FILES_1 if number == 1 else FILES
        ended = checked_contents(path, needed, (OUTCOME,), {CONFIG: content})[OUTCOME]
        try:
            today, identity = upgraded_config(config), identity_as_stored(config)
            run = run_of(today)
            outcome = Outcome.from_json(upgraded_outcome(parsed_json(ended, path / OUTCOME), config))
            at_default = frozenset(map(str, today["at_default"]))
            if outcome.divergence is not None and outcome.divergence.epoch >= run.cell.training.epochs:
                raise ValueError(f"diverged in epoch {outcome.divergence.epoch} of {run.cell.training.epochs}")
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: is not a run of format {number} ({one_line(error)})") from None
        if identity != config.get("identity"):
            raise InputError(
                f"{path / CONFIG}: its configuration does not hash to its identity {shown(config.get('identity'))}"
            )
        place = f"s{config['seed']}" if number == 1 else run.coordinates.file_name
        name = name_of_folder(run, place, identity)
        return cls(path, run, outcome, number, identity, name, at_default)

    def __repr__(self) -> str:
        cell = self.run.cell
        return f"StoredRun({cell.dataset} · {cell.model} · {cell.protocol}, {self.run.name}: '{self.path}')"

    @cached_property
    def recorded(self) -> RunCurves:
        """Everything that was recorded, as arrays by name; `InputError` unless it is there for every epoch."""
        epochs = self.run.cell.training.epochs
        if self.format > 1:
            return read_curves(self.path / CURVES, epochs)
        from genconv.store.format_1 import run_arrays  # noqa: PLC0415  few stores are as old

        path = self.path / CURVES_1
        try:
            return checked_curves(run_arrays(path), epochs)
        except ValueError as problem:
            raise InputError(f"{path}: {one_line(problem)}") from None

    @cached_property
    def curves(self) -> "pl.DataFrame":
        """Columns epoch, step, split, loss, then every other quantity that was recorded; null where there is none."""
        from genconv.store.frames import run_frame  # noqa: PLC0415  it is needed here only

        return run_frame(self.recorded)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What the run was made with."""
        return read_json(self.path / ENVIRONMENT)

    @property
    def epoch_seconds(self) -> FloatArray:
        """Seconds of training at the end of each epoch, NaN where that is not on record."""
        epochs, found = self.run.cell.training.epochs, self.environment.get(EPOCH_SECONDS)
        if not isinstance(found, list) or len(found) != epochs:
            return np.full(epochs, np.nan)
        return np.array([one if isinstance(one, (int, float)) else np.nan for one in found], dtype=np.float64)

    @property
    def weights(self) -> Arrays:
        """Final weights and buffers by path in the model."""
        return read_arrays(self.path / WEIGHTS)

    @property
    def samples(self) -> Arrays:
        """As in `RunRecord.samples`."""
        return upgraded_samples(read_arrays(self.path / SAMPLES), self.format)

    @property
    def state(self) -> Arrays:
        """As in `RunRecord.state`."""
        path = self.path / STATE
        return read_arrays(path) if path.exists() else {}

    @property
    def examples(self) -> Arrays:
        """As in `RunRecord.examples`; empty for runs of format 1."""
        return read_arrays(self.path / EXAMPLES) if self.format > 1 else {}


def run_of(config: dict[str, Any]) -> Run:
    """The run that a `config.json` of today's format describes; fields that it lacks have their defaults.

    `InputError`, `KeyError`, `TypeError` or `ValueError` if it describes none.
    """
    return Run(_cell(canonical_json(config["cell"])), Coordinates.from_json(config["coordinates"]))


@lru_cache(maxsize=1000)
def _cell(text: str) -> Cell:
    """The runs of a store share few cells."""
    return Cell.checked(json.loads(text))
