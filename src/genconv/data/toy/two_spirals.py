"""Two interleaved spirals."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray
from scipy.special import erfcx

from genconv.data.toy.density import ToyDensity
from genconv.data.toy.quadrature import legendre

_END = 3 * np.pi
_WIDTH = 1 / 6
_SCALE = 0.1
_NODES, _STEPS = legendre(0.0, _END, 640)
_WEIGHTS = _STEPS * 2 * _NODES / _END**2
_ARM = _NODES[:, None] * np.stack([-np.cos(_NODES), np.sin(_NODES)], axis=1) / 3


class TwoSpirals(ToyDensity):
    """p(x) = ½ Σ± ∫ K(±x₁ - c₁(t)) K(±x₂ - c₂(t)) 2t/(3π)² dt over 0 < t < 3π.

    K is the density of U(0, 1/6) + N(0, 0.1²). The law of x = ±(c(t) + u) + 0.1 z with a fair sign,
    c(t) = t (-cos t, sin t)/3, t = 3π√v, v ~ U(0, 1), u ~ U(0, 1/6)², z ~ N(0, I). The offset u is never
    negative, as in FFJORD (arXiv 1810.01367). The quadrature is exact to 1e-7 nats for |x| < 12.
    """

    name = "2spirals"
    support = (-4.1, 4.1, -4.1, 4.1)

    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw a place on the arm, its offset, a sign, then the noise."""
        place_key, offset_key, sign_key, noise_key = jr.split(key, 4)
        t = _END * jnp.sqrt(jr.uniform(place_key, (count,), jnp.float32))
        arm = jnp.stack([-t * jnp.cos(t), t * jnp.sin(t)], axis=1) / 3
        arm += jr.uniform(offset_key, (count, 2), jnp.float32, 0, _WIDTH)
        sign = jr.rademacher(sign_key, (count, 1), jnp.float32)
        return sign * arm + _SCALE * jr.normal(noise_key, (count, 2), jnp.float32)

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Integrate by Gauss-Legendre over t."""
        return np.asarray(np.logaddexp(_log_arm(points), _log_arm(-points)) - np.log(2))


def _log_arm(points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
    """Log ∫ K(x₁ - c₁(t)) K(x₂ - c₂(t)) 2t/(3π)² dt, with the greatest exponent taken out of the sum."""
    across, across_factor = _blurred_uniform(points[:, :1] - _ARM[:, 0])
    up, up_factor = _blurred_uniform(points[:, 1:] - _ARM[:, 1])
    exponents = across + up
    greatest = exponents.max(axis=1, keepdims=True)
    sums = (np.exp(exponents - greatest) * across_factor * up_factor) @ _WEIGHTS
    return np.asarray(greatest[:, 0] + np.log(sums))


def _blurred_uniform(
    offsets: Float64[np.ndarray, "n m"],
) -> tuple[Float64[np.ndarray, "n m"], Float64[np.ndarray, "n m"]]:
    """K(z) = [Φ(z/s) - Φ((z - w)/s)]/w with w = 1/6 and s = 0.1, as exponent e and factor f: K = f exp e.

    K is even about w/2, so both bounds are moved to the lower tail, where the digits of
    Φ(-u) = ½ exp(-u²/2) erfcx(u/√2) are kept.
    """
    distance = np.abs(offsets - _WIDTH / 2)
    near, far = (distance - _WIDTH / 2) / _SCALE, (distance + _WIDTH / 2) / _SCALE
    exponent = -(near**2) / 2
    ratio = np.exp(-distance * _WIDTH / _SCALE**2)
    factor = erfcx(near / np.sqrt(2)) - ratio * erfcx(far / np.sqrt(2))
    return exponent, factor / (2 * _WIDTH)
