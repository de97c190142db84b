"""Five bent blades."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity
from genconv.data.toy.pinwheel_inverse import preimages, slope

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

    def log_density_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
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
