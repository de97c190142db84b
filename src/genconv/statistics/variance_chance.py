"""Shares of the variance of whether a run diverges: a normal law behind it passes a limit.

    run diverges  ⇔  Σ_k √s_k u_k > Φ⁻¹(1 − p),   u_k ~ N(0, 1), Σ_k s_k = 1,

with a draw u_k for each level of each term k: of each stream, of each combination of interacting ones, of each run (the
chaos). The variance of 1 (diverged) or 0 (not) that terms A together bring is p(1 − p) g(s_A), s_A = Σ_{k∈A} s_k, with

    g(s) = (p − 2 T(h, √((1 − s)/(1 + s))) − p²) / (p(1 − p)),   h = Φ⁻¹(p),

T being Owen's function. So a limit makes interactions of streams that have none behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtri, owens_t

from genconv.curves import FloatArray
from genconv.statistics.variance import Components, components_of
from genconv.statistics.variance_design import Integers, Plan, plan_of
from genconv.statistics.variance_squares import Squares, squares_of

METHOD = "random effects, simulated tests of a probit model"
_GRID = np.concatenate([[0.0], np.linspace(0.04, 0.96, 24), [1.0]])
"""Shares behind the limit that are tested."""
_MOST_NUMBERS = 200_000
"""Runs of all studies that are simulated for a share."""


class Limit:
    """The law of divergence by a limit, at a rate p and for a plan."""

    def __init__(self, plan: Plan, rate: float) -> None:
        self.plan, self.rate, self.limit = plan, rate, float(-ndtri(rate))

    def seen(self, behind: FloatArray) -> FloatArray:
        """g of shares behind the limit."""
        behind = np.clip(behind, 0.0, 1.0)
        apart = np.asarray(owens_t(-self.limit, np.sqrt((1 - behind) / (1 + behind))), dtype=np.float64)
        both = self.rate - 2 * apart
        return np.maximum((both - self.rate**2) / (self.rate * (1 - self.rate)), 0.0)

    def behind(self, seen: float) -> float:
        """The share behind the limit of which so much is seen."""
        fine = np.linspace(0.0, 1.0, 2001)
        return float(np.interp(seen, self.seen(fine), fine))

    def shares(self, behind: FloatArray) -> FloatArray:
        """The share of each term and the residual in the variance that is seen, shape (T + 1,)."""
        found = np.zeros(len(behind))
        for place in self._order():
            inside = self._inside(place)
            found[place] = float(self.seen(behind[[*inside, place]].sum())) - found[inside].sum()
        found[-1] = 1 - found[:-1].sum()
        return np.maximum(found, 0.0)

    def estimate(self, seen: FloatArray) -> FloatArray:
        """Shares behind the limit whose seen shares are nearest to these, shape (T + 1,); they sum to 1."""
        found = np.zeros(len(seen))
        for place in self._order():
            inside = self._inside(place)
            found[place] = max(0.0, self.behind(seen[[*inside, place]].sum()) - found[inside].sum())
        whole = found[:-1].sum()
        if whole > 1:
            found /= whole
        found[-1] = max(0.0, 1 - whole)
        return found

    def _order(self) -> list[int]:
        """Terms after those that they contain."""
        return sorted(range(len(self.plan.terms)), key=lambda place: len(self.plan.terms[place].streams))

    def _inside(self, place: int) -> list[int]:
        term = self.plan.terms[place]
        return [i for i, other in enumerate(self.plan.terms) if i != place and term.contains(other)]


def chance_components(died: FloatArray, streams: Mapping[str, Integers], *, level: float = 0.95) -> Components | None:
    """Variance components of whether a run diverges: estimates as of any number, intervals by `chance_intervals`.

    Args:
        died: Shape (N,): 1 for each run that diverged, 0 for the others; both occur.
        streams: By name, shape (N,): the integer of each stream.
        level: Confidence of the intervals.

    Returns:
        None if nothing can be separated.

    """
    plan = plan_of(streams)
    squares = None if plan is None else squares_of(plan)
    if plan is None or squares is None:
        return None
    found = components_of(died, plan, squares, level=level, draws=2)
    if found is None:
        return None
    intervals = chance_intervals(died, plan, squares, level, range(len(plan.rows)))
    shares = tuple(
        replace(one, low=min(low, one.share), high=max(high, one.share))
        for one, (low, high) in zip(found.shares, intervals, strict=True)
    )
    return replace(found, shares=shares, method=METHOD, skewness=None)


def chance_intervals(
    died: FloatArray, plan: Plan, squares: Squares, level: float, rows: Sequence[int]
) -> list[tuple[float, float]]:
    """For some rows of the plan, the shares that a test does not reject.

    A share is tested with the other terms in the proportions of their estimates. Its estimate is compared with those
    of studies that are simulated so, in which as many runs diverge; equal ones count half.

    Args:
        died: Shape (N,): 1 for each run that diverged, 0 for the others.
        plan: What the runs tell apart.
        squares: Of the plan.
        level: Confidence of the intervals.
        rows: Their places in `plan.rows`.

    """
    limit = Limit(plan, float(died.mean()))
    solution = squares.solution(plan)
    mean_squares = squares.mean_squares(died)
    terms = np.maximum(np.linalg.solve(squares.expected, mean_squares), 0.0)
    behind = limit.estimate(terms / terms.sum())
    studies = _Studies(plan, squares, solution, died)
    observed = _ratios(mean_squares, solution)
    found = []
    for row in rows:
        places = list(plan.rows.values())[row]
        paths = [_moved(behind, places, share) for share in _GRID]
        true = np.array([limit.shares(path)[places].sum() for path in paths])
        tails = np.array([_tails(studies.ratios(path)[row], observed[row]) for path in paths])
        found.append(_kept(true, tails, (1 - level) / 2))
    return found


def _moved(behind: FloatArray, places: list[int], share: float) -> FloatArray:
    """The terms at these places have this share together, the others what is left, both in their proportions."""
    moved, inside = np.zeros(len(behind)), np.isin(np.arange(len(behind)), places)
    for part, whole in ((inside, share), (~inside, 1 - share)):
        weights = behind[part]
        if weights.sum() <= 0:
            weights = np.where(part[-1], np.arange(len(weights)) == len(weights) - 1, 1.0)
        moved[part] = whole * weights / weights.sum()
    return moved


def _ratios(mean_squares: FloatArray, solution: FloatArray) -> FloatArray:
    """The share of each row as it is estimated, below 0 as well."""
    variances = solution @ mean_squares
    found: FloatArray = variances / np.maximum(np.abs(variances.sum(0)), np.finfo(float).tiny)
    return found


class _Studies:
    """Studies whose effects are drawn once, and scaled for each share."""

    def __init__(self, plan: Plan, squares: Squares, solution: FloatArray, died: FloatArray) -> None:
        random = np.random.default_rng(0)
        self._squares, self._solution, self._count = squares, solution, int(died.sum())
        levels = [*(term.levels for term in plan.terms), np.arange(len(died))]
        studies = int(np.clip(_MOST_NUMBERS // len(died), 100, 400))
        self._effects = [random.standard_normal((int(each.max()) + 1, studies), np.float32)[each] for each in levels]

    def ratios(self, behind: FloatArray) -> FloatArray:
        """The estimates of the rows in studies in which as many runs diverge: shape (rows, studies)."""
        scaled = (np.float32(share**0.5) * effect for share, effect in zip(behind, self._effects, strict=True))
        values = np.sum(list(scaled), axis=0)
        limits = np.partition(values, -self._count, axis=0)[-self._count]
        died = (values >= limits).astype(np.float64)
        return _ratios(self._squares.mean_squares(died), self._solution)


def _tails(simulated: FloatArray, observed: float) -> tuple[float, float]:
    """How often a study has so large an estimate, and so small a one."""
    equal = np.abs(simulated - observed) <= 1e-9
    half, large = float(equal.mean()) / 2, float(((simulated > observed) & ~equal).mean())
    return large + half, 1 - large - half


def _kept(true: FloatArray, tails: FloatArray, tail: float) -> tuple[float, float]:
    """The smallest and the largest share that is not rejected, between the tested ones by interpolation."""
    order = np.argsort(true, kind="stable")
    true, large, small = true[order], tails[order, 0], tails[order, 1]
    large, small = np.maximum.accumulate(large), np.maximum.accumulate(small[::-1])[::-1]
    low = 0.0 if large[0] > tail else float(np.interp(tail, large, true))
    high = 1.0 if small[-1] > tail else float(np.interp(-tail, -small, true))
    return min(low, high), max(low, high)
