"""What a metric is: one object that says how it is computed, in which unit, and how it is printed.

Every table, figure, page and method section takes what it shows of a metric from here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.errors import InputError
from genconv.measure import Measure

EPOCHS = "epochs"
RestsOn = Literal["losses", "first places", "all places"]
EARLY = 5
"""How many places are the first ones."""


def nothing(_: CellCurves) -> str:
    """The requirement of a metric that every cell has."""
    return ""


def of_curve(cell: CellCurves) -> Measure | None:
    """The measure of a number that is a loss of the curve."""
    return cell.measure


def none(_: CellCurves) -> Measure | None:
    """The measure of a number that is no loss, such as a count of epochs."""
    return None


def title_of(name: str) -> str:
    """A metric's name as people read it: `epochs to final`, `test NLL`."""
    return name.replace("_", " ").replace("nll", "NLL")


@dataclass(frozen=True)
class Metric:
    """One number for each run of a cell: `function(cell)`, shape (N,), NaN for a run that has none.

    The function is given a `CellCurves` in which every number of a diverged run is NaN.

    Example::

        def halfway(cell: CellCurves) -> FloatArray:
            return cell.validation[:, cell.epochs // 2]

        HALFWAY = Metric("halfway", halfway, formula="v_{E/2}", words="loss at half of the epochs")
    """

    name: str
    """In tables and on the command line; underscores are printed as spaces."""
    function: Callable[[CellCurves], FloatArray]
    words: str = ""
    """What it is, in a few words."""
    formula: str = ""
    """In terms of the validation losses v₀, v₁, … of one run."""
    source: str = ""
    """The paper or book that defines it."""
    unit: str | None = None
    """`epochs`, or any other unit; None for the unit of what `measure` gives."""
    digits: int = 2
    """Decimals in tables."""
    counts: bool = False
    """Whether it is a whole number for each run; its standard deviation is then not drawn."""
    lower_is_better: bool = True
    published: bool = False
    """Whether the tables of the published study have it."""
    headline: bool = False
    """Whether the page's first table has it."""
    requires: Callable[[CellCurves], str] = nothing
    """What a cell lacks for this metric, in a few words; empty if it lacks nothing."""
    measure: Callable[[CellCurves], Measure | None] = of_curve
    """What the number says of the likelihood; None if it is no loss."""
    of_model: bool = False
    """Whether it is the loss of one trained model, so that what its measure says of −log p holds for that model; a
    mean over training is none.
    """
    has_zero: bool = False
    """Whether 0 means the same on every dataset, so that numbers of several datasets stand on one scale."""
    by_tolerance: bool = False
    """Whether it rests on a distance in the unit of the loss, so that it compares only where the losses do."""
    rests_on: RestsOn = "losses"
    """What it depends on beside the losses: on how many places there are and where (`first places`: the first five).
    Cells whose places differ do not compare for such a metric.
    """
    per_example: Callable[[CellCurves], str] = nothing
    """Which stored losses of single held-out examples it is the mean of, by name; empty if of none."""

    @property
    def title(self) -> str:
        """The name as people read it: `epochs to final`, `test NLL`."""
        return title_of(self.name)

    def unit_of(self, cell: CellCurves) -> str:
        """The unit of the metric for this cell; empty if none is known. Epochs are steps where only steps are known."""
        if self.unit == EPOCHS:
            return cell.counted
        if self.unit is not None:
            return self.unit
        measure = self.measure(cell)
        return "" if measure is None else measure.unit

    def places_of(self, cell: CellCurves) -> tuple[str, tuple[float, ...]] | None:
        """The places that the number depends on, with what they count; None if it depends on none.

        Two cells compare only if these are equal.
        """
        if self.rests_on == "losses":
            return None
        places = cell.places if self.rests_on == "all places" else cell.places[:EARLY]
        return cell.counted, tuple(places.tolist())

    def of(self, cell: CellCurves) -> FloatArray | None:
        """The number of each run, shape (N,), NaN for a run that diverged; None if the cell lacks what it takes.

        `InputError` if the function returns another shape.
        """
        return self.computed(survivors_only(cell))

    def computed(self, cell: CellCurves) -> FloatArray | None:
        """The same of curves that are taken as they are, those of diverged runs too."""
        if self.requires(cell):
            return None
        values = np.asarray(self.function(cell), dtype=np.float64)
        if values.shape != (len(cell.seeds),):
            wanted = (len(cell.seeds),)
            raise InputError(f"metric '{self.name}' has shape {values.shape}: must be {wanted}, one number a run")
        return values


def survivors_only(cell: CellCurves) -> CellCurves:
    """The cell with NaN in place of every number of a run that diverged."""
    lost = cell.diverged
    if not lost.any():
        return cell
    training, validation = (np.where(lost[:, np.newaxis], np.nan, one) for one in (cell.training, cell.validation))
    evaluation = {name: np.where(lost, np.nan, values) for name, values in cell.evaluation.items()}
    return replace(cell, training=training, validation=validation, evaluation=evaluation)
