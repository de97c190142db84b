"""Comet's experiments: `metrics.jsonl` of `cometx download`, and the archives of offline experiments."""

import json
from collections.abc import Iterable, Mapping, Sequence
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

_SMALL = 1 << 24
MESSAGES, METRICS = "messages.json", "metrics.jsonl"


def is_metric(row: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a value of a metric of Comet."""
    return {"metricName", "metricValue"} <= row.keys()


def is_offline(path: Path) -> bool:
    """Whether a file is the archive of an offline experiment."""
    return path.suffix == ".zip" and {MESSAGES, "experiment.json"} <= names_in(path)


def is_downloaded(file: Path) -> bool:
    """Whether a file is what `cometx download` writes for an experiment."""
    return file.name == METRICS and (file.parent / "metadata.json").exists()


def read_metrics(path: Path, rows: Sequence[Mapping[str, Any]], options: ImportOptions) -> Reading:
    """The experiment in a downloaded file, whose name and parameters lie beside it."""
    return reading_of([run_of(path, rows)], (path,), options, f"'{path}'")


def run_of(path: Path, rows: Sequence[Mapping[str, Any]]) -> ScalarRun:
    """The run in the rows of one experiment."""
    log = Log(f"'{path}'")
    _add(log, rows)
    said = _beside(path.parent / "metadata.json")
    given = _beside(path.parent / "parameters.json")
    entries = given if isinstance(given, list) else []
    settings = {
        str(item["name"]): str(item.get("valueCurrent"))
        for item in entries
        if isinstance(item, dict) and "name" in item
    }
    name = said.get("experimentName") if isinstance(said, dict) else None
    label = str(name or (said.get("experimentKey") if isinstance(said, dict) else None) or path.parent.name)
    return log.run(label, _own(settings), path, str(name) if name else None)


def read_offline(path: Path, options: ImportOptions) -> Reading:
    """The experiment in the archive of an `OfflineExperiment`."""
    messages = [_message(line, path) for line in texts_in(path, (MESSAGES,))[MESSAGES].splitlines() if line.strip()]
    found = [(message.get("type"), message.get("payload")) for message in messages]
    payloads = [(kind, payload) for kind, payload in found if isinstance(payload, dict)]
    log = Log(f"'{path}'")
    metrics = [payload.get("metric") for kind, payload in payloads if kind == "metric_msg"]
    _add(log, [metric for metric in metrics if isinstance(metric, dict)])
    settings: dict[str, str] = {}
    name = None
    for kind, payload in payloads:
        if kind == "parameter_msg" and isinstance(param := payload.get("param"), dict):
            settings[str(param.get("paramName"))] = str(param.get("paramValue"))
        elif kind == "log_other" and payload.get("key") == "Name":
            name = str(payload.get("value"))
    return reading_of([log.run(name or path.stem, _own(settings), path, name)], (path,), options, f"'{path}'")


def _own(settings: Mapping[str, str]) -> dict[str, str]:
    """Without what Comet counts itself."""
    return {name: value for name, value in settings.items() if name not in {"curr_step", "curr_epoch"}}


def _add(log: Log, rows: Iterable[Mapping[str, Any]]) -> None:
    """Values at their steps; at their epochs where a metric has no steps."""
    for row in rows:
        if not isinstance(row, Mapping):
            raise InputError(f"{log.where} holds a line that is no JSON object")
        step = row.get("step") if row.get("step") is not None else row.get("epoch")
        name = row.get("metricName")
        if not isinstance(name, str):
            continue
        log.add(name, step, row.get("metricValue"), text=True)


def _beside(path: Path) -> Any:
    """The JSON in a small file beside the metrics; None without it."""
    if not path.is_file():
        return None
    try:
        return json.loads(read_text(path, _SMALL))
    except (ValueError, RecursionError):
        raise InputError(f"'{path}' is not JSON") from None


def _message(line: str, path: Path) -> Mapping[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"'{path}' holds a message that is not JSON") from None
    return message if isinstance(message, dict) else {}
