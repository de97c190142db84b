"""Every run's final loss above the entropy, a row a cell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.report.figures.colours import Look
from genconv.report.figures.gap import interval_of
from genconv.report.format import number
from genconv.report.labels import measured_series, series, series_names
from genconv.report.page.chart_data import numbers, rounded
from genconv.statistics.entropy_gap import EntropyGap, entropy_gap
from genconv.store.results import StoredCell


def gap_data(cells: Sequence[StoredCell], colours: Mapping[str, Look], ids: Mapping[str, str]) -> dict[str, Any] | None:
    """`rows` with the excess of each run and the Gaussian's; None where no entropy is known."""
    cells = [cell for cell in cells if cell.curves.measure.says_nll]
    curves = [cell.curves for cell in cells]
    names = [measured_series(cell, curves, name) for cell, name in zip(curves, series_names(cells), strict=True)]
    found = [(cell, gap) for cell, name in zip(curves, names, strict=True) for gap in _gap(cells, cell.label, name)]
    if not found:
        return None
    return {
        "label": f"nats above the entropy of {curves[0].dataset} (log)",
        "unit": "nats above the entropy",
        "gaussian": rounded(found[0][1].gaussian),
        "rows": [_row(gap, colours[series(cell)].colour, ids[cell.label]) for cell, gap in found],
    }


def _gap(cells: Sequence[StoredCell], label: str, name: str) -> list[EntropyGap]:
    cell = next(cell for cell in cells if cell.curves.label == label)
    gap = entropy_gap(cell, name)
    return [] if gap is None else [gap]


def _row(one: EntropyGap, colour: str, name: str) -> dict[str, Any]:
    mean, interval = interval_of(one)
    left, runs = int(np.isfinite(one.excess).sum()), len(one.seeds)
    counted = f"n = {left}" if left == runs else f"n = {left} of {runs}"
    about = "" if interval is None else f"{number(mean, 3)} [{interval.low:.3f}, {interval.high:.3f}], "
    return {
        "cells": [name],
        "name": one.label,
        "note": about + counted,
        "colour": colour,
        "seeds": list(one.seeds),
        "values": numbers(one.excess),
        "flags": list(one.flags),
        "value": rounded(mean),
        "low": None if interval is None else rounded(interval.low),
        "high": None if interval is None else rounded(interval.high),
        "reach": None if one.reach is None else rounded(one.reach),
    }
