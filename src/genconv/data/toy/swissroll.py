"""The Swiss roll, seen from its side."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity
from genconv.data.toy.quadrature import legendre, log_mixture

_START, _END = 1.5 * np.pi, 4.5 * np.pi
_SCALE = 0.2
_NODES, _WEIGHTS = legendre(_START, _END, 512)
_CENTRES = _NODES[:, None] * np.stack([np.cos(_NODES), np.sin(_NODES)], axis=1) / 5


class Swissroll(ToyDensity):
    """x = t (cos t, sin t)/5 + 0.2 z, t ~ U(1.5π, 4.5π), z ~ N(0, I), so p(x) = ∫ N(x; c(t), 0.2² I) dt / 3π.

    The integral has no closed form; the quadrature is exact to 1e-9 nats for |x| < 12, and coarser only where log p
    is below -1000. Source: FFJORD (arXiv 1810.01367).
    """

    name = "swissroll"
    support = (-3.3, 3.9, -3.6, 4.2)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a place on the roll, then its noise."""
        place_key, noise_key = jr.split(key)
        t = jr.uniform(place_key, (count,), jnp.float32, _START, _END)
        roll = jnp.stack([t * jnp.cos(t), t * jnp.sin(t)], axis=1) / 5
        return roll + _SCALE * jr.normal(noise_key, (count, 2), jnp.float32)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Integrate by Gauss-Legendre over t."""
        return log_mixture(points, _CENTRES, _WEIGHTS / (_END - _START), _SCALE)
