"""Integrals over a toy density, from which its exact numbers follow: Gauss-Legendre on a grid of cells."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import logsumexp, roots_legendre

from genconv.curves import Reference
from genconv.data.toy.density import Box, ToyDensity


@dataclass(frozen=True)
class Rule:
    """∫ f(x) dx ≈ Σ wⱼ f(xⱼ) with `points` xⱼ and `weights` wⱼ, in each of the equal cells of a box.

    The first two axes of `points` count the cells along x₁ and x₂, the third the nodes of one cell.
    """

    points: Float64[np.ndarray, "cells cells nodes 2"]
    weights: Float64[np.ndarray, " nodes"]


def cell_rule(box: Box, cells: int, order: int) -> Rule:
    """Lay the rule of `order`² nodes into each of `cells`² cells of the box (xmin, xmax, ymin, ymax)."""
    xmin, xmax, ymin, ymax = box
    width, height = (xmax - xmin) / cells, (ymax - ymin) / cells
    nodes, weights = legendre(0.0, 1.0, order)
    within = np.stack(np.meshgrid(nodes * width, nodes * height, indexing="ij"), axis=-1).reshape(-1, 2)
    corners_x, corners_y = xmin + width * np.arange(cells), ymin + height * np.arange(cells)
    corners = np.stack(np.meshgrid(corners_x, corners_y, indexing="ij"), axis=-1)
    return Rule(corners[:, :, None, :] + within, width * height * np.outer(weights, weights).ravel())


@dataclass(frozen=True)
class Integrals:
    """The mass of each cell, and what the density's `Reference` should say, by one rule."""

    masses: Float64[np.ndarray, "cells cells"]
    reference: Reference


def integrate(density: ToyDensity, cells: int, order: int) -> Integrals:
    """∫ p, ∫ p log p, ∫ p log² p and the moments of p over its support, in nats.

    Smooth densities gain digits exponentially with `order`; a density with edges needs cells that end there.
    """
    rule = cell_rule(density.support, cells, order)
    log_p = density.log_prob(rule.points)
    masses = np.exp(log_p) * rule.weights
    information = np.where(masses > 0, -log_p, 0.0)
    entropy = np.sum(masses * information)
    deviation = np.sqrt(np.sum(masses * (information - entropy) ** 2))
    mean = np.einsum("ijk,ijkd->d", masses, rule.points)
    centred = rule.points - mean
    covariance = np.einsum("ijk,ijkd,ijke->de", masses, centred, centred)
    gaussian = np.log(2 * np.pi * np.e) + np.linalg.slogdet(covariance).logabsdet / 2
    return Integrals(masses.sum(axis=2), Reference(float(entropy), float(deviation), float(gaussian)))


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
