"""Aim's metrics as its SDK exports them: a table with a row for each value (`query_metrics(…).dataframe()`)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from genconv.errors import InputError
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of

NAME, RUN, CONTEXT = "metric.name", "run.hash", "metric.context."
_NEEDED = frozenset({NAME, "value", "step"})
_WRAPPERS = ("run.hparams.", "run.params.", "run.config.", "run.")


def is_export(columns: Iterable[str]) -> bool:
    """Whether a table is one of Aim."""
    return set(columns) >= _NEEDED


def read_aim(path: Path, frame: pl.DataFrame, options: ImportOptions) -> Reading:
    """The runs of a table; a metric is called by its context and name, such as `val/loss`."""
    if frame.height > SIZE:
        raise InputError(f"'{path}' holds more than {SIZE} values")
    contexts = [name for name in frame.columns if name.startswith(CONTEXT)]
    groups = frame.group_by(RUN, maintain_order=True) if RUN in frame.columns else [(("",), frame)]
    runs = [_run(str(key[0]), rows, contexts, path) for key, rows in groups]
    return reading_of(runs, (path,), options, f"'{path}'")


def _run(identifier: str, rows: pl.DataFrame, contexts: Sequence[str], path: Path) -> ScalarRun:
    log = Log(f"'{path}', run '{identifier[:40]}'")
    for name, step, value, *context in rows.select(NAME, "step", "value", *contexts).iter_rows():
        words = [str(word) for word in context if word not in (None, "")]
        log.add("/".join([*words, str(name)]), step, _unless_empty(value), text=True)
    settings = {
        _plain(column): str(rows[column][0])
        for column in rows.columns
        if column.startswith("run.") and column != RUN and rows[column][0] not in (None, "")
    }
    return log.run(identifier or path.stem, settings, path)


def _unless_empty(value: object) -> object:
    """An empty cell: pandas, with which Aim exports, writes NaN as nothing."""
    return None if value == "" else value


def _plain(name: str) -> str:
    return next(name.removeprefix(start) for start in _WRAPPERS if name.startswith(start))
