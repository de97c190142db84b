"""Two interleaved half circles."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity
from genconv.data.toy.quadrature import legendre, log_mixture

_SCALE = 0.2
_NODES, _WEIGHTS = legendre(0.0, np.pi, 192)
_UPPER = np.stack([2 * np.cos(_NODES) - 1, 2 * np.sin(_NODES) - 0.2], axis=1)
_LOWER = np.stack([1 - 2 * np.cos(_NODES), 0.8 - 2 * np.sin(_NODES)], axis=1)


class Moons(ToyDensity):
    """p(x) = ∫ ½ [N(x; c₁(a), 0.2² I) + N(x; c₂(a), 0.2² I)] da / π over 0 < a < π.

    Half of the points lie on the upper moon c₁(a) = (2 cos a - 1, 2 sin a - 0.2), half on the lower one
    c₂(a) = (1 - 2 cos a, 0.8 - 2 sin a). The generator of FFJORD (arXiv 1810.01367) lays its angles on an
    even grid in each batch; these are independent. The quadrature is exact to 1e-8 nats for |x| < 12.
    """

    name = "moons"
    support = (-4.4, 4.4, -2.7, 3.3)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a moon, an angle on it, then the noise."""
        moon_key, angle_key, noise_key = jr.split(key, 3)
        angle = jr.uniform(angle_key, (count,), jnp.float32, 0, np.pi)
        cos, sin = 2 * jnp.cos(angle), 2 * jnp.sin(angle)
        upper = jnp.stack([cos - 1, sin - 0.2], axis=1)
        lower = jnp.stack([1 - cos, 0.8 - sin], axis=1)
        moon = jnp.where(jr.bernoulli(moon_key, shape=(count, 1)), upper, lower)
        return moon + _SCALE * jr.normal(noise_key, (count, 2), jnp.float32)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Integrate by Gauss-Legendre over a."""
        weights = np.tile(_WEIGHTS / (2 * np.pi), 2)
        return log_mixture(points, np.concatenate([_UPPER, _LOWER]), weights, _SCALE)
