"""How soon runs reach a loss, and when they diverge: step lines with every run on them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.curves import CellCurves
from genconv.report.figures.colours import DASHES, Look
from genconv.report.format import number
from genconv.report.labels import counted_in, loss_unit, series, series_names
from genconv.report.page.chart_data import numbers, rounded
from genconv.report.page.plots.lines import styled_line
from genconv.statistics.survival import arrival_times, incidences, kaplan_meier, reached_and_diverged
from genconv.statistics.thresholds import Threshold
from genconv.store.results import StoredCell

_BANDS = 3
"""Lines up to which intervals are drawn as bands."""
_CAUSES = dict(zip(("non-finite loss", "non-finite parameters", "blow-up"), DASHES, strict=False))
"""Solid, dashed, dotted, as the caption says."""


def arrival_data(
    cells: Sequence[StoredCell], colours: Mapping[str, Look], ids: Mapping[str, str], aim: Threshold
) -> dict[str, Any]:
    """A step line a cell, with the place of each run that reached the loss."""
    curves = [cell.curves for cell in cells]
    loss = f"{number(aim.loss, 3)} {loss_unit(curves)}".strip()
    lines = [
        _arrivals(cell, name, aim.loss, colours[series(cell)], ids[cell.label])
        for name, cell in zip(series_names(cells), curves, strict=True)
    ]
    return _plot(lines, curves, f"share of runs at {loss} or below")


def divergence_data(
    cells: Sequence[StoredCell], colours: Mapping[str, Look], ids: Mapping[str, str]
) -> dict[str, Any] | None:
    """A step line a cell and cause, with the place of each run that diverged of it; None if no run did."""
    curves = [cell.curves for cell in cells]
    lines = []
    for name, cell in zip(series_names(cells), curves, strict=True):
        for one in incidences(cell, label=name):
            own = {"title": f"{name}, {one.cause}: {round(one.share[-1] * one.final.n)} of {one.final.n}"}
            points = {
                "x": numbers(one.epochs),
                "y": numbers(one.share),
                "low": numbers(one.low),
                "high": numbers(one.high),
            }
            ends = [(cell.seeds[place], d.epoch + (cell.counted == "epochs")) for place, d in _ends(cell, one.cause)]
            runs = [{"seed": seed, "at": at, "words": f"diverged: {one.cause}"} for seed, at in ends]
            look = Look(colours[series(cell)].colour, _CAUSES[one.cause])
            lines.append(styled_line(look, ids[cell.label]) | own | points | {"runs": runs})
    return _plot(lines, curves, "share of runs diverged") if lines else None


def _ends(cell: CellCurves, cause: str) -> list[tuple[int, Any]]:
    return [(place, one) for place, one in enumerate(cell.divergences) if one is not None and one.cause == cause]


def _plot(lines: list[dict[str, Any]], curves: Sequence[CellCurves], label: str) -> dict[str, Any]:
    return {
        "label": label,
        "along": f"{counted_in(curves)} trained",
        "percent": True,
        "steps": True,
        "bands": len(lines) <= _BANDS,
        "end": rounded(max(cell.trained for cell in curves)),
        "lines": lines,
    }


def _arrivals(cell: CellCurves, name: str, loss: float, look: Look, own: str) -> dict[str, Any]:
    times = arrival_times(cell, loss, name)
    found, lost = kaplan_meier(times), reached_and_diverged(cell, loss)
    x, end = np.append(found.epochs, cell.trained), [found.share[-1]]
    later = f", {lost} more did and diverged" if lost else ""
    return styled_line(look, own) | {
        "title": f"{name}: {found.arrived} of {found.n} reached it{later}",
        "x": numbers(x),
        "y": numbers(1 - np.append(found.share, end)),
        "low": numbers(1 - np.append(found.high, found.high[-1])),
        "high": numbers(1 - np.append(found.low, found.low[-1])),
        "bar": bool(found.arrived < found.n),
        "runs": [
            {"seed": seed, "at": rounded(at), "words": "reached it" if arrived else "never reached it, or diverged"}
            for seed, at, arrived in zip(cell.seeds, times.epochs.tolist(), times.arrived.tolist(), strict=True)
        ],
    }
