"""Circles around one centre: two, four thin rings, and circles blurred by Gaussian noise."""

from typing import ClassVar

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray
from scipy.special import i0e, logsumexp

from genconv.data.toy.density import ToyDensity


class NoisyCircles(ToyDensity):
    """p(x) = mean over R of exp(-(r² + R²)/2s²) I₀(rR/s²) / 2πs², with r = |x|.

    I₀ is the modified Bessel function. This is the law of x = R (cos a, sin a) + s z with R uniform on
    `radii`, a ~ U(-π, π), z ~ N(0, I). Subclasses set `radii` and `scale`, which is s. The generator of
    FFJORD (arXiv 1810.01367) lays its angles on an even grid in each batch, so that its law depends on the
    batch size; these are independent.
    """

    radii: ClassVar[tuple[float, ...]]
    scale: ClassVar[float]

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a circle, an angle on it, then the noise."""
        radius_key, angle_key, noise_key = jr.split(key, 3)
        radius = jr.choice(radius_key, jnp.asarray(self.radii, jnp.float32), (count,))
        angle = jr.uniform(angle_key, (count,), jnp.float32, -np.pi, np.pi)
        circle = radius[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
        return circle + self.scale * jr.normal(noise_key, (count, 2), jnp.float32)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Evaluate the closed form, with e⁻ᶻ I₀(z), which does not overflow."""
        r = np.hypot(points[:, 0], points[:, 1])[:, None]
        radii = np.array(self.radii)
        variance = self.scale**2
        terms = np.log(i0e(r * radii / variance)) - (r - radii) ** 2 / (2 * variance)
        return np.asarray(logsumexp(terms, axis=1) - np.log(len(radii) * 2 * np.pi * variance))


class Circles(NoisyCircles):
    """Radii 3 and 1.5, noise 0.24: p as in `NoisyCircles` (FFJORD, arXiv 1810.01367)."""

    name = "circles"
    support = (-4.7, 4.7, -4.7, 4.7)
    radii = (3.0, 1.5)
    scale = 0.24


class Rings(NoisyCircles):
    """Radii 3, 2.25, 1.5 and 0.75, noise 0.08: p as in `NoisyCircles` (FFJORD, arXiv 1810.01367)."""

    name = "rings"
    support = (-3.6, 3.6, -3.6, 3.6)
    radii = (3.0, 2.25, 1.5, 0.75)
    scale = 0.08
