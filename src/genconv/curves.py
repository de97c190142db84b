"""What every reader of results works on: the loss curves of one cell, seed by seed, as plain arrays.

Bottom layer: NumPy only, so that curves trained on a cluster, or by somebody else, are read on a laptop without JAX.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genconv.coordinates import Coordinates, RunLabel
from genconv.measure import LOSS, Measure

FloatArray = NDArray[np.float64]
Cause = Literal["non-finite loss", "non-finite parameters", "blow-up"]
Counted = Literal["epochs", "steps"]

BLOW_UP = 1e6
"""Loss in nats per example from which a finite loss counts as divergence ("blow-up"), unless a cell says otherwise."""


FARTHEST = 1e150
"""Nats per example; the square of a larger number is none, nor is a variance. No device computes in such numbers."""


@dataclass(frozen=True)
class Divergence:
    """When and how a run left the realm of usable numbers.

    `epoch` counts from 0, as `CellCurves.places` do (where those are steps, it is a step); `step` counts optimizer
    steps from 0 over the whole run and is None for imported curves.
    """

    epoch: int
    cause: Cause
    step: int | None = None


@dataclass(frozen=True)
class Reference:
    r"""What is known exactly about a density p, in nats.

    `entropy` is H = −∫ p log p, the floor of every loss; `deviation` is the standard deviation of −log p(x), x ~ p,
    so that the mean loss over N points has standard error deviation/√N; `gaussian` is the cross-entropy of the
    Gaussian with the density's mean and covariance, log(2πe) + ½ log det Σ in two dimensions: a model above it has
    learned nothing.
    """

    entropy: float
    deviation: float
    gaussian: float


@dataclass(frozen=True, repr=False)
class CellCurves:
    """The loss curves of one cell: one model on one dataset under one protocol, N runs, E places.

    Losses are per example, lower is better (an ELBO is stored as its negative); `measure` says what they mean. Curves
    are NaN where there is no number; `diverged` says which runs died, so a NaN is never the only trace of it.
    """

    dataset: str
    model: str
    protocol: str
    seeds: tuple[RunLabel, ...]
    """How each run is named: its seed, or its coordinates in words."""
    training: FloatArray
    """Shape (N, E)."""
    validation: FloatArray
    """Shape (N, E)."""
    divergences: tuple[Divergence | None, ...]
    """One a seed, None for a seed that stayed finite."""
    reference: Reference | None = None
    """Exact entropy of the data, where there is one."""
    evaluation: Mapping[str, FloatArray] = field(default_factory=dict)
    """Final evaluation on held-out data by name, shape (N,): `loss`, `importance_weighted`, … Empty for imported
    curves.
    """
    variant: str = ""
    """What sets this cell apart from others of the same dataset, model and protocol (`epochs=40`)."""
    measure: Measure = LOSS
    """What the losses of both curves say."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """What the losses of the final evaluation say, by name; other numbers of it (units in use, …) have none."""
    epochs_at: FloatArray | None = None
    """Shape (E,): the epoch of each place, counted from 0; None for 0, 1, 2, …"""
    steps_at: FloatArray | None = None
    """Shape (E,): optimizer steps done at each place; None where they are not known."""
    coordinates: tuple[Coordinates, ...] | None = None
    """One a run; None where a run's streams are not on record."""
    unfinished: Mapping[str, int] = field(default_factory=dict)
    """How many runs of the cell are not among `seeds`, by state: `failed`, `interrupted`, … (see `store.uncounted`)."""

    def __post_init__(self) -> None:
        n = len(self.seeds)
        if self.training.shape != self.validation.shape or self.validation.shape[0] != n or self.validation.ndim != 2:
            raise ValueError(f"curves of {n} seeds have shapes {self.training.shape} and {self.validation.shape}")
        if len(self.divergences) != n:
            raise ValueError(f"{len(self.divergences)} divergence entries for {n} seeds")

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which seeds diverged, shape (N,)."""
        return np.array([d is not None for d in self.divergences], dtype=bool)

    @property
    def epochs(self) -> int:
        """Number of epochs E."""
        return int(self.validation.shape[1])

    @property
    def counted(self) -> Counted:
        """What `places` count: epochs, or steps where the source of imported curves counts nothing else."""
        return "steps" if self.epochs_at is None and self.steps_at is not None else "epochs"

    @property
    def places(self) -> FloatArray:
        """The epoch of each place, counted from 0, shape (E,); its step where epochs are not known."""
        if self.epochs_at is not None:
            return self.epochs_at
        return np.arange(self.epochs, dtype=np.float64) if self.steps_at is None else self.steps_at

    @property
    def done(self) -> FloatArray:
        """Epochs trained at each place, shape (E,): one more than `places`; steps as they are."""
        return self.places + 1 if self.counted == "epochs" else self.places

    @property
    def trained(self) -> float:
        """Epochs (or steps, see `counted`) trained at the last place; 0 for curves without a place."""
        return float(self.done[-1]) if self.epochs else 0.0

    def __repr__(self) -> str:
        diverged = f", {count} diverged" if (count := int(self.diverged.sum())) else ""
        return f"CellCurves({self.label}: {len(self.seeds)} runs, {self.epochs} places{diverged}, {self.measure.label})"

    @property
    def label(self) -> str:
        """The cell in words, unique within a collection."""
        name = f"{self.dataset} · {self.model} · {self.protocol}"
        return f"{name} ({self.variant})" if self.variant else name


def bounded(losses: FloatArray) -> FloatArray:
    """Losses beyond ±`FARTHEST` as infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(losses) > FARTHEST, np.copysign(np.inf, losses), losses)


def find_divergence(
    training: FloatArray, validation: FloatArray, places: FloatArray | None = None, blow_up: float = BLOW_UP
) -> Divergence | None:
    """The first epoch in which either curve, shape (E,), is non-finite or the validation loss is above `blow_up`;
    else None.

    This is the convention of the study's files, which write NaN for what has diverged; how curves of other tools
    ended is decided when they are imported. `places` are their epochs, shape (E,), None for 0, 1, 2, … A finite spike
    of the training loss alone (one bad batch from which the run recovered) is no divergence.
    """
    finite: NDArray[np.bool_] = np.isfinite(training) & np.isfinite(validation)
    lost = np.flatnonzero(~finite | (validation > blow_up))
    if not len(lost):
        return None
    first = int(lost[0])
    epoch = first if places is None else int(places[first])
    return Divergence(epoch, "blow-up" if finite[first] else "non-finite loss")
