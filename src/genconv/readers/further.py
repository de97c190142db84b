"""What a source recorded beside the losses, of all runs of a cell at common places."""

from collections.abc import Mapping, Sequence

import numpy as np

from genconv.curves import FloatArray
from genconv.readers.align import Aligned
from genconv.readers.places import Places
from genconv.readers.run import SIZE, ExternalRun, Series
from genconv.store.scalars import Scalar

MOST_NAMES = 64
"""Scalars of a cell that are kept; trackers of large programs log hundreds."""


def scalars_of(runs: Sequence[ExternalRun], aligned: Aligned, places: Places) -> tuple[dict[str, Scalar], str | None]:
    """The scalars of all runs by name, up to the last place of the losses, and a note on those that are not kept."""
    names = list(dict.fromkeys(name for run in runs for name in run.scalars))
    first = float(aligned.keys[0] - places.stored(aligned.keys)[0])
    found: dict[str, Scalar] = {}
    lost, room = names[MOST_NAMES:], SIZE
    for name in names[:MOST_NAMES]:
        series = [run.scalars.get(name, Series.empty()) for run in runs]
        grid = np.unique(np.concatenate([one.keys[one.keys <= aligned.keys[-1]] for one in series]))
        room -= len(runs) * len(grid)
        if room < 0:
            lost.append(name)
        elif len(grid):
            found[name] = Scalar(grid - first, np.stack([_on(grid, one) for one in series]))
    return found, f"{len(lost)} of {len(names)} other scalars are not kept" if lost else None


def _on(grid: FloatArray, series: Series) -> FloatArray:
    row = np.full(len(grid), np.nan)
    inside = series.keys <= grid[-1] if len(grid) else np.zeros(len(series), dtype=bool)
    row[np.searchsorted(grid, series.keys[inside])] = series.values[inside]
    return row


def others(scalars: Mapping[str, Series], losses: Sequence[str]) -> dict[str, Series]:
    """The scalars of a run that are no loss."""
    return {name: series for name, series in scalars.items() if name not in losses and len(series)}
