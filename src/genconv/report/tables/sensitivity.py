"""Learning-rate sensitivity as a table: a row a model, or a row a rate."""

from collections.abc import Sequence
from math import isfinite, isnan

import numpy as np

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER, number
from genconv.statistics.rate_sensitivity import AtRate, RateSensitivity

HEADER = ("dataset", "model", "rates", "runs", "best rate", "its loss", "sensitivity [95 %]", "5 % diverge at [95 %]")
COLUMNS = (
    "dataset", "model", "unit", "rates", "runs", "diverged", "initial", "best_rate", "best_loss", "sensitivity",
    "sensitivity_low", "sensitivity_high", "critical_rate", "critical_rate_low", "critical_rate_high",
)  # fmt: skip
RATE_COLUMNS = ("dataset", "model", "unit", "rate", "runs", "diverged", "mean", "sd", "lowest", "highest")
CAPTION = (
    "Sensitivity: what the mean of min(loss, initial loss) over log-uniform rates between the first and the last "
    "exceeds the best mean by (arXiv 2309.14322); a diverged run counts with the initial loss. 5 % diverge: by a "
    "logistic curve in log rate, profile likelihood."
)


def view(found: Sequence[RateSensitivity]) -> list[list[str]]:
    """Texts for a terminal."""
    return [
        [
            one.dataset,
            one.model,
            f"{one.rates[0].rate:.3g}–{one.rates[-1].rate:.3g} ({len(one.rates)})",
            str(sum(len(rate.losses) for rate in one.rates)),
            f"{one.best:.3g}",
            number(one.best_loss),
            f"{number(one.sensitivity)} [{number(one.low)}, {number(one.high)}]",
            critical(one),
        ]
        for one in found
    ]


def critical(one: RateSensitivity) -> str:
    """`0.031 [0.02, 0.06]`, or on which side of the study it lies."""
    low, high = one.critical_low, one.critical_high
    if isnan(one.critical):
        return f"above {low:.2g}" if low > 0 else f"below {high:.2g}" if isfinite(high) else NO_NUMBER
    return f"{one.critical:.2g} [{low:.2g}, {f'{high:.2g}' if isfinite(high) else '…'}]"


def rows(found: Sequence[RateSensitivity]) -> list[list[Scalar]]:
    """Every number, a row a model."""
    return [
        [
            one.dataset, one.model, one.unit, len(one.rates), sum(len(rate.losses) for rate in one.rates),
            sum(rate.diverged for rate in one.rates), one.initial, one.best, one.best_loss, one.sensitivity, one.low,
            one.high, one.critical, one.critical_low, one.critical_high,
        ]
        for one in found
    ]  # fmt: skip


def rate_rows(found: Sequence[RateSensitivity]) -> list[list[Scalar]]:
    """The loss over the rate, a row a rate, of the runs that did not diverge."""
    return [[one.dataset, one.model, one.unit, *_at(rate)] for one in found for rate in one.rates]


def _at(rate: AtRate) -> list[Scalar]:
    kept = rate.losses[np.isfinite(rate.losses)]
    if not kept.size:
        return [rate.rate, len(rate.losses), rate.diverged, None, None, None, None]
    spread = float(kept.std(ddof=1)) if kept.size > 1 else None
    ends = [float(kept.min()), float(kept.max())]
    return [rate.rate, len(rate.losses), rate.diverged, float(kept.mean()), spread, *ends]
