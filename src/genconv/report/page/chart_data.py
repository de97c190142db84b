"""Curves of cells that share an axis, as the page's chart reads them: plain numbers, every run and place."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.report.curve_geometry import divergence_points, quartiles, until_divergence
from genconv.report.figures.colours import Look
from genconv.report.labels import diverged, loss_label, loss_unit, measured_series, one_counted, says_nll, series
from genconv.report.limits import drawn_runs

_DIGITS = 6
"""Significant digits of a plotted loss."""


def chart_data(
    cells: Sequence[CellCurves],
    colours: Mapping[str, Look],
    dataset: str,
    ids: Mapping[str, str],
    seconds: Mapping[str, FloatArray],
    lines: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, Any]:
    """`cells` with their runs, `panels` (one a protocol), and `lines` of reference.

    `at` are the places of all curves (epochs, or what `counted` says), None for 0, 1, 2, …; a cell that has not all of
    them is `sparse`. `positive`: every loss is, so a logarithm can be drawn; `stepped`, `timed`: each cell has `steps`,
    or `times`, too.

    Args:
        cells: Of one dataset.
        colours: How each series looks.
        dataset: Its name.
        ids: By a cell's label, its id on the page; a run is called `ID/SEED` in every chart.
        seconds: By a cell's label, the seconds since the start at its places, shape (E,), of cells that have them.
        lines: By a cell's label, the places of the runs that are drawn; None for `drawn_runs`.

    """
    protocols = sorted({cell.protocol for cell in cells})
    names = [_name(cell, cells, protocols) for cell in cells]
    grid, stepped = _grid(cells), all(_has_steps(cell) for cell in cells)
    timed = all(cell.label in seconds for cell in cells)
    drawn = lines or {cell.label: drawn_runs(cell, len(cells)) for cell in cells}
    return {
        "dataset": dataset,
        "label": loss_label(cells),
        "unit": loss_unit(cells),
        "epochs": len(grid),
        "counted": one_counted(cells),
        "at": None if np.array_equal(grid, np.arange(len(grid))) else numbers(grid),
        "cells": [
            {"id": ids[cell.label]}
            | _cell(cell, colours[series(cell)], name, drawn[cell.label], grid)
            | _steps(cell, grid, stepped)
            | ({"times": numbers(_on(grid, cell.places, seconds[cell.label]))} if timed else {})
            for cell, name in zip(cells, names, strict=True)
        ],
        "panels": [
            {
                "title": protocol if len(protocols) > 1 else "",
                "cells": [place for place, cell in enumerate(cells) if cell.protocol == protocol],
            }
            for protocol in protocols
        ],
        "lines": _references(cells),
        "positive": _positive(cells),
        "stepped": stepped,
        "timed": timed,
    }


def numbers(values: FloatArray) -> list[Any]:
    """Six significant digits, None where there is no number; nested lists for an array of rows."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        size = np.where((values == 0) | ~np.isfinite(values), 1.0, np.abs(values))
        power = _DIGITS - 1 - np.floor(np.log10(size))
        up, down = 10.0 ** np.clip(power, 0, 300), 10.0 ** np.clip(-power, 0, 300)
        short = np.round(values * up / down) * down / up
    written = short.astype(object)
    written[~np.isfinite(short)] = None
    found: list[Any] = written.tolist()
    return found


def _grid(cells: Sequence[CellCurves]) -> FloatArray:
    """The places of all cells: those of the longest one, if the others have its first ones."""
    longest = max(cells, key=lambda cell: cell.epochs).places
    if all(np.array_equal(cell.places, longest[: cell.epochs]) for cell in cells):
        return longest
    return np.unique(np.concatenate([cell.places for cell in cells]))


def _on(grid: FloatArray, places: FloatArray, values: FloatArray) -> FloatArray:
    """Values at some places on the whole grid, up to their last one; NaN between them."""
    if np.array_equal(places, grid[: len(places)]):
        return values
    at = np.searchsorted(grid, places)
    full = np.full(at[-1] + 1, np.nan)
    full[at] = values
    return full


def _name(cell: CellCurves, cells: Sequence[CellCurves], protocols: Sequence[str]) -> str:
    return measured_series(cell, cells, f"{series(cell)} · {cell.protocol}" if len(protocols) > 1 else "")


def _cell(cell: CellCurves, look: Look, name: str, drawn: Sequence[int], grid: FloatArray) -> dict[str, Any]:
    """Quartiles of all runs that did not diverge; a line for each run that is drawn."""
    seeds = [cell.seeds[place] for place in drawn]
    places = cell.places
    lower, median, upper = (numbers(_on(grid, places, curve)) for curve in quartiles(cell))
    return {
        "name": name,
        "diverged": diverged(cell),
        "colour": look.colour,
        "dash": " ".join(f"{2 * length:g}" for length in look.dash[1]),
        "seeds": seeds,
        "sparse": not np.array_equal(places, grid[: cell.epochs]),
        "y": [numbers(_on(grid, places, curve)) for curve in until_divergence(cell)[list(drawn)]],
        "median": median,
        "low": lower,
        "high": upper,
        "ends": [
            {
                "seed": end.seed,
                "place": int(np.searchsorted(grid, places[end.place])),
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
        {"name": f"entropy {reference.entropy:.3f}", "value": rounded(reference.entropy), "dash": "6 3", "floor": True},
        {"name": f"Gaussian {reference.gaussian:.3f}", "value": rounded(reference.gaussian), "dash": "1.5 3"},
    ]


def _positive(cells: Sequence[CellCurves]) -> bool:
    curves = [until_divergence(cell) for cell in cells]
    return all((losses[np.isfinite(losses)] > 0).all() for losses in curves)


def _has_steps(cell: CellCurves) -> bool:
    return cell.steps_at is not None and cell.counted == "epochs"


def _steps(cell: CellCurves, grid: FloatArray, stepped: bool) -> dict[str, Any]:
    """The step of each place of the chart, where the cells count steps beside epochs."""
    if not stepped or cell.steps_at is None:
        return {}
    return {"steps": numbers(_on(grid, cell.places, cell.steps_at))}


def rounded(value: float) -> float | None:
    """`numbers` of one."""
    found: float | None = numbers(np.array([value]))[0]
    return found
