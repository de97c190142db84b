"""A cell with another recorded quantity in place of its validation loss: what every metric and figure then works on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from genconv.curves import CellCurves, Divergence
from genconv.errors import InputError, unknown_name
from genconv.measure import Measure
from genconv.store.curves import Quantity
from genconv.store.results import StoredCell

Axis = Literal["epochs", "steps"]

_PARTS = ("reconstruction", "kl")
"""Parts of the loss, in its unit."""


def on_quantity(cells: Sequence[StoredCell], name: str, over: Axis = "epochs") -> list[CellCurves]:
    """The cells that recorded the quantity, with its values, shape (N, E), as their curves.

    `over` says what `CellCurves.places` are: epochs, or optimizer steps. The final evaluation and the entropy, which
    speak of the loss, are left out. `InputError` if no cell recorded the quantity, or its steps are not known.
    """
    known = dict.fromkeys(quantity for cell in cells for quantity in cell.quantities)
    if name not in known:
        raise unknown_name("quantity", name, known)
    return [_curves(cell, cell.quantity(name), over) for cell in cells if name in cell.quantities]


def _curves(cell: StoredCell, quantity: Quantity, over: Axis) -> CellCurves:
    curves = cell.curves
    _, _, what = quantity.name.partition(".")
    unit = curves.measure.unit if what in _PARTS else ""
    measure = quantity.measure or Measure("loss", unit, "", "KL" if what == "kl" else what.replace("_", " "))
    return replace(
        curves,
        training=quantity.values,
        validation=quantity.values,
        divergences=tuple(_moved(divergence, quantity, over) for divergence in curves.divergences),
        reference=curves.reference if measure.says_nll else None,
        evaluation={},
        measures={},
        measure=measure,
        epochs_at=_places(quantity, over, curves.label),
        steps_at=quantity.steps,
    )


def _places(quantity: Quantity, over: Axis, label: str) -> np.ndarray | None:
    if over == "epochs":
        return quantity.epochs
    if quantity.steps is None:
        raise InputError(f"quantity '{quantity.name}' of {label}: its optimizer steps are not on record")
    return quantity.steps


def _moved(divergence: Divergence | None, quantity: Quantity, over: Axis) -> Divergence | None:
    """A divergence whose `epoch` counts what `over` counts."""
    if divergence is None or over == "epochs" or quantity.epochs is None or quantity.steps is None:
        return divergence
    place = min(int(np.searchsorted(quantity.epochs, divergence.epoch)), len(quantity.steps) - 1)
    return replace(divergence, epoch=int(quantity.steps[place]))
