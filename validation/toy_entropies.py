"""Derive the exact numbers of `genconv.data.toy.reference` again: two quadratures, and a check by sampling.

Minutes on two cores: `python validation/toy_entropies.py`; with `--names rings moons` for these two only.
"""

import argparse
from dataclasses import astuple

import jax
import numpy as np

from genconv.curves import Reference
from genconv.data.toy.density import ToyDensity
from genconv.data.toy.quadrature import integrate
from genconv.data.toy.registry import TOY_DENSITIES

COARSE_CELLS, FINE_CELLS = 60, 84
"""Multiples of four, so that the edges of the checkerboard are edges of cells."""
ORDER = 8


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [name for name, density in TOY_DENSITIES.items() if density.has_density]
    parser.add_argument("--names", nargs="+", choices=known, default=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--draws", type=int, default=200_000, help="points of the Monte-Carlo check (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the Monte-Carlo check (%(default)s)")
    return parser.parse_args()


def along_the_blade(density: ToyDensity, nodes: int) -> Reference:
    """Integrate over the pinwheel's straight blade: in the plane its thin, bent tips cost digits."""
    z = 8 * (2 * np.arange(nodes) + 1 - nodes) / nodes
    mass = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    masses = np.outer(mass, mass)
    a, b = np.meshgrid(1 + 0.3 * z, 0.1 * z, indexing="ij")
    cos, sin = np.cos(np.exp(a) / 4), np.sin(np.exp(a) / 4)
    information = -density.log_prob(2 * np.stack([a * cos + b * sin, b * cos - a * sin], axis=-1))
    entropy = np.sum(masses * information)
    deviation = np.sqrt(np.sum(masses * (information - entropy) ** 2))
    variance = 2 * np.sum(masses * (a**2 + b**2))
    return Reference(float(entropy), float(deviation), float(np.log(2 * np.pi * np.e * variance)))


def by_quadrature(density: ToyDensity, cells: int) -> Reference:
    if density.name == "pinwheel":
        return along_the_blade(density, 4 * cells)
    return integrate(density, cells, ORDER).reference


def sampled_entropy(density: ToyDensity, seed: int, draws: int) -> float:
    """The mean of -log p over independent draws, in nats."""
    return float(-density.log_prob(density.sample(jax.random.key(seed), draws)).mean())


def largest_difference(one: Reference | None, other: Reference) -> float:
    """The largest difference between two sets of exact numbers; NaN if there is nothing to compare with."""
    return float(np.max(np.abs(np.subtract(astuple(one), astuple(other))))) if one else np.nan


def main() -> None:
    options = arguments()
    titles = ("name", "entropy", "deviation", "Gaussian", "resolution", "reference", "sampling (z)")
    print("{:<14}{:>14}{:>14}{:>14}{:>12}{:>11}{:>14}".format(*titles))
    for name in options.names:
        density = TOY_DENSITIES[name]
        coarse, fine = (by_quadrature(density, cells) for cells in (COARSE_CELLS, FINE_CELLS))
        error = sampled_entropy(density, options.seed, options.draws) - fine.entropy
        standard_error = max(fine.deviation / options.draws**0.5, 1e-12)
        print(
            f"{name:<14}{fine.entropy:>14.10f}{fine.deviation:>14.10f}{fine.gaussian:>14.10f}"
            f"{largest_difference(coarse, fine):>12.0e}{largest_difference(density.reference, fine):>11.0e}"
            f"{error / standard_error:>14.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
