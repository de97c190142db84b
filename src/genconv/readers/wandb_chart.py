"""Charts as W&B exports them: a column `RUN - METRIC` for each run, with `…__MIN` and `…__MAX` beside it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from genconv.errors import InputError
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.roles import NAMES, STEP_NAMES, normal
from genconv.readers.run import Reading
from genconv.readers.scalars import reading_of
from genconv.readers.tables import numbers

_BETWEEN, _LEAST, _MOST = " - ", "__MIN", "__MAX"
_GROUP = "group:"


def is_chart(columns: Sequence[str]) -> bool:
    """Whether a table is a chart: all columns but that of the places are called `RUN - METRIC`."""
    return len(columns) > 1 and all(_BETWEEN in name for name in columns[1:]) and _BETWEEN not in columns[0]


def read_chart(path: Path, frame: pl.DataFrame, options: ImportOptions) -> Reading:
    """The runs of a chart. `InputError` for means over several runs or values: they are no run's curve."""
    where = f"'{path}'"
    place = options.columns.get("epoch", frame.columns[0])
    if place not in frame.columns:
        raise InputError(f"{where}: has no column '{place}' for epoch")
    if {"time", "runtime", "timestamp"} & set(normal(place).split("_")):
        raise InputError(f"{where}: its places are times ('{place}'): export the chart over steps or epochs")
    places, blank = numbers(frame, place, where)
    if blank.any():
        raise InputError(f"{where}: row {int(np.flatnonzero(blank)[0]) + 1} has no {place}")
    by_epoch = normal(place) not in STEP_NAMES and normal(place) in NAMES["epoch"][0]
    by_epoch = by_epoch and bool(np.all(places == np.round(places)))
    plain = [name for name in frame.columns if name != place and not name.endswith((_LEAST, _MOST))]
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    for name in plain:
        run, _, metric = name.rpartition(_BETWEEN)
        if not metric.startswith("_"):
            _check_single(frame, name, where)
            columns[run.strip()][metric.strip()] = name
    recorded = []
    for run, metrics in columns.items():
        log = _log(frame, metrics, places.tolist(), where)
        recorded.append(log.run(run, origin=path, name=run, by_epoch=by_epoch))
    chosen = {role: name for role, name in options.columns.items() if role != "epoch"}
    reading = reading_of(recorded, (path,), replace(options, columns=chosen), where)
    return replace(reading, columns={**reading.columns, "epoch": place})


def _log(frame: pl.DataFrame, metrics: Mapping[str, str], places: Sequence[float], where: str) -> Log:
    log = Log(where)
    for metric, name in metrics.items():
        values, blank = numbers(frame, name, where)
        for place, value, empty in zip(places, values.tolist(), blank.tolist(), strict=True):
            log.add(metric, place, None if empty else value)
    return log


def _check_single(frame: pl.DataFrame, name: str, where: str) -> None:
    """Refuse a column that holds means."""
    if name.lower().startswith(_GROUP):
        raise InputError(
            f"{where}: column '{name[:60]}' is a mean over a group of runs, no run's curve: export the chart without "
            "grouping"
        )
    if not {f"{name}{_LEAST}", f"{name}{_MOST}"} <= set(frame.columns):
        return
    least, most = (numbers(frame, f"{name}{end}", where)[0] for end in (_LEAST, _MOST))
    unlike = np.flatnonzero((least != most) & ~(np.isnan(least) & np.isnan(most)))
    if len(unlike):
        row = int(unlike[0])
        raise InputError(
            f"{where}: column '{name[:60]}' holds means over several values (row {row + 1}: {least[row]:.6g} to "
            f"{most[row]:.6g}), no run's curve: export the chart without grouping, or the runs' histories"
        )
