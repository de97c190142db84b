"""Offline runs of Weights & Biases: binary `run-ID.wandb` files, read by the `wandb` package (extra `wandb`).

Exported histories (JSON lines, CSV) are tables and need no package.
"""

import json
import math
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from genconv.errors import InputError
from genconv.imports.options import ImportOptions
from genconv.imports.paths import checked_file, files_below
from genconv.imports.run import SIZE, Reading, Series
from genconv.imports.scalars import ScalarRun, runs_of
from genconv.imports.series import series_of
from genconv.store.files import one_line


def is_wandb_file(path: Path) -> bool:
    """Whether the name is that of a binary run."""
    return path.suffix == ".wandb"


def read_wandb(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `wandb`, or in one file."""
    files = [path] if path.is_file() else files_below(path, is_wandb_file)
    runs, roles = runs_of([_run(file) for file in files], options, f"'{path}'")
    return Reading(runs, tuple(files), roles)


def _run(file: Path) -> ScalarRun:
    checked_file(file)
    try:
        store = import_module("wandb.sdk.internal.datastore").DataStore()
        messages = import_module("wandb.proto.wandb_internal_pb2")
    except ImportError:
        raise InputError(f"'{file}' needs the wandb package: pip install 'genconv[wandb]', or export as CSV") from None
    name = file.stem
    config: dict[str, Any] = {}
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    try:
        store.open_for_scan(str(file))
        for _ in range(SIZE):
            data = store.scan_data()
            if data is None:
                break
            record = messages.Record()
            record.ParseFromString(data)
            if record.HasField("run"):
                name = record.run.display_name or record.run.run_id or name
                config |= _members(record.run.config.update)
            elif record.HasField("config"):
                config |= _members(record.config.update)
            elif record.HasField("history"):
                _collect(record.history, points)
    except Exception as error:
        raise InputError(f"'{file}' cannot be read as a W&B run ({type(error).__name__}: {one_line(error)})") from None
    scalars = {key: _series(rows, f"'{file}', '{key}'") for key, rows in points.items()}
    return ScalarRun(name, scalars, {key: str(value) for key, value in config.items()}, file)


def _collect(history: Any, points: dict[str, list[tuple[float, float]]]) -> None:
    """The numbers of one row of the history, each under its name."""
    row = _members(history.item)
    step = float(row.get("_step", history.step.num))
    for key, value in row.items():
        number = float(value) if value in {"NaN", "Infinity", "-Infinity"} else value
        if isinstance(number, (int, float)) and not isinstance(number, bool) and not key.startswith("_"):
            points[key].append((step, float(number)))


def _members(items: Any) -> dict[str, Any]:
    """Name → value of plain values; W&B keeps each as JSON, and its own under `_wandb`."""
    found: dict[str, Any] = {}
    for item in items:
        key = item.key or "/".join(item.nested_key)
        value = json.loads(item.value_json)
        if isinstance(value, (str, int, float)) and key and not (isinstance(value, float) and math.isnan(value)):
            found[key] = value
        elif isinstance(value, float):
            found[key] = "NaN"
    return found


def _series(rows: list[tuple[float, float]], where: str) -> Series:
    steps, values = np.array(rows, dtype=np.float64).T
    return series_of(steps, values, where, "last")
