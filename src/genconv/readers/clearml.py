"""ClearML's tasks: offline sessions (a folder or a zip archive), and `Task.get_reported_scalars()` as JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.file_limits import read_text
from genconv.readers.archives import names_in, texts_in
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of

_LARGEST = 1 << 27
METRICS, TASK = "metrics.jsonl", "task.json"
_SCALARS = "training_stats_scalar"


def is_archive(path: Path) -> bool:
    """Whether a file is the archive of an offline session."""
    return path.suffix == ".zip" and {METRICS, TASK} <= names_in(path)


def is_session_file(file: Path) -> bool:
    """Whether a file of a folder holds the metrics of an offline session."""
    return file.name == METRICS and (file.parent / TASK).exists()


def is_reported(document: Mapping[str, Any]) -> bool:
    """Whether JSON holds reported scalars: title → series → `x` and `y`."""
    series = [one for title in document.values() if isinstance(title, dict) for one in title.values()]
    return bool(series) and all(isinstance(one, dict) and {"x", "y"} <= one.keys() for one in series)


def read_sessions(path: Path, files: Sequence[Path], options: ImportOptions) -> Reading:
    """The runs of offline sessions, each a folder with `metrics.jsonl` and `task.json`."""
    runs = [
        _run({METRICS: read_text(file, _LARGEST), TASK: read_text(file.with_name(TASK), _LARGEST)}, file)
        for file in files
    ]
    return reading_of(runs, files, options, f"'{path}'")


def read_archive(path: Path, options: ImportOptions) -> Reading:
    """The run of the zip archive of an offline session."""
    return reading_of([_run(texts_in(path, (METRICS, TASK)), path)], (path,), options, f"'{path}'")


def read_reported(path: Path, document: Mapping[str, Any], options: ImportOptions) -> Reading:
    """The run in reported scalars; `x` counts iterations."""
    log = Log(f"'{path}'")
    for title, group in document.items():
        for name, series in group.items():
            if not isinstance(series["x"], list) or not isinstance(series["y"], list):
                raise InputError(f"'{path}': x and y of '{title}', '{name}' are no lists")
            if len(series["x"]) != len(series["y"]):
                raise InputError(f"'{path}': '{title}' of '{name}' has {len(series['x'])} x and {len(series['y'])} y")
            for step, value in zip(series["x"], series["y"], strict=True):
                log.add(_name(title, name), step, value)
    return reading_of([log.run(path.stem, origin=path)], (path,), options, f"'{path}'")


def _run(texts: Mapping[str, str], path: Path) -> ScalarRun:
    log = Log(f"'{path}'")
    for line in texts[METRICS].splitlines():
        events = _json(line, path) if line.strip() else []
        for event in events if isinstance(events, list) else [events]:
            if isinstance(event, dict) and event.get("type") == _SCALARS:
                name = _name(event.get("metric"), event.get("variant"))
                log.add(name, event.get("iter"), event.get("value"))
    task = _json(texts[TASK], path)
    task = task if isinstance(task, dict) else {}
    sections = task["hyperparams"] if isinstance(task.get("hyperparams"), dict) else {}
    settings = {
        str(name) if section in {"General", "Args"} else f"{section}/{name}": str(item.get("value"))
        for section, items in sections.items()
        if isinstance(items, dict)
        for name, item in items.items()
        if isinstance(item, dict)
    }
    title = task.get("name")
    return log.run(str(title or path.stem), settings, path, str(title) if title else None)


def _name(title: object, series: object) -> str:
    """`loss` and `val` as `loss/val`; one of them if they are the same."""
    return str(title) if title == series else f"{title}/{series}"


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"'{path}' holds a line that is not JSON") from None
