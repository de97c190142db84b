"""MLflow's SQLite store, read without MLflow."""

import math
import sqlite3
from collections import defaultdict
from pathlib import Path

from genconv.errors import InputError
from genconv.readers.databases import opened, tables
from genconv.readers.log import Log
from genconv.readers.mlflow import Recorded, reading_of_runs
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, Reading

_HUGE = 1.7976931348623157e308
"""What MLflow writes for an infinity, which SQLite's column does not take."""
_NEEDED = frozenset({"runs", "metrics", "params"})

_RUNS = "SELECT run_uuid, name, lifecycle_stage FROM runs ORDER BY start_time, run_uuid"
_METRICS = "SELECT run_uuid, key, step, value, is_nan FROM metrics ORDER BY timestamp"
_PARAMETERS = "SELECT run_uuid, key, value FROM params"
_PARENTS = "SELECT run_uuid, value FROM tags WHERE key = 'mlflow.parentRunId'"


def read_mlflow_sqlite(path: Path, options: ImportOptions) -> Reading:
    """The runs of a database file, which is opened read-only."""
    with opened(path, "an MLflow database") as database:
        found = tables(database)
        if missing := sorted(_NEEDED - found.keys()):
            raise InputError(f"'{path}' is no MLflow database: it has no table {', '.join(missing)}")
        runs = database.execute(_RUNS).fetchmany(100_000)
        logs, parameters = _logs(database, path), _parameters(database)
        parents = dict(database.execute(_PARENTS).fetchmany(100_000)) if "tags" in found else {}
    recorded = [
        Recorded(
            identifier=str(uuid),
            name=str(name) if name else None,
            deleted=stage == "deleted",
            parameters=parameters.get(str(uuid), {}),
            log=logs.get(str(uuid)) or Log(f"'{path}'"),
            parent=parents.get(uuid),
        )
        for uuid, name, stage in runs
    ]
    return reading_of_runs(recorded, [path], path, options, f"'{path}'")


def _logs(database: sqlite3.Connection, path: Path) -> dict[str, Log]:
    logs: dict[str, Log] = {}
    for row, (uuid, key, step, value, is_nan) in enumerate(database.execute(_METRICS)):
        if row >= SIZE:
            raise InputError(f"'{path}' holds more than {SIZE} values")
        try:
            number = math.nan if is_nan else _with_infinities(float(value))
            logs.setdefault(str(uuid), Log(f"'{path}'")).add(str(key), float(step), number)
        except (TypeError, ValueError):
            raise InputError(f"'{path}': metric '{str(key)[:40]}' holds {str(value)[:40]!r}, no number") from None
    return logs


def _with_infinities(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) >= _HUGE else value


def _parameters(database: sqlite3.Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for uuid, key, value in database.execute(_PARAMETERS).fetchmany(1_000_000):
        found[str(uuid)][str(key)] = str(value)
    return found
