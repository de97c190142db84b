"""The loss over the learning rate: how much a wrong rate costs, and at which rate runs begin to diverge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, inf, log

import numpy as np
from scipy.special import log_expit

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.store.results import StoredCell

RATE = "training.learning_rate"
RATES = (RATE, "learning_rate", "lr", "optimizer.lr")
"""Settings that are a learning rate, the first one that a cell has."""
SHARE = 0.05
"""Of runs that diverge at the rate which is sought."""
_DRAWS = 2000
_FAR = log(100.0)
"""How far beyond the rates of the study the sought rate may lie, as a logarithm."""
_LIKELY = 3.841
"""The 95 % quantile of χ² with one degree of freedom."""


@dataclass(frozen=True)
class AtRate:
    """The runs of one rate."""

    rate: float
    losses: FloatArray
    """Last validation loss of each run; NaN of one that diverged."""

    @property
    def diverged(self) -> int:
        """How many runs have."""
        return int(np.isnan(self.losses).sum())


@dataclass(frozen=True)
class RateSensitivity:
    """One model on one dataset over learning rates."""

    dataset: str
    model: str
    """With the protocol, where there are several."""
    unit: str
    initial: float
    """ℓ₀: the median first validation loss of the runs at the smallest rate."""
    rates: tuple[AtRate, ...]
    """By rate."""
    best: float
    """The rate of the smallest mean loss ℓ*."""
    best_loss: float
    sensitivity: float
    """E[min(ℓ(η), ℓ₀)] − ℓ* over log-uniform η between the smallest and the largest rate."""
    low: float
    high: float
    """The 95 % interval of it, from bootstrap samples of the runs at each rate."""
    critical: float
    """The rate at which 5 % of the runs diverge; NaN if none does."""
    critical_low: float
    critical_high: float
    """Its 95 % interval; 0 and ∞ where the study does not bound it."""


def rate_sensitivities(cells: Sequence[StoredCell]) -> list[RateSensitivity]:
    """One for each model on each dataset whose cells differ in nothing but the rate; `InputError` if there is none.

    Source: arXiv 2309.14322, section 2, whose ℓ₀ is the loss at initialisation; here each run counts by itself, a
    diverged one with ℓ₀.
    """
    several = len({cell.curves.protocol for cell in cells}) > 1
    found = [one for group in _groups(cells) if (one := _of_group(group, several=several)) is not None]
    if not found:
        raise InputError(f"no two cells differ in nothing but a learning rate ({', '.join(RATES)})")
    return found


def _groups(cells: Sequence[StoredCell]) -> Iterator[list[tuple[float, StoredCell]]]:
    keyed = []
    for cell in cells:
        settings = cell.settings
        name = next((name for name in RATES if name in settings), None)
        rate = _number(settings[name]) if name is not None else None
        if rate is not None and name is not None:
            rest = sorted((key, str(value)) for key, value in settings.items() if key != name)
            keyed.append(((cell.curves.dataset, cell.curves.model, cell.curves.protocol, str(rest)), rate, cell))
    keyed.sort(key=lambda one: (one[0], one[1]))
    for _, group in groupby(keyed, key=lambda one: one[0]):
        yield [(rate, cell) for _, rate, cell in group]


def _number(value: object) -> float | None:
    try:
        rate = float(str(value))
    except ValueError:
        return None
    return rate if 0 < rate < inf else None


def _of_group(group: list[tuple[float, StoredCell]], *, several: bool) -> RateSensitivity | None:
    if len(group) < 2:
        return None
    curves = [cell.curves for _, cell in group]
    rates = tuple(
        AtRate(rate, np.where(cell.curves.diverged, np.nan, cell.curves.validation[:, -1])) for rate, cell in group
    )
    first = curves[0].validation[:, 0]
    initial = float(np.median(first[np.isfinite(first)])) if np.isfinite(first).any() else np.nan
    means = _means(rates, initial)
    random = np.random.default_rng(0)
    drawn = [_number_of(_means(_resampled(rates, random), initial), rates) for _ in range(_DRAWS)]
    low, high = np.quantile(drawn, (0.025, 0.975)) if np.isfinite(drawn).all() else (np.nan, np.nan)
    best = int(np.argmin(means)) if np.isfinite(means).any() else 0
    label = curves[0]
    model = f"{label.model} · {label.protocol}" if several else label.model
    return RateSensitivity(
        label.dataset, model, label.measure.unit or "", initial, rates, rates[best].rate, float(means[best]),
        _number_of(means, rates), float(low), float(high), *critical_rate(rates),
    )  # fmt: skip


def _means(rates: Sequence[AtRate], initial: float) -> FloatArray:
    """By rate the mean of min(ℓ, ℓ₀) over runs."""
    return np.array([np.mean(np.fmin(np.nan_to_num(one.losses, nan=inf), initial)) for one in rates])


def _number_of(means: FloatArray, rates: Sequence[AtRate]) -> float:
    """The mean over log-uniform rates, by the trapezoid rule, above the smallest."""
    places = np.log([one.rate for one in rates])
    return float(np.trapezoid(means, places) / (places[-1] - places[0]) - means.min())


def _resampled(rates: Sequence[AtRate], random: np.random.Generator) -> list[AtRate]:
    return [AtRate(one.rate, random.choice(one.losses, len(one.losses))) for one in rates]


def critical_rate(rates: Sequence[AtRate]) -> tuple[float, float, float]:
    """The rate at which 5 % of the runs diverge, and its 95 % interval by profile likelihood.

    P(a run diverges at η) = 1/(1 + exp(−s (log η − x) + log 19)) with a slope s from 0.3 to 300, e^x the rate. The
    interval holds every x with 2 (max L − max over s of L(x, s)) ≤ 3.84. A study without, or of nothing but, diverged
    runs bounds it on one side alone.
    """
    places = np.log([one.rate for one in rates])
    died = np.array([one.diverged for one in rates], float)
    lived = np.array([len(one.losses) for one in rates]) - died
    x = np.linspace(places[0] - _FAR, places[-1] + _FAR, 501)[:, np.newaxis, np.newaxis]
    slopes = np.geomspace(0.3, 300, 61)[:, np.newaxis]
    logits = slopes * (places - x) + log(SHARE / (1 - SHARE))
    profile = (died * log_expit(logits) + lived * log_expit(-logits)).sum(axis=-1).max(axis=1)
    grid, top = x.ravel(), profile.max()
    inside = grid[2 * (top - profile) <= _LIKELY]
    middle = grid[profile >= top - 1e-9]
    low = 0.0 if inside[0] == grid[0] else exp(inside[0])
    high = inf if inside[-1] == grid[-1] else exp(inside[-1])
    estimate = exp(float(middle.mean())) if died.any() and lived.any() else np.nan
    return estimate, low, high
