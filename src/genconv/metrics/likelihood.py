"""What the final model says of held-out data: its tightest number, and how far it lies above the entropy."""

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.measure import Measure
from genconv.metrics.curves import last
from genconv.metrics.spec import Metric

BEST_ESTIMATE = "test_nll"
"""The metric that says most of the final model's −log p; the headline of tables and of the page."""

BOUNDS = ("importance_weighted", "loss")
"""Held-out bounds of a final evaluation, the tightest first."""


def excess(losses: FloatArray, entropy: float) -> FloatArray:
    """L − H = KL(p ‖ model), the loss above the entropy H of the data, in nats: shape (N,) → (N,).

    For a latent-variable model, whose loss L is a bound, it is an upper bound of that KL. On finitely many points it
    may fall below 0 by sampling noise.
    """
    return losses - entropy


def tightest(cell: CellCurves) -> tuple[str, Measure] | None:
    """Which number of the final evaluation says most of −log p, by name, and what it says; None if none says anything.

    An exact −log p, else the importance-weighted bound, else the ELBO.
    """
    known = {name for name, values in cell.evaluation.items() if np.isfinite(values).any()}
    says = {name: one for name, one in cell.measures.items() if name in known and one.kind != "loss"}
    exact = [name for name, one in says.items() if one.kind == "exact"]
    names = [*exact, *(name for name in BOUNDS if name in says)]
    return (names[0], says[names[0]]) if names else None


def held_out_nll(cell: CellCurves) -> FloatArray:
    """−log p per held-out example, or its tightest bound, in the unit of the measure: shape (N,)."""
    found = tightest(cell)
    return np.full(len(cell.seeds), np.nan) if found is None else cell.evaluation[found[0]]


def _lacks_estimate(cell: CellCurves) -> str:
    return "" if tightest(cell) else "a final evaluation that says −log p, or bounds it"


def _tightest_measure(cell: CellCurves) -> Measure | None:
    found = tightest(cell)
    return None if found is None else found[1]


def _tightest_name(cell: CellCurves) -> str:
    found = tightest(cell)
    return "" if found is None else found[0]


def _entropy(cell: CellCurves) -> float:
    return np.nan if cell.reference is None else cell.reference.entropy


def _lacks_excess(cell: CellCurves) -> str:
    if cell.reference is None:
        return "the entropy of its data"
    return "" if cell.measure.says_nll else "a curve of −log p, or of a bound of it, in nats"


def _lacks_weighted_excess(cell: CellCurves) -> str:
    if cell.reference is None:
        return "the entropy of its data"
    measure = cell.measures.get(BOUNDS[0])
    known = BOUNDS[0] in cell.evaluation and measure is not None and measure.says_nll
    return "" if known else "an importance-weighted bound in nats"


METRICS = (
    Metric(
        "excess",
        lambda cell: excess(last(cell.validation), _entropy(cell)),
        "last above the entropy H of the data: the KL from the data to the model, or an upper bound of it where the "
        "loss is a bound",
        "last − H,  H = −∫ p log p",
        unit="nats",
        digits=3,
        headline=True,
        requires=_lacks_excess,
        of_model=True,
        has_zero=True,
    ),
    Metric(
        "excess_importance_weighted",
        lambda cell: excess(cell.evaluation[BOUNDS[0]], _entropy(cell)),
        "the same with the importance-weighted bound L of the final evaluation in place of last",
        "L − H",
        "arXiv 1509.00519",
        unit="nats",
        digits=3,
        requires=_lacks_weighted_excess,
        measure=lambda cell: cell.measures.get(BOUNDS[0]),
        of_model=True,
        has_zero=True,
        per_example=lambda _: BOUNDS[0],
    ),
    Metric(
        BEST_ESTIMATE,
        held_out_nll,
        "−log p of the final model on held-out data: exact where the model has it, else the importance-weighted bound, "
        "else the ELBO",
        "−1/n · Σᵢ log p(xᵢ), or a bound of it",
        digits=3,
        headline=True,
        requires=_lacks_estimate,
        measure=_tightest_measure,
        of_model=True,
        per_example=_tightest_name,
    ),
)
