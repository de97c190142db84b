"""The losses of one run in the file that its command has left: any format that imports read."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Literal, NamedTuple

from genconv.errors import InputError
from genconv.file_limits import files_below
from genconv.readers.detect import read_source
from genconv.readers.ended import Rules, ends
from genconv.readers.options import ImportOptions
from genconv.readers.run import ExternalRun, Reading

_CLOCK = 2.0
"""Seconds by which the clock of a file system may be behind."""


class Losses(NamedTuple):
    """What a run has left."""

    counted: Literal["epoch", "step"]
    values: dict[float, dict[str, float]]
    """Place → losses by name."""
    how: tuple[str, ...]
    """Which name has which role, and what was decided while reading."""


def losses_of(path: Path, options: ImportOptions, seed: int, begin: float) -> Losses:
    """The losses of a run at each place.

    Args:
        path: What the command has written.
        options: How it is read.
        seed: Of several runs in the file, the one with this seed is meant.
        begin: Time since the epoch at which the command was started; an older file is of another run.

    Raises:
        InputError: For a file that is missing, older, or without the losses of one run.

    """
    _check_new(path, begin)
    reading, run = _one_run(path, options, seed)
    (end,), _ = ends([run], Rules(options.nan or "missing", options.blank, options.blow_up), f"'{path}'")
    run = end.run
    pairs = (("training", run.training), ("validation", run.validation))
    values: dict[float, dict[str, float]] = defaultdict(dict)
    for name, series in pairs:
        for place, value in zip(series.keys.tolist(), series.values.tolist(), strict=True):
            values[place][name] = value
    if not values:
        raise InputError(f"no losses in '{path}'")
    fractions = any(place != round(place) for place in values)
    if end.at is not None and end.at > max(values):
        values[end.at]["validation"] = math.nan
    roles = (f"{role} ← '{name}'" for role, name in reading.columns.items())
    ordered = {place: values[place] for place in sorted(values)}
    return Losses("epoch" if run.by_epoch or fractions else "step", ordered, (", ".join(roles), *reading.notes))


def _check_new(path: Path, begin: float) -> None:
    try:
        files = files_below(path, lambda _: True) if path.is_dir() else [path]
        newest = max((file.stat().st_mtime for file in files), default=0.0)
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist") from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror})") from None
    if newest < begin - _CLOCK:
        raise InputError(f"'{path}' is older than this run: the command has not written it")


def _one_run(path: Path, options: ImportOptions, seed: int) -> tuple[Reading, ExternalRun]:
    runs = [(reading, run) for reading in read_source(path, options) for run in reading.runs]
    meant = [(reading, run) for reading, run in runs if run.seed == seed] if len(runs) > 1 else runs
    if len(meant) != 1:
        raise InputError(f"'{path}' holds {len(runs)} runs, {len(meant)} of seed {seed}: one is needed")
    if meant[0][1].seed not in (None, seed):
        raise InputError(f"'{path}' is of seed {meant[0][1].seed}, not {seed}")
    return meant[0]
