"""The final evaluation of a dataset's cells: losses on held-out data, units in use, and the evaluation's own noise."""

from collections.abc import Sequence

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.report.groups import series
from genconv.report.numbers import NO_NUMBER, number
from genconv.report.page_table import PageTable, table_csv
from genconv.statistics.noise import evaluation_noise
from genconv.store.collection import StoredCell

_LOSSES = ("loss", "reconstruction", "kl", "importance_weighted")


def evaluation_table(cells: Sequence[StoredCell], slug: str) -> PageTable | None:
    """A row a cell that was evaluated; None if none was, as with imported curves."""
    rows, data = [], []
    for cell in cells:
        curves = cell.curves
        noise = evaluation_noise(curves, series(curves))
        if noise is None:
            continue
        name = (curves.protocol, series(curves))
        values = {kind: _survivors(curves, kind) for kind in _LOSSES}
        units = _units(curves)
        spread = (noise.seeds, noise.redraws, noise.examples)
        rows.append((*name, *map(_mean_and_sd, values.values()), _by_layer(units), *(number(one, 3) for one in spread)))
        means = [float(np.mean(one)) if len(one) else None for one in values.values()]
        data.append((*name, noise.n, *means, " ".join(f"{one:.1f}" for one in units), *spread))
    if not rows:
        return None
    header = (
        *("protocol", "model", "loss", "reconstruction", "KL", "importance-weighted", "units in use"),
        *("sd over seeds", "sd over redraws", "sd over examples"),
    )
    names = ["protocol", "model", "seeds", *_LOSSES, "active_units", "seeds_sd", "redraws_sd", "examples_sd"]
    return PageTable(f"held-out-{slug}", _CAPTION, header, 2, rows, table_csv(names, data))


_CAPTION = (
    "Nats, mean ± sample sd over the seeds that survived, on data that neither training nor the curves have seen. "
    "Units in use: dimensions of each stochastic layer, lowest first, whose KL is above 0.01 nats on average. "
    "The last three columns are standard deviations of the loss: over seeds; over redraws of what is random in the "
    "evaluation; and over as many other examples, estimated from the two halves of these."
)


def _survivors(curves: CellCurves, kind: str) -> FloatArray:
    values = curves.evaluation.get(kind, np.full(len(curves.seeds), np.nan))[~curves.diverged]
    finite: FloatArray = values[np.isfinite(values)]
    return finite


def _mean_and_sd(values: FloatArray) -> str:
    if not len(values):
        return NO_NUMBER
    sd = f" ± {number(float(np.std(values, ddof=1)), 3)}" if len(values) > 1 else ""
    return number(float(np.mean(values)), 3) + sd


def _units(curves: CellCurves) -> list[float]:
    """Mean over surviving seeds, lowest layer first."""
    layers = sum(name.startswith("active_units_") for name in curves.evaluation)
    each = [_survivors(curves, f"active_units_{layer}") for layer in range(1, layers + 1)]
    return [float(np.mean(values)) for values in each if len(values)]


def _by_layer(units: Sequence[float]) -> str:
    return " / ".join(number(one, 0 if one == round(one) else 1) for one in units) or NO_NUMBER
