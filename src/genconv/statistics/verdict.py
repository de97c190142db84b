"""What a comparison says, in words.

A verdict rests on one number: the p of the Welch test (for samples without any spread, of the permutation test),
adjusted by Holm over every comparison of the call. Below 1 − level, A is said to lie below B. All else in the sentence
is description.
"""

from dataclasses import dataclass
from typing import Literal

from genconv.statistics.comparison import Comparison
from genconv.statistics.power import POWER, detectable_effect
from genconv.statistics.two_sample import MEANINGFUL

Kind = Literal["below", "undecided", "none"]

EPOCHS = ("exceeds", "epochs_to_final")
"""Metrics that count epochs; all others are nats."""


@dataclass(frozen=True)
class Verdict:
    """`below`: one cell lies below the other; `undecided`: the seeds do not tell; `none`: there are too few."""

    kind: Kind
    winner: str | None
    """The label of the lower cell, if one is."""
    text: str


def verdict(comparison: Comparison, p_adjusted: float, family: int, level: float) -> Verdict:
    """Put a comparison in words, given its adjusted p and the number of comparisons it was adjusted for.

    Survivors are all that means speak of, so a sentence about cells with lost seeds says how many are left.
    """
    means = comparison.means
    if means is None:
        return Verdict("none", None, f"no verdict: two seeds a cell are needed{_losses(comparison)}")
    if not p_adjusted < 1 - level or means.difference == 0:
        return Verdict("undecided", None, f"undecided: {_undecided(comparison, family, level)}{_losses(comparison)}")
    a, b = comparison.a.label, comparison.b.label
    low, high = (a, b) if means.difference > 0 else (b, a)
    return Verdict("below", low, f"{low} below {high}: {_size(comparison)}{_chance(comparison)}{_losses(comparison)}")


def unit(metric: str) -> str:
    """`nats` or `epochs`."""
    return "epochs" if metric in EPOCHS else "nats"


def _size(comparison: Comparison) -> str:
    means = comparison.means
    assert means is not None  # noqa: S101  there is no verdict without
    sign = 1 if means.difference > 0 else -1
    size = f"{_short(abs(means.difference))} {unit(comparison.metric)}"
    if means.interval is None:
        return f"{size}, no spread in either"
    low, high = sorted((sign * means.interval.low, sign * means.interval.high))
    return f"{size} [{_short(low)}, {_short(high)}]"


def _chance(comparison: Comparison) -> str:
    better, means = comparison.better, comparison.means
    if better is None or means is None:
        return ""
    chance = better.probability if means.difference > 0 else 1 - better.probability
    if better.separated:
        return f", P = {chance:.2f}, completely separated"
    return f", P = {chance:.2f}" + (f" (below {MEANINGFUL}: a small advantage)" if chance < MEANINGFUL else "")


def _undecided(comparison: Comparison, family: int, level: float) -> str:
    n_a, n_b = len(comparison.a.survivors), len(comparison.b.survivors)
    effect = detectable_effect(n_a, n_b, POWER, (1 - level) / family)
    seeds = f"{n_a} seeds detect" if n_a == n_b else f"{n_a} and {n_b} seeds detect"
    among = f" among {family} comparisons" if family > 1 else ""
    return f"{seeds} d ≥ {effect:.1f}{among}"


def _losses(comparison: Comparison) -> str:
    """What became of the seeds that means do not speak of; empty if there are none."""
    a, b, rates, ranked = comparison.a, comparison.b, comparison.divergence, comparison.better_of_all
    if not (a.lost.any() or b.lost.any()):
        return ""
    notes = [] if rates is None else [f"divergence p = {_short(rates.p)}"]
    if ranked is not None:
        winner, chance = (a, ranked.probability) if ranked.probability >= 0.5 else (b, 1 - ranked.probability)
        notes.append(f"lost seeds ranked worst: P = {chance:.2f} for {winner.label}")
    aside = f" ({'; '.join(notes)})" if notes else ""
    return f"; survivors: {a.label} {a.counted} seeds, {b.label} {b.counted}{aside}"


def _short(value: float) -> str:
    """Two decimals, or two significant digits where that is more."""
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"
