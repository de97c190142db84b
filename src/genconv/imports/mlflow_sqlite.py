"""MLflow's SQLite store: the tables `runs`, `metrics` and `params`, read without MLflow."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np

from genconv.errors import InputError
from genconv.imports.options import ImportOptions
from genconv.imports.run import SIZE, Reading, Series
from genconv.imports.scalars import ScalarRun, runs_of
from genconv.imports.series import series_of
from genconv.store.files import one_line
from genconv.untrusted import checked_file

SUFFIXES = (".db", ".sqlite", ".sqlite3")
_HUGE = 1.7976931348623157e308
"""What MLflow writes for an infinity, which SQLite's column does not take."""

_RUNS = "SELECT run_uuid, name, lifecycle_stage FROM runs ORDER BY start_time, run_uuid"
_METRICS = "SELECT run_uuid, key, step, value, is_nan, timestamp FROM metrics"
_PARAMETERS = "SELECT run_uuid, key, value FROM params"

Scalars = dict[str, dict[str, Series]]


def read_mlflow_sqlite(path: Path, options: ImportOptions) -> Reading:
    """The runs of a database file; deleted ones are left out. The file is opened read-only."""
    checked_file(path)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            _check_tables(database, path)
            runs = database.execute(_RUNS).fetchmany(100_000)
            scalars, parameters = _scalars(database, path), _parameters(database)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise InputError(f"'{path}' cannot be read as an MLflow database ({one_line(error)})") from None
    alive = [(str(uuid), str(name or uuid)) for uuid, name, stage in runs if stage != "deleted"]
    found = [ScalarRun(name, scalars.get(uuid, {}), parameters.get(uuid, {}), path) for uuid, name in alive]
    taken, roles = runs_of(found, options, f"'{path}'")
    deleted = len(runs) - len(alive)
    return Reading(taken, (path,), roles, (f"left out: {deleted} deleted runs",) if deleted else ())


def _check_tables(database: sqlite3.Connection, path: Path) -> None:
    """Tables alone, no views: what a view computes is not what was recorded, and may never end."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := sorted({"runs", "metrics", "params"} - tables):
        raise InputError(f"'{path}' is no MLflow database: it has no table {', '.join(missing)}")


def _scalars(database: sqlite3.Connection, path: Path) -> Scalars:
    points: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    for row, (uuid, key, step, value, is_nan, time) in enumerate(database.execute(_METRICS)):
        if row >= SIZE:
            raise InputError(f"'{path}' holds more than {SIZE} values")
        try:
            number = float("nan") if is_nan else float(value)
            points[str(uuid), str(key)].append((float(step), _with_infinities(number), float(time or 0)))
        except (TypeError, ValueError):
            raise InputError(f"'{path}': metric '{str(key)[:40]}' holds {str(value)[:40]!r}, no number") from None
    scalars: Scalars = defaultdict(dict)
    for (uuid, key), rows in points.items():
        steps, values, times = np.array(rows).T
        scalars[uuid][key] = series_of(steps, values, f"'{path}', metric '{key[:40]}', step", "last", times)
    return scalars


def _with_infinities(value: float) -> float:
    return np.copysign(np.inf, value) if abs(value) >= _HUGE else value


def _parameters(database: sqlite3.Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for uuid, key, value in database.execute(_PARAMETERS).fetchmany(1_000_000):
        found[str(uuid)][str(key)] = str(value)
    return found
