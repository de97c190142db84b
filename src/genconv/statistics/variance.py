"""Shares of the variance over runs: how much of it each stream of random numbers brings, with intervals.

The number of a run is

    y = μ + I_init + O_order + N_noise + D_data + interactions + ε,

where every term is random with a variance of its own. ε, the chaos, is what is left when all streams are the same and
one bit of the initial weights differs. The share of a stream is its variance over the sum of all variances.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.statistics.variance_design import Integers, Plan, plan_of

METHOD = "random effects, generalised pivotal quantities"
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
    method: str = METHOD


class Analysis(NamedTuple):
    """Sums of squares of T terms and the residual: shape (T + 1,), and their expectations, shape (T + 1, T + 1)."""

    mean_squares: FloatArray
    freedom: FloatArray
    expected: FloatArray
    """E[mean squares] = expected · variances."""

    def solution(self, plan: Plan) -> FloatArray:
        """The variance of each row of a plan is this times the mean squares; shape (rows, T + 1)."""
        rows = _sums(plan.rows.values(), len(self.freedom))
        solved: FloatArray = rows @ np.linalg.inv(self.expected)
        return solved


def pivotal_intervals(drawn: FloatArray, level: float, least: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Both ends of the intervals of the shares, shape (…, rows), from drawn variances, shape (…, draws, rows).

    Sums of variances are taken as at least `least`.
    """
    tail = (1 - level) / 2
    laws = drawn / np.maximum(drawn.sum(-1, keepdims=True), max(least, np.finfo(float).tiny))
    low, high = np.quantile(np.clip(laws, 0.0, 1.0), [tail, 1 - tail], axis=-2)
    return low, high


def components(
    values: FloatArray, streams: Mapping[str, Integers], *, level: float = 0.95, draws: int = _DRAWS, seed: int = 0
) -> Components | None:
    """Variance components by the analysis of variance; intervals of their shares by generalised pivotal quantities.

    A sum of squares is that of a term given all terms that do not contain it. Expected mean squares are linear in the
    variances; the equations are solved for the point estimate. For the intervals they are solved again and again, each
    sum of squares divided by a χ² variable of its degrees of freedom in place of its mean square (Weerahandi 1993).
    This is exact for balanced designs of normal effects, but for variances below 0, which are taken as 0.

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
    if plan is None:
        return None
    found = analysis(values, plan)
    if found is None:
        return None
    solution = found.solution(plan)
    chi_squares = np.random.default_rng(seed).chisquare(found.freedom, (draws, len(found.freedom)))
    drawn = (found.mean_squares * found.freedom / chi_squares) @ solution.T
    variances = np.maximum(solution @ found.mean_squares, 0.0)
    total = float(variances.sum())
    if total <= _TOLERANCE * float(np.square(values).mean()):
        return None
    low, high = pivotal_intervals(drawn, level, _TOLERANCE * total)
    shares = variances / total
    totals = _totals(plan, found, total)
    found_shares = tuple(
        Share(name, float(share), float(min(a, share)), float(max(b, share)), totals[name])
        for name, share, a, b in zip(plan.rows, shares, low, high, strict=True)
    )
    return Components(found_shares, total, len(values), plan.totals_are_bounds)


def _sums(members: Iterable[Sequence[int]], size: int) -> FloatArray:
    """A row of zeros and ones for each set of places."""
    matrix = np.zeros((0, size))
    for places in members:
        matrix = np.vstack([matrix, np.isin(np.arange(size), places)])
    return matrix


def _totals(plan: Plan, found: Analysis, total: float) -> dict[str, float | None]:
    """For each stream, the variance of everything that it reaches over the sum of all, at most 1."""
    variances = np.linalg.solve(found.expected, found.mean_squares)
    reached = {name: plan.reached_by(name) for name in plan.rows}
    return {
        name: None if places is None else float(np.clip(variances[places].sum() / total, 0.0, 1.0))
        for name, places in reached.items()
    }


def analysis(values: FloatArray, plan: Plan) -> Analysis | None:
    """Sums of squares and their expectations; None if a term has no degree of freedom left."""
    centred = values - values.mean()
    indicators = [term.indicators for term in plan.terms]
    size = len(plan.terms) + 1
    mean_squares, freedom, expected = np.zeros(size), np.zeros(size), np.zeros((size, size))
    for place, term in enumerate(plan.terms):
        others = [indicators[i] for i, other in enumerate(plan.terms) if not other.contains(term)]
        basis = _increment(indicators[place], _basis(others, len(values)))
        if not basis.shape[1]:
            return None
        freedom[place] = basis.shape[1]
        mean_squares[place] = np.square(basis.T @ centred).sum() / freedom[place]
        expected[place, :-1] = [np.square(basis.T @ z).sum() / freedom[place] for z in indicators]
        expected[place, -1] = 1.0
    whole = _basis(indicators, len(values))
    freedom[-1] = len(values) - whole.shape[1]
    if freedom[-1] < 1:
        return None
    residual = centred - whole @ (whole.T @ centred)
    mean_squares[-1], expected[-1, -1] = np.square(residual).sum() / freedom[-1], 1.0
    return Analysis(mean_squares, freedom, np.where(np.abs(expected) < _TOLERANCE, 0.0, expected))


def _basis(indicators: list[NDArray[np.float64]], count: int) -> FloatArray:
    """An orthonormal basis of the constant and the columns, shape (N, rank)."""
    basis = np.full((count, 1), count**-0.5)
    for columns in indicators:
        basis = np.hstack([basis, _increment(columns, basis)])
    return basis


def _increment(columns: FloatArray, basis: FloatArray) -> FloatArray:
    """An orthonormal basis of what the columns add to an orthonormal basis."""
    rest = columns - basis @ (basis.T @ columns)
    rest -= basis @ (basis.T @ rest)
    left, sizes, _ = np.linalg.svd(rest, full_matrices=False)
    added: FloatArray = left[:, sizes > _TOLERANCE * max(1.0, float(np.sqrt(len(columns))))]
    return added
