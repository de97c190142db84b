"""Who is on the page: every cell with its settings and its runs, by the names that all charts and tables share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.metrics.curves import last
from genconv.report.figures.colours import Look
from genconv.report.labels import series
from genconv.report.page.chart_data import numbers
from genconv.store.results import StoredCell

_MOST_SETTINGS = 24
"""Settings by which the page can filter and group."""


def registry(cells: Sequence[StoredCell], colours: Mapping[str, Look], ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """One a cell: its `id` and names, what sets it apart (`settings`), its `seeds`, and where each run `ends`.

    A run is called `ID/SEED`. `ends` are last validation losses, None for a run that diverged or has no number.
    """
    settings = varying_settings(cells)
    return [
        {
            "id": ids[cell.curves.label],
            "name": series(cell.curves),
            "model": cell.curves.model,
            "dataset": cell.curves.dataset,
            "protocol": cell.curves.protocol,
            "settings": own,
            "colour": colours[series(cell.curves)].colour,
            "seeds": list(cell.curves.seeds),
            "ends": numbers(np.where(cell.curves.diverged, np.nan, last(cell.curves.validation))),
        }
        for cell, own in zip(cells, settings, strict=True)
    ]


def varying_settings(cells: Sequence[StoredCell]) -> list[dict[str, str]]:
    """Of each cell the settings in which cells of one model differ, as text."""
    flat = [{key: _text(value) for key, value in cell.settings.items()} for cell in cells]
    models: dict[str, list[dict[str, str]]] = {}
    for cell, one in zip(cells, flat, strict=True):
        models.setdefault(cell.curves.model, []).append(one)
    differing = Counter(
        key
        for several in models.values()
        for key in {key for one in several for key in one}
        if len({one.get(key, "") for one in several}) > 1
    )
    named = [key for key, _ in differing.most_common(_MOST_SETTINGS)]
    return [{key: one[key] for key in named if key in one} for one in flat]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
