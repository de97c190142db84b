"""The loss curves of one dataset as a Plotly figure: plain dictionaries, every seed and epoch."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from genconv.curves import CellCurves, FloatArray, Reference
from genconv.report.drawable import deaths, loss_limits, quartiles, until_death
from genconv.report.groups import diverged, series
from genconv.report.style import Look

Trace = dict[str, Any]
_DASHES = ("solid", "dot", "dash", "dashdot")
"""Of the protocols, where one chart shows several."""
_DIGITS = 6
"""Significant digits of a plotted loss."""


def interactive_curves(cells: Sequence[CellCurves], colours: Mapping[str, Look]) -> dict[str, Any]:
    """Make `data` and `layout` for Plotly, and `ranges` of the loss axis.

    These are `linear`, and `log`: None unless every loss is positive.
    """
    low, high = loss_limits(cells)
    protocols = sorted({cell.protocol for cell in cells})
    traces: list[Trace] = []
    for cell in cells:
        name = f"{series(cell)} · {cell.protocol}" if len(protocols) > 1 else series(cell)
        dash = _DASHES[protocols.index(cell.protocol) % len(_DASHES)]
        traces += _cell(cell, escape(name), {"color": colours[series(cell)].colour, "dash": dash}, high)
    last = max(cell.epochs for cell in cells) - 1
    reference = next((cell.reference for cell in cells if cell.reference is not None), None)
    traces += _references(reference, last)
    ranges = {"linear": _rounded_list([low, high]), "log": _log_range(traces, high)}
    return {"data": traces, "layout": _layout(last, ranges["linear"]), "ranges": ranges}


def _layout(last: int, losses: list[float | None] | None) -> dict[str, Any]:
    epochs = [-0.02 * last, 1.02 * last] if last else [-0.5, 0.5]
    return {
        "xaxis": {"title": {"text": "epoch"}, "range": epochs, "zeroline": False},
        "yaxis": {"title": {"text": "validation loss (nats)"}, "range": losses, "zeroline": False},
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "groupclick": "togglegroup"},
        "margin": {"l": 58, "r": 12, "t": 8, "b": 44},
    }


def rounded(value: float) -> float | None:
    """Six significant digits; None where there is no number."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _cell(cell: CellCurves, name: str, line: Mapping[str, Any], high: float) -> list[Trace]:
    mode = "lines" if cell.epochs > 1 else "markers"
    shared = {"type": "scatter", "mode": mode, "legendgroup": name, "x0": 0, "dx": 1}
    seeds = [
        {
            **shared,
            "name": f"{name}, seed {seed}",
            "y": _rounded_list(curve),
            "line": {**line, "width": 1},
            "opacity": 0.4,
            "showlegend": False,
            "hovertemplate": f"{name}<br>seed {seed}<br>epoch %{{x}}<br>loss %{{y}}<extra></extra>",
        }
        for seed, curve in zip(cell.seeds, until_death(cell), strict=True)
    ]
    lost = diverged(cell)
    median = {
        **shared,
        "name": f"{name} ({lost})" if lost else name,
        "y": _rounded_list(quartiles(cell)[1]),
        "line": {**line, "width": 2.6},
        "hovertemplate": f"{name}<br>median of the survivors<br>epoch %{{x}}<br>loss %{{y}}<extra></extra>",
    }
    return [*seeds, median, *_crosses(cell, name, str(line["color"]), high)]


def _crosses(cell: CellCurves, name: str, colour: str, high: float) -> list[Trace]:
    """Where seeds died; at the upper edge if they never had a number or had left the panel."""
    ends = deaths(cell)
    if not ends:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{name}, diverged",
            "legendgroup": name,
            "showlegend": False,
            "x": [end.epoch for end in ends],
            "y": _rounded_list([high if end.loss is None else min(end.loss, high) for end in ends]),
            "text": [f"seed {end.seed} diverged<br>last number in epoch {end.epoch}<br>{end.cause}" for end in ends],
            "marker": {"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": colour}},
            "cliponaxis": False,
            "hovertemplate": f"{name}<br>%{{text}}<extra></extra>",
        }
    ]


def _references(reference: Reference | None, last: int) -> list[Trace]:
    if reference is None:
        return []
    lines = (("entropy", reference.entropy, "dash"), ("Gaussian", reference.gaussian, "dot"))
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{name} {value:.3f}",
            "x": [-0.02 * last - 0.5, 1.02 * last + 0.5],
            "y": [rounded(value)] * 2,
            "line": {"width": 1.2, "dash": dash, "color": "#7d7d7d"},
            "hoverinfo": "name",
        }
        for name, value, dash in lines
    ]


def _log_range(traces: Sequence[Trace], high: float) -> list[float | None] | None:
    losses = [loss for trace in traces for loss in trace["y"] if loss is not None]
    if not losses or min(losses) <= 0 or high <= 0:
        return None
    lowest, highest = math.log10(min(losses)), math.log10(high)
    return _rounded_list([lowest - 0.05 * (highest - lowest), highest])


def _rounded_list(values: FloatArray | Sequence[float]) -> list[float | None]:
    return [rounded(float(value)) for value in values]
