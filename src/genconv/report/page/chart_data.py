"""The loss curves of one dataset as the page's chart reads them: plain numbers, every seed and epoch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from genconv.curves import CellCurves
from genconv.report.curve_geometry import divergence_points, loss_limits, quartiles, until_death
from genconv.report.figures.style import Look
from genconv.report.labels import diverged, series
from genconv.report.limits import drawn_seeds

_DIGITS = 6
"""Significant digits of a plotted loss."""


def chart_data(cells: Sequence[CellCurves], colours: Mapping[str, Look], dataset: str) -> dict[str, Any]:
    """`cells` with their seeds, `panels` (one a protocol), `lines` of reference, and `limits` of the loss axis.

    `limits.log` is None unless every loss is positive.
    """
    low, high = loss_limits(cells)
    protocols = sorted({cell.protocol for cell in cells})
    several = len(protocols) > 1
    return {
        "dataset": dataset,
        "epochs": max(cell.epochs for cell in cells),
        "cells": [_cell(cell, colours[series(cell)], several, drawn_seeds(cell, len(cells))) for cell in cells],
        "panels": [
            {
                "title": protocol if several else "",
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


def _cell(cell: CellCurves, look: Look, several: bool, drawn: Sequence[int]) -> dict[str, Any]:
    """Quartiles of all seeds; `drawn` are the places of those that have a line."""
    seeds = [cell.seeds[place] for place in drawn]
    shown = set(seeds)
    lower, median, upper = map(_numbers, quartiles(cell))
    return {
        "name": f"{series(cell)} · {cell.protocol}" if several else series(cell),
        "lost": diverged(cell),
        "colour": look.colour,
        "dash": " ".join(f"{2 * length:g}" for length in look.dash[1]),
        "seeds": seeds,
        "y": [_numbers(curve) for curve in until_death(cell)[drawn]],
        "median": median,
        "low": lower,
        "high": upper,
        "deaths": [
            {
                "seed": end.seed,
                "epoch": end.epoch,
                "loss": None if end.loss is None else rounded(end.loss),
                "cause": end.cause,
            }
            for end in divergence_points(cell)
            if end.seed in shown
        ],
    }


def _references(cells: Sequence[CellCurves]) -> list[dict[str, Any]]:
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    if reference is None:
        return []
    return [
        {"name": f"entropy {reference.entropy:.3f}", "value": rounded(reference.entropy), "dash": "6 3"},
        {"name": f"Gaussian {reference.gaussian:.3f}", "value": rounded(reference.gaussian), "dash": "1.5 3"},
    ]


def _log_limits(cells: Sequence[CellCurves], high: float) -> list[float | None] | None:
    curves = [until_death(cell) for cell in cells]
    least = min((float(losses[np.isfinite(losses)].min(initial=math.inf)) for losses in curves), default=math.inf)
    if not 0 < least < math.inf or high <= 0:
        return None
    lowest, highest = math.log10(least), math.log10(high)
    margin = 0.05 * ((highest - lowest) or 1.0)
    ends = np.power(10.0, [lowest - margin, highest + margin])
    return _numbers(ends) if np.isfinite(ends).all() else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [rounded(float(value)) for value in values]
