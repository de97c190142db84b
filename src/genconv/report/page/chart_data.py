"""The loss curves of cells that share an axis, as the page's chart reads them: plain numbers, every run and place."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from genconv.curves import CellCurves
from genconv.report.curve_geometry import divergence_points, loss_limits, quartiles, until_divergence
from genconv.report.figures.style import Look
from genconv.report.labels import diverged, loss_label, loss_unit, measured_series, says_nll, series
from genconv.report.limits import drawn_runs

_DIGITS = 6
"""Significant digits of a plotted loss."""


def chart_data(cells: Sequence[CellCurves], colours: Mapping[str, Look], dataset: str) -> dict[str, Any]:
    """`cells` with their runs, `panels` (one a protocol), `lines` of reference, and `limits` of the loss axis.

    `at` are the epochs of the places of the longest curve, None for 0, 1, 2, …; `limits.log` is None unless every
    loss is positive.
    """
    low, high = loss_limits(cells)
    protocols = sorted({cell.protocol for cell in cells})
    longest = max(cells, key=lambda cell: cell.epochs)
    return {
        "dataset": dataset,
        "label": loss_label(cells),
        "unit": loss_unit(cells),
        "epochs": longest.epochs,
        "at": _places(longest),
        "cells": [_cell(cell, colours[series(cell)], _name(cell, cells, protocols), len(cells)) for cell in cells],
        "panels": [
            {
                "title": protocol if len(protocols) > 1 else "",
                "cells": [place for place, cell in enumerate(cells) if cell.protocol == protocol],
            }
            for protocol in protocols
        ],
        "lines": _references(cells),
        "limits": {"linear": _numbers([low, high]), "log": _log_limits(cells, high)},
    }


def rounded(value: float) -> float | None:
    """Six significant digits; None where there is no number."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _places(longest: CellCurves) -> list[float | None] | None:
    """The epochs of all places; None where they count from 0."""
    counted = np.array_equal(longest.places, np.arange(longest.epochs))
    return None if counted else _numbers(longest.places)


def _name(cell: CellCurves, cells: Sequence[CellCurves], protocols: Sequence[str]) -> str:
    return measured_series(cell, cells, f"{series(cell)} · {cell.protocol}" if len(protocols) > 1 else "")


def _cell(cell: CellCurves, look: Look, name: str, cells: int) -> dict[str, Any]:
    """Quartiles of all runs that did not diverge; a line for as many runs as `cells` in one chart leave room for."""
    drawn = drawn_runs(cell, cells)
    seeds = [cell.seeds[place] for place in drawn]
    lower, median, upper = map(_numbers, quartiles(cell))
    return {
        "name": name,
        "diverged": diverged(cell),
        "colour": look.colour,
        "dash": " ".join(f"{2 * length:g}" for length in look.dash[1]),
        "seeds": seeds,
        "y": [_numbers(curve) for curve in until_divergence(cell)[drawn]],
        "median": median,
        "low": lower,
        "high": upper,
        "ends": [
            {
                "seed": end.seed,
                "place": end.place,
                "loss": None if end.loss is None else rounded(end.loss),
                "cause": end.cause,
            }
            for end in divergence_points(cell)
            if end.seed in set(seeds)
        ],
    }


def _references(cells: Sequence[CellCurves]) -> list[dict[str, Any]]:
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    if reference is None or not says_nll(cells):
        return []
    return [
        {"name": f"entropy {reference.entropy:.3f}", "value": rounded(reference.entropy), "dash": "6 3"},
        {"name": f"Gaussian {reference.gaussian:.3f}", "value": rounded(reference.gaussian), "dash": "1.5 3"},
    ]


def _log_limits(cells: Sequence[CellCurves], high: float) -> list[float | None] | None:
    curves = [until_divergence(cell) for cell in cells]
    least = min((float(losses[np.isfinite(losses)].min(initial=math.inf)) for losses in curves), default=math.inf)
    if not 0 < least < math.inf or high <= 0:
        return None
    lowest, highest = math.log10(least), math.log10(high)
    margin = 0.05 * ((highest - lowest) or 1.0)
    ends = np.power(10.0, [lowest - margin, highest + margin])
    return _numbers(ends) if np.isfinite(ends).all() else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [rounded(float(value)) for value in values]
