"""Run folders: `config.json`, `curves.parquet`, `outcome.json`, `environment.json`, weights and samples."""

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genconv.config.run import FORMAT, Run
from genconv.curves import FARTHEST, Cause, Divergence, Reference
from genconv.errors import InputError, WorkError, shown
from genconv.store.files import (
    damage,
    one_line,
    read_json,
    remove_abandoned,
    sha256,
    unwritten,
    write_folder,
    write_json,
)
from genconv.store.parquet import read_parquet

Arrays = Mapping[str, NDArray[Any]]

CURVE_SCHEMA = pl.Schema(
    {
        "epoch": pl.Int32(),
        "split": pl.String(),
        "loss": pl.Float64(),
        "reconstruction": pl.Float64(),
        "kl": pl.Float64(),
        "gradient_norm": pl.Float64(),
        "learning_rate": pl.Float64(),
    }
)
"""Columns of `curves.parquet`; split is `training` or `validation`, losses in nats per example, null where there is
no such number.
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: divergence, final evaluation on held-out data, and what is known of the data."""

    parameters: int
    """Number of trainable parameters."""
    divergence: Divergence | None
    evaluation: Mapping[str, float]
    """Final evaluation by name, in nats per example."""
    reference: Reference | None
    """Exact entropy of the data, where there is one."""

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, non-finite numbers as null."""
        finite = {name: value if np.isfinite(value) else None for name, value in self.evaluation.items()}
        return {**asdict(self), "evaluation": finite}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`; `KeyError`, `TypeError` or `ValueError` if it is something else."""
        divergence, reference = value["divergence"], value["reference"]
        evaluation = {str(name): _number(v, float("nan")) for name, v in dict(value["evaluation"]).items()}
        return cls(
            parameters=_count(value["parameters"]),
            divergence=None if divergence is None else _divergence(**divergence),
            evaluation=evaluation,
            reference=None if reference is None else Reference(**{k: _number(v) for k, v in dict(reference).items()}),
        )


def _divergence(epoch: object, cause: object, step: object = None) -> Divergence:
    for known in get_args(Cause):
        if cause == known:
            return Divergence(_count(epoch), known, None if step is None else _count(step))
    raise ValueError(f"cause = {shown(cause)}")


def _number(value: object, absent: float | None = None) -> float:
    if value is None and absent is not None:
        return absent
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > FARTHEST:
        raise ValueError(f"{shown(value)} is no number")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{shown(value)} is no count")
    return value


@dataclass(frozen=True)
class RunRecord:
    """One finished run, complete: what the store writes and gives back."""

    run: Run
    curves: pl.DataFrame
    """Rows as in `CURVE_SCHEMA`."""
    outcome: Outcome
    environment: Mapping[str, Any]
    """Versions, device, precision, mapping, wall time: what the numbers were made with, not what defines them."""
    weights: Arrays
    """Final weights and buffers by path in the model."""
    samples: Arrays
    """`samples` of the trained model (points, or images of grey values 0 to 255).

    For exact likelihoods in the plane `log_prob` on the grid `grid_x` × `grid_y`. For images, `uint8`, with P the
    epochs in `pictures.epochs`: `pictures.samples` and `pictures.reconstructions` (P, n, h, w) from the same noise
    each time, and `pictures.inputs` (n, h, w). For models that draw in T steps, `generation.canvases` and
    `reconstruction.canvases` (n, T, h, w) from 0 to 1, `reconstruction.inputs` (n, h, w), and under attention
    `….read` and `….write` (n, T, 3): column and row of the window's centre and its side, in pixels.
    """


CONFIG, CURVES, OUTCOME, ENVIRONMENT = "config.json", "curves.parquet", "outcome.json", "environment.json"
WEIGHTS, SAMPLES = "weights.safetensors", "samples.safetensors"
FILES = (CONFIG, CURVES, OUTCOME, ENVIRONMENT, WEIGHTS, SAMPLES)

__all__ = ["StoredRun", "folder_name", "prepare", "save_run", "sha256", "stored_runs"]


def folder_name(run: Run) -> str:
    """`dataset-model-protocol-s7-` and the first 16 digits of the run's SHA-256; safe as a file name whatever the
    names are.
    """
    names = (run.cell.dataset, run.cell.model, run.cell.protocol)
    safe = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("._") or "x" for name in names)
    return f"{safe[:80]}-s{run.seed}-{run.identity[:16]}"


