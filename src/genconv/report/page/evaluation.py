"""The table of the final evaluation: what each model reaches on held-out data, and how sure these numbers are."""

from collections.abc import Mapping, Sequence

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.report.format import NO_NUMBER, number
from genconv.report.labels import series
from genconv.report.page.table import PageTable
from genconv.report.tables.writing import csv_rows
from genconv.statistics.evaluation_variance import evaluation_noise
from genconv.store.results import StoredCell

_TERMS = ("reconstruction", "kl")
_WEIGHTED, _QUARTER = "importance_weighted", "importance_weighted_quarter"

_HEADER = (
    *("protocol", "model", "loss is", "loss", "reconstruction", "KL", "importance-weighted", "falls by"),
    *("units in use", "sd over runs", "sd over redraws", "error of the examples"),
)
_NAMES = (
    *("protocol", "model", "runs", "loss", "kind", "unit", "method", *_TERMS, _WEIGHTED, "weighted_method", "falls"),
    *("active_units", "runs_sd", "redraws_sd", "examples_error"),
)
_CAPTION = (
    "Mean ± sample sd over the runs that did not diverge, per example, on data that neither training nor the curves "
    "have seen."
)
_NOTE = (
    "An exact NLL stands in both columns of likelihoods, for no bound is tighter. Falls by: by how much the "
    "importance-weighted bound is lower than with a quarter of its draws; while it falls, the NLL lies below it. Units "
    "in use: dimensions of each stochastic layer, lowest first, whose KL is above 0.01 nats on average. The last three "
    "columns are of the loss: its standard deviation over runs; over redraws of what is random in the evaluation; and "
    "the standard error of its mean from the held-out examples, which all runs share: so far it would vary over as "
    "many other examples."
)


def evaluation_table(cells: Sequence[StoredCell], slug: str, ids: Mapping[str, str]) -> PageTable | None:
    """A row a cell that was evaluated; None if none was, as with imported curves."""
    evaluated = [cell for cell in cells if "loss" in cell.curves.evaluation]
    if not evaluated:
        return None
    rows, data = [_row(cell) for cell in evaluated], [_data(cell) for cell in evaluated]
    about = [ids[cell.curves.label] for cell in evaluated]
    first = 0 if len({cell.curves.protocol for cell in evaluated}) > 1 else 1  # one protocol needs no column
    shown, text = [row[first:] for row in rows], csv_rows(_NAMES, data)
    name, header = f"held-out-{slug}", _HEADER[first:]
    return PageTable(name, _CAPTION, header, 3 - first, shown, text, cells=about, note=_NOTE)


def _row(cell: StoredCell) -> tuple[str, ...]:
    curves = cell.curves
    measure, values = curves.measures.get("loss", curves.measure), _values(curves)
    fall = _mean(values[_QUARTER] - values[_WEIGHTED]) if len(values[_QUARTER]) == len(values[_WEIGHTED]) else None
    weighted = values["loss"] if measure.kind == "exact" else values[_WEIGHTED]
    return (
        *(curves.protocol, series(curves), measure.label),
        *map(_mean_and_sd, (values["loss"], *(values[name] for name in _TERMS), weighted)),
        NO_NUMBER if fall is None else number(fall, 3),
        _by_layer(_units(curves)),
        *(NO_NUMBER if value is None else number(value, 3) for value in _spread(cell)),
    )


def _data(cell: StoredCell) -> tuple[str | float | None, ...]:
    curves = cell.curves
    measure, values = curves.measures.get("loss", curves.measure), _values(curves)
    fall = _mean(values[_QUARTER] - values[_WEIGHTED]) if len(values[_QUARTER]) == len(values[_WEIGHTED]) else None
    exact = measure.kind == "exact"
    tightest = measure if exact else curves.measures.get(_WEIGHTED)
    return (
        *(curves.protocol, series(curves), len(values["loss"]), _mean(values["loss"])),
        *(measure.kind, measure.unit, measure.method, *(_mean(values[name]) for name in _TERMS)),
        _mean(values["loss"] if exact else values[_WEIGHTED]),
        None if tightest is None else tightest.method or tightest.kind,
        fall,
        " ".join(f"{units:.1f}" for units in _units(curves)),
        *_spread(cell),
    )


def _values(curves: CellCurves) -> Mapping[str, FloatArray]:
    return {name: _of_the_rest(curves, name) for name in ("loss", *_TERMS, _WEIGHTED, _QUARTER)}


def _of_the_rest(curves: CellCurves, name: str) -> FloatArray:
    """The finite numbers of the runs that did not diverge."""
    values = curves.evaluation.get(name, np.full(len(curves.seeds), np.nan))[~curves.diverged]
    finite: FloatArray = values[np.isfinite(values)]
    return finite


def _mean(values: FloatArray) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _mean_and_sd(values: FloatArray) -> str:
    if not len(values):
        return NO_NUMBER
    sd = f" ± {number(float(np.std(values, ddof=1)), 3)}" if len(values) > 1 else ""
    return number(float(np.mean(values)), 3) + sd


def _spread(cell: StoredCell) -> tuple[float | None, ...]:
    noise = evaluation_noise(cell)
    return (None, None, None) if noise is None else (noise.seeds, noise.redraws, noise.examples)


def _units(curves: CellCurves) -> list[float]:
    """Mean over the runs that did not diverge, lowest layer first."""
    layers = sum(name.startswith("active_units_") for name in curves.evaluation)
    each = [_of_the_rest(curves, f"active_units_{layer}") for layer in range(1, layers + 1)]
    return [float(np.mean(values)) for values in each if len(values)]


def _by_layer(units: Sequence[float]) -> str:
    return " / ".join(number(count, 0 if count == round(count) else 1) for count in units) or NO_NUMBER
