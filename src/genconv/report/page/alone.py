"""What is said of a cell that has no other beside it: where its runs end, how far apart, and which lie off."""

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.spec import Metric
from genconv.metrics.summary import per_seed
from genconv.report.format import counted, decimals_for
from genconv.report.labels import series
from genconv.report.undecided import ENOUGH, FEW
from genconv.statistics.default_metric import OTHERWISE
from genconv.statistics.summary import CellEstimate

FAR = 10.0
"""A run is stuck if it ends so many robust standard deviations, 1.4826 · median |xᵢ − median x|, above the median."""
_KNOWN = 8
"""Runs below which the median deviation says too little for that."""


def alone_sentences(one: CellEstimate, cell: CellCurves) -> tuple[str, ...]:
    """Two sentences: where its runs end, and which lie off or what so few of them cannot tell."""
    metric = one.specs.get(BEST_ESTIMATE) or one.specs[OTHERWISE]
    values = per_seed(cell, one.mode)[metric.name]
    ends = np.sort(values[np.isfinite(values)])
    if not ends.size:
        return ("One cell, and no run of it has a number.",)
    return tuple(filter(None, (_where(one, cell, metric, ends), _which(one, ends))))


def _where(one: CellEstimate, cell: CellCurves, metric: Metric, ends: FloatArray) -> str:
    measure = one.measures.get(metric.name)
    unit = f" {measure.unit}" if measure is not None and measure.unit else ""
    what = metric.title if measure is None else _said(metric, measure)
    name, low, high = series(cell), float(ends[0]), float(ends[-1])
    digits = decimals_for(high - low, 2)
    if len(ends) == 1:
        return f"The only run of {name} with a number has {what} {low:.{digits}f}{unit}."
    if high - low <= 1e-12 * max(abs(high), 1e-300):
        return f"All {len(ends)} runs of {name} have {what} {low:.4g}{unit}: no spread was seen."
    middle = f", half of them from {np.quantile(ends, 0.25):.{digits}f} to {np.quantile(ends, 0.75):.{digits}f}"
    spread = f"{low:.{digits}f} to {high:.{digits}f}{unit}{middle if len(ends) >= FEW else ''}"
    return f"The {counted(len(ends), 'run')} of {name} with a number end from {spread} ({what})."


def _said(metric: Metric, measure: Measure) -> str:
    """`test NLL: NLL bound, IWAE, k = 64`."""
    return f"{metric.title}: {measure.words.replace(' (', ', ').rstrip(')')}"


def _which(one: CellEstimate, ends: FloatArray) -> str:
    if one.seeds < FEW:
        return f"{counted(one.seeds, 'run')} say little of how it converges: run {ENOUGH}."
    middle = float(np.median(ends))
    edge = middle + FAR * 1.4826 * float(np.median(np.abs(ends - middle)))
    above = int(np.count_nonzero(ends > edge + 1e-6 * abs(edge)))
    if len(ends) >= _KNOWN and above:
        are, text = "is" if above == 1 else "are", f"{edge:.{decimals_for(ends[-1] - edge, 2)}f}"
        rule = f"more than {FAR:g} robust standard deviations (of the median deviation) above the median"
        return f"{above} of {one.seeds} runs {are} stuck above {text}: {rule}."
    return "No run lies far above the others." if len(ends) >= _KNOWN else ""
