"""How long a model takes to reach a loss, with seeds that never do; when seeds diverged, and of what."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genconv.curves import Cause, CellCurves, FloatArray
from genconv.statistics.intervals import LEVEL, Interval
from genconv.statistics.rates import rate_interval


@dataclass(frozen=True)
class Times:
    """When each of N seeds arrived."""

    label: str
    epochs: FloatArray
    """Shape (N,): epochs trained until arrival, or until the end."""
    arrived: NDArray[np.bool_]
    """Shape (N,): False for a censored time."""


@dataclass(frozen=True)
class SurvivalCurve:
    """Share of seeds still above the threshold, a step function of epochs."""

    label: str
    epochs: FloatArray
    """Shape (K,): where it may step, in ascending order, beginning with 0."""
    share: FloatArray
    """Shape (K,): S(e), from that epoch on."""
    low: FloatArray
    high: FloatArray
    """Pointwise interval, log(−log) scale; NaN where there is none."""
    level: float
    n: int
    arrived: int


def arrival_times(cell: CellCurves, threshold: float, label: str = "") -> Times:
    """min {e + 1 : vₑ ≤ threshold} of each run, in epochs trained.

    A run that diverged has not arrived, whatever it had reached before: nobody has such a model at the end.
    """
    below = _below(cell, threshold)
    arrived = np.asarray(below.any(axis=1)) & ~cell.diverged
    first = cell.done[below.argmax(axis=1)] if cell.epochs else np.zeros(len(cell.seeds))
    return Times(label or cell.label, np.where(arrived, first, cell.trained).astype(np.float64), arrived)


def reached_and_diverged(cell: CellCurves, threshold: float) -> int:
    """How many runs were at the threshold or below before they diverged; `arrival_times` does not count them."""
    return int(np.count_nonzero(_below(cell, threshold).any(axis=1) & cell.diverged))


def _below(cell: CellCurves, threshold: float) -> NDArray[np.bool_]:
    """Where a run is at the threshold or below, shape (N, E), up to its divergence."""
    with np.errstate(invalid="ignore"):
        below: NDArray[np.bool_] = cell.validation <= threshold
    for row, divergence in zip(below, cell.divergences, strict=True):
        if divergence is not None:
            row[cell.places >= divergence.epoch] = False
    return below


def kaplan_meier(times: Times, level: float = LEVEL) -> SurvivalCurve:
    """S(e) = Π (1 − dᵢ/nᵢ) over epochs eᵢ ≤ e with dᵢ arrivals among nᵢ seeds still above; N ≥ 1.

    Kaplan and Meier 1958; interval after Greenwood on the log(−log) scale, as `scipy.stats.ecdf` of censored data.
    """
    epochs = np.unique(times.epochs)
    arrivals, still = _at(epochs, times)
    share = np.concatenate([[1.0], np.cumprod(1 - arrivals / still)])
    with np.errstate(all="ignore"):  # no interval where nobody, or everybody, has arrived: NaN says so
        greenwood = np.concatenate([[np.nan], np.cumsum(arrivals / (still * (still - arrivals)))])
        reach = -special.ndtri((1 - level) / 2) * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = (np.exp(-np.exp(np.log(-np.log(share)) + sign * reach)) for sign in (1, -1))
    none = ~(np.isfinite(low) & np.isfinite(high))
    low[none] = high[none] = np.nan
    start, n = np.concatenate([[0.0], epochs]), len(times.epochs)
    return SurvivalCurve(times.label, start, share, low, high, level, n, int(times.arrived.sum()))


def _at(epochs: FloatArray, times: Times) -> tuple[FloatArray, FloatArray]:
    """At each epoch of an ascending list how many seeds arrive, and how many had not until then."""
    arrived = np.sort(times.epochs[times.arrived])
    arrivals = np.searchsorted(arrived, epochs, side="right") - np.searchsorted(arrived, epochs)
    return arrivals.astype(np.float64), len(times.epochs) - np.searchsorted(np.sort(times.epochs), epochs).astype(float)


def log_rank(a: Times, b: Times) -> float | None:
    """p of (observed − expected arrivals)²/variance ~ χ²₁, equal arrival in A and B; None if nobody arrived.

    The same as `scipy.stats.logrank`.
    """
    epochs = np.unique(np.concatenate([a.epochs[a.arrived], b.epochs[b.arrived]]))
    (of_a, still_a), (of_b, still_b) = _at(epochs, a), _at(epochs, b)
    arrivals, still = of_a + of_b, still_a + still_b
    share = still_a / still
    variance = float((arrivals * share * (1 - share) * (still - arrivals) / np.maximum(still - 1, 1)).sum())
    if not variance > 0:
        return None
    return float(special.chdtrc(1, float((of_a - arrivals * share).sum()) ** 2 / variance))


def restricted_mean(times: Times, horizon: float, level: float = LEVEL) -> tuple[float, Interval | None]:
    """μ = ∫₀^τ S(e) de, mean epochs to arrival counting at most τ = `horizon`, and μ ± z · se.

    se² = Σ Aᵢ² dᵢ/(nᵢ(nᵢ − dᵢ)) over arrivals at eᵢ ≤ τ, Aᵢ the area under S from eᵢ to τ. No interval for N < 2 or
    without arrivals before τ. At ten seeds it covers less than it says. Royston and Parmar 2013. `ValueError` for a
    horizon beyond the last epoch of seeds that have not arrived.
    """
    if not times.arrived.all() and horizon > times.epochs[~times.arrived].min():
        raise ValueError(f"horizon = {horizon:g} epochs: {times.label} was not watched for so long")
    curve = kaplan_meier(times, level)
    inside = curve.epochs < horizon
    edges = np.append(curve.epochs[inside], horizon)
    areas = np.diff(edges) * curve.share[inside]
    mean = float(areas.sum())
    variance = 0.0
    for epoch in np.unique(times.epochs[times.arrived & (times.epochs < horizon)]):
        arrivals = int(np.count_nonzero(times.arrived & (times.epochs == epoch)))
        still = int(np.count_nonzero(times.epochs >= epoch))
        after = float(areas[edges[:-1] >= epoch].sum())
        variance += after**2 * arrivals / (still * (still - arrivals)) if still > arrivals else 0.0
    if variance == 0 or len(times.epochs) < 2:
        return mean, None
    reach = -float(special.ndtri((1 - level) / 2)) * float(np.sqrt(variance))
    return mean, Interval(mean - reach, mean + reach, level, "Greenwood", len(times.epochs)).clipped(0.0, horizon)


@dataclass(frozen=True)
class Incidence:
    """Share of a cell's seeds that a cause has claimed, by epoch."""

    label: str
    cause: Cause
    epochs: FloatArray
    """Shape (E + 1,): epochs trained, beginning with 0."""
    share: FloatArray
    """Shape (E + 1,): after so many epochs."""
    low: FloatArray
    high: FloatArray
    """Exact pointwise interval, shape (E + 1,)."""
    final: Interval
    """At the end."""


def incidences(cell: CellCurves, level: float = LEVEL, label: str = "") -> list[Incidence]:
    """F_c(e) = #{seeds that diverged of cause c in the first e epochs}/N for each cause that occurred.

    The Aalen–Johansen estimate where, as here, every seed is watched to the end: other causes compete, and the shares
    of all causes add up to that of the diverged. Intervals are exact (Clopper–Pearson).
    """
    causes = sorted({divergence.cause for divergence in cell.divergences if divergence is not None})
    return [_incidence(cell, cause, level, label or cell.label) for cause in causes]


def _incidence(cell: CellCurves, cause: Cause, level: float, label: str) -> Incidence:
    n = len(cell.seeds)
    diverged = np.array(
        [d.epoch + (cell.counted == "epochs") for d in cell.divergences if d is not None and d.cause == cause]
    )
    epochs = np.concatenate([[0.0], cell.done])
    counts = [int(np.count_nonzero(diverged <= trained)) for trained in epochs]
    by_count = {count: interval for count in set(counts) if (interval := rate_interval(count, n, level))}
    low, high = (np.array([getattr(by_count[count], end) for count in counts]) for end in ("low", "high"))
    return Incidence(label, cause, epochs, np.array(counts) / n, low, high, by_count[counts[-1]])
