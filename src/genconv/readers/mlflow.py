"""MLflow's two stores, read without MLflow: folders of files, and tables in SQLite."""

import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below, read_text
from genconv.readers.align import series_of
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, LeftOut, Reading, Series
from genconv.readers.scalars import ScalarRun, reading_of
from genconv.store.files import one_line

_SMALL = 1 << 20


def is_run_file(path: Path) -> bool:
    """Whether a file is the `meta.yaml` of a run (an experiment has one too, without metrics beside it)."""
    return path.name == "meta.yaml" and (path.parent / "metrics").is_dir()


def read_mlflow_files(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `mlruns`; deleted ones are left out."""
    metas = files_below(path, is_run_file)
    if not metas:
        raise InputError(f"'{path}' holds no MLflow runs (RUN/meta.yaml beside RUN/metrics)")
    found, files, deleted = [], [], []
    for meta in metas:
        text = read_text(meta, _SMALL)
        if re.search(r"(?m)^lifecycle_stage:\s*deleted", text):
            deleted.append(LeftOut(meta.parent.name, "marked as deleted"))
            continue
        metrics = files_below(meta.parent / "metrics", lambda _: True)
        scalars = {str(file.relative_to(meta.parent / "metrics")): _metric(file) for file in metrics}
        parameters = _texts(meta.parent / "params")
        name = _texts(meta.parent / "tags").get("mlflow.runName") or meta.parent.name
        found.append(ScalarRun(name, scalars, parameters, path))
        files += metrics
    if not found:
        raise InputError(f"'{path}': all of its {len(deleted)} runs are deleted")
    return reading_of(found, files, options, f"'{path}'", left_out=deleted)


def _metric(file: Path) -> Series:
    """Lines of `timestamp value step`; a step that was logged twice has its later value."""
    steps, values, times = [], [], []
    lines = read_text(file).splitlines()
    if len(lines) > SIZE:
        raise InputError(f"'{file}' holds more than {SIZE} values")
    for number, line in enumerate(lines, 1):
        parts = line.split()
        try:
            times.append(float(parts[0]))
            values.append(float(parts[1]))
            steps.append(float(parts[2]) if len(parts) > 2 else 0.0)
        except (ValueError, IndexError):
            raise InputError(f"'{file}', line {number}: {line[:40]!r} is not 'timestamp value step'") from None
    return series_of(np.array(steps), np.array(values), f"'{file}', step", "last", np.array(times))


def _texts(folder: Path) -> dict[str, str]:
    """File name → content of small text files; empty without the folder."""
    if not folder.is_dir():
        return {}
    small = [file for file in files_below(folder, lambda _: True) if 0 < file.stat().st_size <= _SMALL]
    return {str(file.relative_to(folder)): read_text(file).strip() for file in small}


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
    deleted = [LeftOut(str(name or uuid), "marked as deleted") for uuid, name, stage in runs if stage == "deleted"]
    return reading_of(found, [path], options, f"'{path}'", left_out=deleted)


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
