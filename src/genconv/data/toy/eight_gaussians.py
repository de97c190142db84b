"""Eight Gaussians on a circle."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from genconv.data.toy.density import ToyDensity
from genconv.data.toy.quadrature import log_mixture

_RADIUS = 4 / 1.414
_SCALE = 0.5 / 1.414
_ANGLES = np.arange(8) * np.pi / 4
_CENTRES = _RADIUS * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


class EightGaussians(ToyDensity):
    """p(x) = ⅛ Σₖ N(x; R (cos kπ/4, sin kπ/4), s² I), k = 0, …, 7, with R = 4/1.414 and s = 0.5/1.414.

    The rounded √2 is that of the generator in FFJORD (arXiv 1810.01367).
    """

    name = "8gaussians"
    support = (-5.2, 5.2, -5.2, 5.2)
    modes = tuple((float(x), float(y)) for x, y in _CENTRES)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a centre, then its noise."""
        centre_key, noise_key = jr.split(key)
        centres = jr.choice(centre_key, jnp.asarray(_CENTRES, jnp.float32), (count,))
        return centres + _SCALE * jr.normal(noise_key, (count, 2), jnp.float32)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Evaluate the closed form."""
        return log_mixture(points, _CENTRES, np.full(8, 1 / 8), _SCALE)