def prepare(root: Path) -> Path:
    """Make the output folder and check that it can be written; `InputError` if not."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
        _check_links(root / ".training")
        remove_abandoned(root)
    except OSError as error:
        raise InputError(f"output folder '{root}' cannot be written: {one_line(error)}") from None
    return root


def _check_links(folder: Path) -> None:
    """Saved states are written into this folder and those below it, not to wherever a link may lead."""
    for path in (folder, *(folder.iterdir() if folder.is_dir() else ())):
        if path.is_symlink():
            raise InputError(f"'{path}' is a symbolic link: nothing is saved through it")


def set_aside(root: Path, folders: Iterable[Path], when: datetime) -> Path | None:
    """Move folders under `root` into a hidden one named after the time; returns it, or None if there was nothing."""
    target = root / f".replaced-{when:%Y%m%d-%H%M%S-%f}"
    try:
        for folder in folders:
            target.mkdir(exist_ok=True)
            folder.rename(target / folder.name)
    except OSError as error:
        raise WorkError(f"cannot move {folder} to {target}: {one_line(error)}") from None
    return target if target.exists() else None


def save_run(root: Path, record: RunRecord) -> Path:
    """Write a run's folder under `root`, atomically; returns its path."""
    run = record.run
    target = root / folder_name(run)
    config = {
        "format": FORMAT,
        "identity": run.identity,
        "cell_identity": run.cell.identity,
        **run.model_dump(mode="json"),
    }
    writers: dict[str, Callable[[Path], None]] = {
        CONFIG: lambda path: write_json(path, config),
        CURVES: lambda path: record.curves.write_parquet(path, statistics=False),
        OUTCOME: lambda path: write_json(path, record.outcome.as_json()),
        ENVIRONMENT: lambda path: write_json(path, dict(record.environment)),
        WEIGHTS: lambda path: _write_arrays(path, record.weights),
        SAMPLES: lambda path: _write_arrays(path, record.samples),
    }
    try:
        write_folder(target, writers)
    except (pl.exceptions.PolarsError, SafetensorError) as error:
        raise unwritten(f"cannot write {target}", root, error) from None
    return target


@dataclass(frozen=True)
class StoredRun:
    """A run folder whose files are complete and unchanged; large files are read when asked for."""

    path: Path
    run: Run
    outcome: Outcome

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run folder; `InputError` naming the file that is missing, corrupt or of another version."""
        if problem := damage(path, FILES):
            raise InputError(problem)
        config = read_json(path / CONFIG)
        if config.get("format") != FORMAT:
            raise InputError(
                f"{path / CONFIG}: format = {shown(config.get('format'))}, this version reads format {FORMAT}"
            )
        try:
            run = Run.checked({"cell": config["cell"], "seed": config["seed"]})
            identity = run.identity
            outcome = Outcome.from_json(read_json(path / OUTCOME))
            if outcome.divergence is not None and outcome.divergence.epoch >= run.cell.training.epochs:
                raise ValueError(f"diverged in epoch {outcome.divergence.epoch} of {run.cell.training.epochs}")
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: is not a run of this version ({one_line(error)})") from None
        if identity != config.get("identity"):
            raise InputError(
                f"{path / CONFIG}: its configuration does not hash to its identity {shown(config.get('identity'))}"
            )
        return cls(path, run, outcome)

    @cached_property
    def curves(self) -> pl.DataFrame:
        """Loss curves, columns as in `CURVE_SCHEMA`; `InputError` unless they are those of every epoch."""
        path, epochs = self.path / CURVES, self.run.cell.training.epochs
        curves = read_parquet(path)
        if dict(curves.schema) != dict(CURVE_SCHEMA):
            raise InputError(f"{path}: has other columns than {', '.join(CURVE_SCHEMA)}")
        for split in ("training", "validation"):
            rows = (curves["split"] == split).fill_null(value=False).to_numpy()  # a filter starts an engine every time
            if not np.array_equal(np.sort(curves["epoch"].to_numpy()[rows]), np.arange(epochs)):
                raise InputError(f"{path}: does not hold {epochs} epochs of {split}")
        return curves

    @property
    def environment(self) -> dict[str, Any]:
        """What the run was made with."""
        return read_json(self.path / ENVIRONMENT)

    @property
    def weights(self) -> Arrays:
        """Final weights and buffers by path in the model."""
        return _read_arrays(self.path / WEIGHTS)

    @property
    def samples(self) -> Arrays:
        """`samples`, and for exact likelihoods `log_prob` on `grid_x` × `grid_y`."""
        return _read_arrays(self.path / SAMPLES)


def stored_runs(root: Path) -> list[Path]:
    """The run folders directly under `root`, sorted by name; one is known by its `config.json` or manifest."""
    return sorted(path for path in _folders(root) if _is_run(path))


def is_run(path: Path) -> bool:
    """Whether `path` looks like a run folder."""
    return path.is_dir() and _is_run(path)


def _is_run(path: Path) -> bool:
    return (path / CONFIG).exists() or (path / "manifest.json").exists()


def _folders(root: Path) -> Iterable[Path]:
    return (path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _write_arrays(path: Path, arrays: Arrays) -> None:
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _read_arrays(path: Path) -> Arrays:
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read ({one_line(error)})") from None
