"""Shares of the variance over runs: how much of it each stream of random numbers brings, with intervals.

The number of a run is

    y = μ + I_init + O_order + N_noise + D_data + interactions + ε,

where every term is random with a variance of its own. ε, the chaos, is what is left when all streams are the same and
one bit of the initial weights differs. The share of a stream is its variance over the sum of all variances.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.variance_design import Integers, Plan, plan_of
from genconv.statistics.variance_squares import Squares, squares_of
from genconv.statistics.variance_tails import calibrated_tails, pivotal_intervals

METHOD = "random effects, generalised pivotal quantities, for normal effects"
SKEWED = 1.0
"""Skewness from which on intervals for normal effects are not to be trusted."""
_DRAWS = 20_000
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Share:
    """The part of one term in the variance over runs."""

    stream: str
    """`init`, `order`, `noise`, `data`, `interaction` or `chaos`; what the design cannot separate is joined by `+`."""
    share: float
    """From 0 to 1; the shares of all terms sum to 1."""
    low: float
    high: float
    total: float | None
    """The variance of runs that differ in this stream alone, over the sum: its share, its interactions, the chaos. At
    most that, where these are not told from other interactions. None for what is no stream."""


@dataclass(frozen=True)
class Components:
    """The variances behind the numbers of some runs."""

    shares: tuple[Share, ...]
    variance: float
    """The sum of all variances; its root is the standard deviation of independent runs."""
    runs: int
    totals_are_bounds: bool
    """Whether the totals are at most that."""
    skewness: float | None = None
    """Of the numbers of the runs; the intervals are for normal effects, of which it is near 0."""
    method: str = METHOD

    @property
    def skewed(self) -> bool:
        """Whether the numbers are so skewed that the intervals may be too short."""
        return self.skewness is not None and abs(self.skewness) > SKEWED


def components(
    values: FloatArray, streams: Mapping[str, Integers], *, level: float = 0.95, draws: int = _DRAWS, seed: int = 0
) -> Components | None:
    """Variance components by the analysis of variance; intervals of their shares by generalised pivotal quantities.

    A sum of squares is that of a term given all terms that do not contain it. Expected mean squares are linear in the
    variances; the equations are solved for the point estimate. For the intervals they are solved again and again, each
    sum of squares divided by a χ² variable of its degrees of freedom in place of its mean square (Weerahandi 1993).
    Where streams have few levels, the lower ends are too low, and so is the upper end of the row with the residual:
    their tails are changed until in studies simulated under the estimated variances they miss the truth as often as
    they should (Beran 1987).

    Args:
        values: Shape (N,), finite: the number of each run.
        streams: By name, shape (N,): the integer of each stream. Runs in which all agree are twins.
        level: Confidence of the intervals.
        draws: How often the equations are solved.
        seed: Of these draws.

    Returns:
        None if nothing can be separated: no integer of a stream occurs twice, or too few runs are left.

    """
    plan = plan_of(streams)
    squares = None if plan is None else squares_of(plan)
    if plan is None or squares is None:
        return None
    return components_of(values, plan, squares, level=level, draws=draws, seed=seed)


def components_of(
    values: FloatArray, plan: Plan, squares: Squares, *, level: float, draws: int = _DRAWS, seed: int = 0
) -> Components | None:
    """`components` of what a plan tells apart; None if all values are equal."""
    mean_squares, solution = squares.mean_squares(values), squares.solution(plan)
    chi_squares = np.random.default_rng(seed).chisquare(squares.freedom, (draws, len(squares.freedom)))
    drawn = (mean_squares * squares.freedom / chi_squares) @ solution.T
    variances = np.maximum(solution @ mean_squares, 0.0)
    total = float(variances.sum())
    if total <= _TOLERANCE * float(np.square(values).mean()):
        return None
    by_term = np.maximum(np.linalg.solve(squares.expected, mean_squares), 0.0)
    low, high = pivotal_intervals(drawn, calibrated_tails(plan, squares, by_term, level), _TOLERANCE * total)
    low = np.where(low < _TOLERANCE, 0.0, low)  # of a stream that draws nothing only rounding is left
    shares = variances / total
    totals = _totals(plan, squares, mean_squares, total)
    found_shares = tuple(
        Share(name, float(share), float(min(a, share)), float(max(b, share)), totals[name])
        for name, share, a, b in zip(plan.rows, shares, low, high, strict=True)
    )
    return Components(found_shares, total, len(values), plan.totals_are_bounds, _skewness(values))


def _skewness(values: FloatArray) -> float:
    """The third central moment over the standard deviation cubed."""
    centred = values - values.mean()
    return float((centred**3).mean() / np.square(centred).mean() ** 1.5)


def _totals(plan: Plan, squares: Squares, mean_squares: FloatArray, total: float) -> dict[str, float | None]:
    """For each stream, the variance of everything that it reaches over the sum of all, at most 1."""
    variances = np.linalg.solve(squares.expected, mean_squares)
    reached = {name: plan.reached_by(name) for name in plan.rows}
    return {
        name: None if places is None else float(np.clip(variances[places].sum() / total, 0.0, 1.0))
        for name, places in reached.items()
    }
