"""The density of a curve plus isotropic Gaussian noise: a mixture of Gaussians, one a quadrature node."""

import numpy as np
from jaxtyping import Float64
from scipy.special import logsumexp, roots_legendre


def legendre(
    lower: float, upper: float, count: int
) -> tuple[Float64[np.ndarray, " count"], Float64[np.ndarray, " count"]]:
    """Nodes tⱼ and weights wⱼ with ∫ f(t) dt ≈ Σ wⱼ f(tⱼ) from `lower` to `upper`: the Gauss-Legendre rule.

    Its nodes crowd at the ends, which is where the nearest point of a curve lies for most points far away.
    """
    nodes, weights = roots_legendre(count)  # NumPy's solves a dense matrix, on every core, whenever this is imported
    half = (upper - lower) / 2
    return lower + half * (nodes + 1), half * weights


def log_mixture(
    points: Float64[np.ndarray, "n 2"],
    centres: Float64[np.ndarray, "m 2"],
    weights: Float64[np.ndarray, " m"],
    scale: float,
) -> Float64[np.ndarray, " n"]:
    """Log Σⱼ wⱼ N(x; cⱼ, s² I) in nats, finite however far x lies from every centre; s is `scale`.

    The square |x - c|² is expanded, so that the sum over all pairs is one matrix product.
    """
    exponents = (points @ centres.T - np.sum(centres**2, axis=1) / 2) / scale**2
    squares = np.sum(points**2, axis=1) / (2 * scale**2)
    return np.asarray(logsumexp(exponents, axis=1, b=weights) - squares - np.log(2 * np.pi * scale**2))
