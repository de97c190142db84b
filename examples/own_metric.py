"""A metric in one file: how long a run takes until it stays near its end.

genconv metrics runs --metric examples/own_metric.py:SETTLED
"""

import numpy as np

import genconv


def settled(cell: genconv.CellCurves) -> np.ndarray:
    """For each run, the first epoch from which the validation loss stays within 0.05 of its last value."""
    near = np.abs(cell.validation - cell.validation[:, -1:]) <= 0.05
    always = np.flip(np.logical_and.accumulate(np.flip(near, axis=1), axis=1), axis=1)
    return np.where(np.isnan(cell.validation[:, -1]), np.nan, cell.places[np.argmax(always, axis=1)])


SETTLED = genconv.Metric(
    "settled",
    settled,
    words="first epoch from which the loss stays within 0.05 of its last value",
    formula="min {e : |v_i − v_E| ≤ 0.05 for all i ≥ e}",
    unit="epochs",
    digits=1,
    counts=True,
    measure=lambda cell: None,
)
