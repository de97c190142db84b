"""Sums of squares of the terms of a plan, and what they are expected to be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from genconv.curves import FloatArray
from genconv.statistics.variance_design import Plan

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Squares:
    """The spaces behind the mean squares of T terms and the residual. They depend on the plan alone, not on values."""

    bases: tuple[FloatArray, ...]
    """For each term an orthonormal basis of what it adds to all terms that do not contain it, shape (N, rank)."""
    whole: FloatArray
    """An orthonormal basis of all terms together."""
    freedom: FloatArray
    """Shape (T + 1,): degrees of freedom."""
    expected: FloatArray
    """E[mean squares] = expected · variances, shape (T + 1, T + 1)."""

    def mean_squares(self, values: FloatArray) -> FloatArray:
        """Of values of shape (N,) or, of several sets, (N, S): shape (T + 1,) or (T + 1, S)."""
        centred = values - values.mean(0)
        fitted = self.whole.T @ centred  # each basis lies in the space of all terms
        sums = [np.square(basis @ fitted).sum(0) for basis in self._within]
        residual = centred - self.whole @ fitted
        found: FloatArray = (np.stack([*sums, np.square(residual).sum(0)]).T / self.freedom).T
        return found

    @cached_property
    def _within(self) -> list[FloatArray]:
        """The bases in terms of that of all terms."""
        return [basis.T @ self.whole for basis in self.bases]

    def solution(self, plan: Plan) -> FloatArray:
        """The variance of each row of a plan is this times the mean squares; shape (rows, T + 1)."""
        solved: FloatArray = _sums(plan.rows.values(), len(self.freedom)) @ np.linalg.inv(self.expected)
        return solved


def squares_of(plan: Plan) -> Squares | None:
    """The spaces of a plan; None if a term, or the residual, has no degree of freedom left."""
    indicators = [term.indicators for term in plan.terms]
    count, size = len(plan.terms[0].levels), len(plan.terms) + 1
    bases, freedom, expected = [], np.zeros(size), np.zeros((size, size))
    for place, term in enumerate(plan.terms):
        others = [indicators[i] for i, other in enumerate(plan.terms) if not other.contains(term)]
        basis = _increment(indicators[place], _basis(others, count))
        if not basis.shape[1]:
            return None
        freedom[place] = basis.shape[1]
        expected[place, :-1] = [np.square(basis.T @ z).sum() / freedom[place] for z in indicators]
        expected[place, -1] = 1.0
        bases.append(basis)
    whole = _basis(indicators, count)
    freedom[-1] = count - whole.shape[1]
    if freedom[-1] < 1:
        return None
    expected[-1, -1] = 1.0
    return Squares(tuple(bases), whole, freedom, np.where(np.abs(expected) < _TOLERANCE, 0.0, expected))


def _sums(members: Iterable[Sequence[int]], size: int) -> FloatArray:
    """A row of zeros and ones for each set of places."""
    matrix = np.zeros((0, size))
    for places in members:
        matrix = np.vstack([matrix, np.isin(np.arange(size), places)])
    return matrix


def _basis(indicators: list[FloatArray], count: int) -> FloatArray:
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
