"""The stability of the winner by the number of runs, and what an early loss tells of the end by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.metrics.spec import title_of
from genconv.report.figures.colours import DASHES, Look
from genconv.report.figures.early import early_places
from genconv.report.figures.stability import lowest
from genconv.report.labels import counted_in, series, series_names
from genconv.report.page.chart_data import numbers
from genconv.statistics.early import early_tells
from genconv.statistics.stability import stability_of_winner
from genconv.store.results import StoredCell

_BANDS = 3
_GREYS = ("var(--ink)", "var(--quiet)", "var(--edge)")
"""Of the metrics: no colours, for these are the models'."""


def styled_line(look: Look, cell: str = "") -> dict[str, Any]:
    """How a line looks, and of which cell it is, if it is of one."""
    dash = " ".join(f"{2 * length:g}" for length in look.dash[1])
    return {"cells": [cell] if cell else [], "colour": look.colour, "dash": dash}


def stability_data(cells: Sequence[StoredCell]) -> dict[str, Any] | None:
    """A line a metric: the chance that k runs name another winner than all; None for fewer than two cells."""
    found = stability_of_winner(cells, series_names(cells))
    lines = [
        styled_line(Look(_GREYS[place % len(_GREYS)], DASHES[place % len(DASHES)]))
        | {
            "title": f"{title_of(metric)}: {lowest(several[0])} the lowest {several[0].by[:-1]} of all runs",
            "x": [one.k for one in several],
            "y": numbers(np.array([one.other_winner for one in several])),
            "words": [_chances(one.chances) for one in several],
        }
        for place, (metric, several) in enumerate(found.items())
    ]
    if not lines:
        return None
    return {"label": "chance of another winner", "along": "runs k that a paper draws", "percent": True, "lines": lines}


def _chances(chances: Mapping[str, float]) -> str:
    """Who wins how often: `flow 80 %, vae 20 %`."""
    known = sorted(chances.items(), key=lambda one: -one[1])[:4]
    return ", ".join(f"{name} {100 * chance:.3g} %" for name, chance in known if chance > 0)


def early_data(
    cells: Sequence[StoredCell], colours: Mapping[str, Look], ids: Mapping[str, str]
) -> dict[str, Any] | None:
    """A line a cell: the rank correlation of the loss after each epoch with the final loss; None without any."""
    lines = []
    for name, cell in zip(series_names(cells), cells, strict=True):
        curves = cell.curves
        places = early_places(curves.epochs)
        found = early_tells(curves, places)
        told = list(zip(curves.done[places].tolist(), found[len(found) - len(places) :], strict=True))
        known = [(epoch, one) for epoch, one in told if one.correlation is not None]
        if not known:
            continue
        ends = [one.interval for _, one in known]
        lines.append(
            styled_line(colours[series(curves)], ids[curves.label])
            | {
                "title": f"{name}, n = {known[0][1].survivors}",
                "x": [epoch for epoch, _ in known],
                "y": numbers(np.array([one.correlation for _, one in known])),
                "low": numbers(np.array([np.nan if end is None else end.low for end in ends])),
                "high": numbers(np.array([np.nan if end is None else end.high for end in ends])),
            }
        )
    if not lines:
        return None
    return {
        "label": "rank correlation with the final loss",
        "along": f"{counted_in(cell.curves for cell in cells)} trained",
        "log": True,
        "signed": True,
        "bands": len(lines) <= _BANDS,
        "lines": lines,
    }
