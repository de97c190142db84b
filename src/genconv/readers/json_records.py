"""JSON of trainers: histories, tables as records, `trainer_state.json`, `result.json`, exports of trackers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genconv.errors import InputError, quoted
from genconv.file_limits import checked_file, read_text
from genconv.readers.clearml import is_reported, read_reported
from genconv.readers.comet import is_metric, read_metrics
from genconv.readers.frames import flat, frame_of
from genconv.readers.histories import histories_in, read_histories
from genconv.readers.long_table import read_long
from genconv.readers.options import ImportOptions
from genconv.readers.ray import is_result, read_results
from genconv.readers.run import Reading
from genconv.readers.trainer_state import read_trainer_state

_LARGEST = 1 << 27
KNOWN = (
    "the study's MODEL_DATASET_SEEDS.json, Hugging Face's trainer_state.json, Ray's result.json, a history "
    "(name → list of losses, also for each of several runs), a list of objects, and .jsonl with one object a line"
)
"""Which JSON is read, in words."""


def read_json(path: Path, options: ImportOptions) -> Reading:
    """The runs in a JSON file that is not of the study's form; what it is, its content says.

    `InputError` that lists which JSON is read if it is none of it.
    """
    document = load(path)
    if isinstance(document, dict):
        return _of_object(path, document, options)
    rows = [row for row in document if isinstance(row, dict)] if isinstance(document, list) else []
    if rows and len(rows) == len(document):
        return _of_rows(path, rows, options)
    if _is_exported_scalar(document):
        rows = [{"step": step, "loss": value} for _, step, value in document]
        return read_long(path, frame_of(rows, f"'{path}'"), options)
    raise _unknown(path)


def load(path: Path) -> Any:
    """The JSON in a file; lines of JSON are a list of what they hold, whatever the file's suffix."""
    text = read_text(path, _LARGEST)
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError(f"'{path}' is nested too deeply to be losses") from None
    except ValueError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise InputError(f"'{path}' is neither JSON ({whole}) nor one JSON object a line") from None


def is_lines_of_tool(path: Path) -> bool:
    """Whether the first line of a file is one of Ray or of Comet, whose objects are more than rows of a table."""
    with checked_file(path).open("rb") as file:
        first = file.readline(1 << 20)
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and (is_metric(row) or is_result(row))


def _of_object(path: Path, document: Mapping[str, Any], options: ImportOptions) -> Reading:
    if isinstance(document.get("log_history"), list):
        return read_trainer_state(path, document, options)
    if is_reported(document):
        return read_reported(path, document, options)
    if histories := histories_in(document):
        return read_histories(path, histories, options)
    if is_result(document):
        return read_results(path, [document], options)
    raise _unknown(path, list(document))


def _of_rows(path: Path, rows: Sequence[Mapping[str, Any]], options: ImportOptions) -> Reading:
    if is_metric(rows[0]):
        return read_metrics(path, rows, options)
    if is_result(rows[0]):
        return read_results(path, rows, options)
    return read_long(path, frame_of([flat(row) for row in rows], f"'{path}'"), options)


def _is_exported_scalar(document: Any) -> bool:
    """Whether it is what TensorBoard's page exports: lists of time, step and value."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(
            isinstance(row, list) and len(row) == 3 and all(isinstance(x, int | float) for x in row) for row in document
        )
    )


def _unknown(path: Path, keys: Sequence[str] = ()) -> InputError:
    held = f" (it holds {quoted(keys, 4)})" if keys else ""
    return InputError(f"'{path}' is JSON, but none with curves{held}: what is read is {KNOWN}")
