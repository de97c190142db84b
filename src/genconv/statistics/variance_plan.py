"""How many levels a design needs for intervals of the shares that are as narrow as wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from genconv.config.design import DesignConfig
from genconv.errors import InputError
from genconv.statistics.intervals import checked_level
from genconv.statistics.variance_design import CHAOS, Integers, plan_of
from genconv.statistics.variance_shares import CellShares
from genconv.statistics.variance_squares import squares_of
from genconv.statistics.variance_tails import calibrated_tails, pivotal_intervals

METHOD = "simulated mean squares of normal effects, generalised pivotal quantities"
MOST_RUNS = 1000
"""Runs of the largest design that is looked at."""
_STUDIES, _DRAWS = 400, 500


@dataclass(frozen=True)
class Widths:
    """Mean widths of the intervals of the shares under one design."""

    levels: int
    runs: int
    by_stream: Mapping[str, float]
    """By row of the table of shares; those of what is no stream included."""

    @property
    def widest(self) -> float:
        """Of the streams."""
        return max(width for name, width in self.by_stream.items() if not _is_rest(name))


@dataclass(frozen=True)
class VariancePlan:
    """Levels for intervals of a width."""

    design: DesignConfig
    """Without its levels."""
    width: float
    """The mean width that is asked for."""
    shares: Mapping[str, float]
    """The true shares of the streams that are assumed; the rest is chaos."""
    enough: Widths | None
    """The smallest design whose intervals are on average at most so wide; None if there is none within the bounds."""
    looked_at: tuple[Widths, ...] = field(default=())
    """Every design that was simulated, by its levels."""
    dataset: str = ""
    model: str = ""
    """The pilot whose estimates the assumed shares are; empty without one."""


def plan_shares(
    design: DesignConfig,
    width: float,
    shares: Mapping[str, float],
    level: float = 0.95,
    pilot: tuple[str, str] = ("", ""),
) -> VariancePlan:
    """The fewest levels with which the interval of each stream's share is on average at most so wide.

    Args:
        design: Layout, streams and twins; its levels are what is looked for.
        width: Above 0 and below 1.
        shares: The true share of each stream; what is left to 1 is chaos. Effects are normal, without interactions.
        level: Confidence of the intervals.
        pilot: Dataset and model whose estimates the shares are.

    Raises:
        InputError: For a width, shares or a level that cannot be, or a design that tells no share.

    """
    checked_level(level)
    if not 0 < width < 1:
        raise InputError(f"width = {width:g}: must be above 0 and below 1")
    if any(not 0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
        told = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise InputError(f"shares = {told}: must be from 0 to 1, and sum to at most 1")
    candidates = _candidates(design)
    known: dict[int, Widths] = {}
    low, high, step = 0, len(candidates), 1
    while low < high:  # the first candidate that is enough: upwards in longer and longer steps, then by halves
        middle = min(low + step, high) - 1 if step else (low + high) // 2
        found = known[middle] = expected_widths(candidates[middle], shares, level)
        if found.widest <= width:
            high, step = middle, 0
        else:
            low, step = middle + 1, 2 * step
    enough = known.get(low)
    return VariancePlan(design, width, dict(shares), enough, tuple(known[k] for k in sorted(known)), *pilot)


def plan_of_pilot(design: DesignConfig, width: float, pilot: CellShares, level: float = 0.95) -> VariancePlan | None:
    """The same with the shares that a pilot's estimates are; None where it tells none of the streams."""
    estimates = {} if pilot.components is None else {one.stream: one.share for one in pilot.components.shares}
    if not set(design.streams) <= set(estimates):
        return None
    shares: dict[str, float] = {name: estimates[name] for name in design.streams}
    return plan_shares(design, width, shares, level, (pilot.dataset, pilot.model))


def expected_widths(
    design: DesignConfig, shares: Mapping[str, float], level: float = 0.95, studies: int = _STUDIES, seed: int = 0
) -> Widths:
    """Mean widths of the intervals over simulated studies.

    In a balanced design of normal effects the mean squares are independent multiples of χ² variables: these are drawn,
    and the intervals computed of them.

    Args:
        design: With its levels.
        shares: True shares of the streams; the rest is chaos.
        level: Confidence of the intervals.
        studies: How many are simulated.
        seed: Of the simulation.

    """
    runs = design.coordinates({})
    streams: dict[str, Integers] = {
        name: np.array([getattr(run, name) for run in runs], dtype=np.int64) for name in design.streams
    }
    plan = plan_of(streams)
    found = None if plan is None else squares_of(plan)
    if plan is None or found is None:
        raise InputError(f"design: {design.words} tells no shares apart: it needs more levels, or another layout")
    joined = {name: sum(shares[part] for part in name.split("+")) for name in plan.rows if not _is_rest(name)}
    variances = np.zeros(len(found.freedom))
    for name, share in joined.items():
        variances[plan.rows[name][0]] = share
    variances[-1] = max(0.0, 1 - sum(joined.values()))
    random, size = np.random.default_rng(seed), len(found.freedom)
    squares = (found.expected @ variances) * random.chisquare(found.freedom, (studies, 1, size)) / found.freedom
    drawn = squares * found.freedom / random.chisquare(found.freedom, (studies, _DRAWS, size))
    low, high = pivotal_intervals(drawn @ found.solution(plan).T, calibrated_tails(plan, found, variances, level))
    widths = dict(zip(plan.rows, (high - low).mean(0).tolist(), strict=True))
    return Widths(design.levels, len(runs), widths)


def _candidates(design: DesignConfig) -> Sequence[DesignConfig]:
    """The designs with more and more levels, within the bounds."""
    found = []
    for levels in range(3, MOST_RUNS + 1):
        try:
            one = design.updated({"levels": levels}, "design")
        except InputError:
            continue
        if one.count > MOST_RUNS:
            break
        found.append(one)
    return found


def _is_rest(name: str) -> bool:
    """Whether a row is no stream."""
    return "interaction" in name or name == CHAOS
