"""Five bent blades."""

from collections.abc import Callable
from itertools import pairwise

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, Int64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity

_BLADES = 5
_LENGTH, _WIDTH = 0.3, 0.1


class Pinwheel(ToyDensity):
    """p(x) = ⅕ Σ N(a; 1, 0.3²) N(b; 0, 0.1²) / (4 |1 + ¼eᵃ b|) over all k and all (a, b) that map to x.

    The map is x = 2 (a cos w + b sin w, b cos w - a sin w) with w = 2πk/5 + ¼eᵃ and k = 0, …, 4: a straight
    blade, turned by w. There is no noise, so p is the exact change of variables (FFJORD, arXiv 1810.01367).
    Beyond |x| = 14, twenty standard deviations out, p is that of a blade whose twist grows no more (see
    `pinwheel_inverse`).
    """

    name = "pinwheel"
    support = (-5.8, 5.8, -5.8, 5.8)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a point of the straight blade, then its turn."""
        blade_key, point_key = jr.split(key)
        z = jr.normal(point_key, (count, 2), jnp.float32)
        a, b = 1 + _LENGTH * z[:, 0], _WIDTH * z[:, 1]
        blade = jr.randint(blade_key, (count,), 0, _BLADES).astype(jnp.float32)
        turn = 2 * np.pi / _BLADES * blade + jnp.exp(a) / 4
        cos, sin = jnp.cos(turn), jnp.sin(turn)
        return 2 * jnp.stack([a * cos + b * sin, b * cos - a * sin], axis=1)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Sum over the preimages."""
        radius = np.hypot(points[:, 0], points[:, 1]) / 2
        angle = np.arctan2(points[:, 1], points[:, 0])
        owner, polar = preimages(radius, angle, _BLADES)
        a, b = radius[owner] * np.cos(polar), radius[owner] * np.sin(polar)
        stretch = np.maximum(np.abs(slope(polar, radius[owner])), np.finfo(np.float64).tiny)
        terms = -(((a - 1) / _LENGTH) ** 2 + (b / _WIDTH) ** 2) / 2 - np.log(4 * stretch)
        sums = np.full(len(points), -np.inf)
        np.logaddexp.at(sums, owner, terms)
        return np.asarray(sums - np.log(_BLADES * 2 * np.pi * _LENGTH * _WIDTH))


_FROZEN = 7.0
"""The radius r from which the twist grows no more, so that the number of roots stays in the hundreds."""


def winding(polar: Float64[np.ndarray, " n"], radius: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """g(φ) = φ - ¼ exp(r cos φ) in radians."""
    return np.asarray(polar - np.exp(np.minimum(radius, _FROZEN) * np.cos(polar)) / 4)


def slope(polar: Float64[np.ndarray, " n"], radius: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """dg/dφ = 1 + ¼ r sin φ exp(r cos φ) = 1 + ¼eᵃ b: by how much the map stretches areas, over 4."""
    inner = np.minimum(radius, _FROZEN)
    return np.asarray(1 + inner * np.sin(polar) * np.exp(inner * np.cos(polar)) / 4)


def preimages(
    radius: Float64[np.ndarray, " n"], angle: Float64[np.ndarray, " n"], blades: int
) -> tuple[Int64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """All pairs (i, φ), -π ≤ φ < π, with g(φ) = angleᵢ modulo 2π/blades: the index i of the point, and φ.

    Every point has at least one root a blade, because g gains 2π from -π to π.
    """
    first, second = _turning(radius)
    ends = [np.full_like(radius, -np.pi), first, second, np.full_like(radius, np.pi)]
    pieces = [_roots_between(lower, upper, radius, angle, 2 * np.pi / blades) for lower, upper in pairwise(ends)]
    owners, roots = zip(*pieces, strict=True)
    return np.concatenate(owners), np.concatenate(roots)


def _turning(
    radius: Float64[np.ndarray, " n"],
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Find the angles in (-π, 0) between which g falls; both are where g is least steep if it never falls."""
    inner = np.minimum(radius, _FROZEN)
    least = -np.arccos(2 * inner / (1 + np.sqrt(1 + 4 * inner**2)))
    first, second = least.copy(), least.copy()
    folds = slope(least, radius) < 0
    falling, folded = least[folds], radius[folds]
    first[folds] = _bisect(lambda polar: slope(polar, folded), falling, np.full_like(falling, -np.pi))
    second[folds] = _bisect(lambda polar: slope(polar, folded), falling, np.zeros_like(falling))
    return first, second


def _roots_between(
    lower: Float64[np.ndarray, " n"],
    upper: Float64[np.ndarray, " n"],
    radius: Float64[np.ndarray, " n"],
    angle: Float64[np.ndarray, " n"],
    period: float,
) -> tuple[Int64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """Solve from `lower` to `upper`, where g is monotone: a root for each multiple of `period` passed."""
    values = np.stack([winding(lower, radius), winding(upper, radius)])
    bottom, top = np.ceil((np.sort(values, axis=0) - angle) / period).astype(np.int64)
    counts = top - bottom
    owner = np.repeat(np.arange(len(radius)), counts)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + bottom[owner]
    target, owned = angle[owner] + period * turn, radius[owner]
    rises = (values[0] < values[1])[owner]
    low, high = np.where(rises, lower[owner], upper[owner]), np.where(rises, upper[owner], lower[owner])
    return owner, _bisect(lambda polar: winding(polar, owned) - target, low, high)


def _bisect(
    function: Callable[[Float64[np.ndarray, " n"]], Float64[np.ndarray, " n"]],
    negative: Float64[np.ndarray, " n"],
    positive: Float64[np.ndarray, " n"],
) -> Float64[np.ndarray, " n"]:
    """Solve function = 0 in each component, between an end where it is negative and one where it is not."""
    for _ in range(54):
        middle = (negative + positive) / 2
        below = function(middle) < 0
        negative, positive = np.where(below, middle, negative), np.where(below, positive, middle)
    return np.asarray((negative + positive) / 2)
