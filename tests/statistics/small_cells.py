"""Cells whose last loss is what a test wants it to be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.experiment.synthetic_runs import cell as configured

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.curves import CellCurves, Divergence, FloatArray, Reference
from genconv.measure import ELBO, EXACT, Measure
from genconv.store.results import StoredCell

DEAD = Divergence(0, "non-finite loss")


def curves(model: str, validation: FloatArray, dead: Sequence[int] = (), **more: Any) -> CellCurves:
    """Curves of shape (N, E); `dead` are positions of seeds that diverged in their first epoch."""
    n = len(validation)
    divergences = tuple(DEAD if index in dead else None for index in range(n))
    named = {"dataset": "rings", "protocol": "imported", "seeds": tuple(range(n)), "divergences": divergences, **more}
    return CellCurves(model=model, training=validation, validation=validation, **named)


def cell(
    model: str,
    values: Sequence[float] | FloatArray,
    dead: Sequence[int] = (),
    config: Cell | None = None,
    **more: Any,
) -> StoredCell:
    """One epoch, so that every loss metric is the value itself."""
    return StoredCell(curves(model, np.array(values, dtype=np.float64)[:, None], dead, **more), config)


def trained(model: str, values: Sequence[float] | FloatArray, dead: Sequence[int] = (), **more: Any) -> StoredCell:
    """A cell with a configuration, so that its seeds are seeds."""
    changes = {name: more.pop(name) for name in ("study_seed", "data") if name in more}
    seeds = more.pop("seeds", tuple(range(len(values))))
    more.setdefault("coordinates", tuple(map(Coordinates.of_seed, seeds)))
    return cell(model, values, dead, configured(model=model, **changes), protocol="corrected", seeds=seeds, **more)


def evaluated(model: str, values: Sequence[float] | FloatArray, measure: Measure, **more: Any) -> StoredCell:
    """A cell whose final evaluation gave `values` of that measure; its curves say the ELBO, or the NLL."""
    name = "importance_weighted" if measure.method.startswith("IWAE") else "loss"
    evaluation = {name: np.array(values, dtype=np.float64)}
    curve = EXACT if measure == EXACT else ELBO
    losses = more.pop("last", values)
    return cell(model, losses, measure=curve, measures={name: measure}, evaluation=evaluation, **more)


REFERENCE = Reference(entropy=1.5, deviation=2.0, gaussian=4.0)
