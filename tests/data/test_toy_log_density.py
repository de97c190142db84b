"""The log-densities against slow integrals of what the generators do, and at the edges of their domain."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from genconv.data.toy.registry import TOY_DENSITIES
from genconv.errors import InputError

EXACT = [name for name, density in TOY_DENSITIES.items() if density.has_density]
NOISY = [name for name in EXACT if name != "checkerboard"]
Curve = Callable[[float], tuple[float, float]]


def integral(function: Callable[[float], float], lower: float, upper: float) -> float:
    """∫ by adaptive quadrature on pieces short enough that no narrow peak is missed."""
    edges = np.linspace(lower, upper, 41)
    pieces = [quad(function, *pair, epsabs=1e-14, epsrel=1e-10)[0] for pair in pairwise(edges)]
    return float(np.sum(pieces))


def normal(x: np.ndarray, centre: tuple[float, float], scale: float) -> float:
    return float(np.exp(-((x[0] - centre[0]) ** 2 + (x[1] - centre[1]) ** 2) / (2 * scale**2)) / (2 * np.pi * scale**2))


def along(x: np.ndarray, curve: Curve, lower: float, upper: float, scale: float) -> float:
    """p(x) of a curve with a uniform parameter, blurred by N(0, scale² I)."""
    return integral(lambda t: normal(x, curve(t), scale), lower, upper) / (upper - lower)


def eight_gaussians(x: np.ndarray) -> float:
    centres = [4 / 1.414 * np.array([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)]) for k in range(8)]
    return float(np.mean([multivariate_normal.pdf(x, centre, (0.5 / 1.414) ** 2) for centre in centres]))


def swissroll(x: np.ndarray) -> float:
    return along(x, lambda t: (t * np.cos(t) / 5, t * np.sin(t) / 5), 1.5 * np.pi, 4.5 * np.pi, 0.2)


def circle(x: np.ndarray, radius: float, scale: float) -> float:
    return along(x, lambda t: (radius * np.cos(t), radius * np.sin(t)), 0, 2 * np.pi, scale)


def circles(x: np.ndarray) -> float:
    return float(np.mean([circle(x, radius, 0.24) for radius in (3, 1.5)]))


def rings(x: np.ndarray) -> float:
    return float(np.mean([circle(x, radius, 0.08) for radius in (3, 2.25, 1.5, 0.75)]))


def moons(x: np.ndarray) -> float:
    upper = along(x, lambda a: (2 * np.cos(a) - 1, 2 * np.sin(a) - 0.2), 0, np.pi, 0.2)
    lower = along(x, lambda a: (2 * (1 - np.cos(a)) - 1, 2 * (0.5 - np.sin(a)) - 0.2), 0, np.pi, 0.2)
    return (upper + lower) / 2


def two_spirals(x: np.ndarray) -> float:
    offsets = (np.arange(2000) + 0.5) / 2000 / 6

    def blurred(z: float) -> float:
        return float(norm.pdf(z - offsets, scale=0.1).mean())

    def arm(sign: float, v: float) -> float:
        t = 3 * np.pi * np.sqrt(v)
        return blurred(sign * x[0] + t * np.cos(t) / 3) * blurred(sign * x[1] - t * np.sin(t) / 3)

    return sum(integral(lambda v, sign=sign: arm(sign, v), 0, 1) for sign in (1.0, -1.0)) / 2


def turned(blade: int, radius: float, polar: float) -> np.ndarray:
    """Where the pinwheel sends the point of a straight blade at this radius and polar angle."""
    a, b = radius * np.cos(polar), radius * np.sin(polar)
    turn = 2 * np.pi * blade / 5 + np.exp(a) / 4
    return 2 * np.array([a, b]) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def pinwheel(x: np.ndarray) -> float:
    """All preimages by a scan around the circle, with the map's derivative by differences."""
    radius = float(np.hypot(*x)) / 2
    scan = np.linspace(-np.pi, np.pi, 4001)
    total = 0.0
    for blade in range(5):

        def miss(polar: float, blade: int = blade) -> float:
            y = turned(blade, radius, polar)
            return float(np.arctan2(x[0] * y[1] - x[1] * y[0], x @ y))

        values = np.array([miss(polar) for polar in scan])
        crossings = np.flatnonzero((values[:-1] * values[1:] < 0) & (np.abs(values[:-1] - values[1:]) < 1))
        for index in crossings:
            root = float(brentq(miss, scan[index], scan[index + 1], xtol=1e-15))
            stretch = abs(miss(root + 1e-5) - miss(root - 1e-5)) / 2e-5
            weight = norm.pdf(radius * np.cos(root), 1, 0.3) * norm.pdf(radius * np.sin(root), 0, 0.1)
            total += float(weight) / (4 * stretch) / 5
    return total


POINTS = {
    eight_gaussians: [(2.8, 0.1), (0.3, -0.2), (4.4, 1.0)],
    swissroll: [(2.4, 0.3), (0.0, 0.0), (0.1, 3.3), (-1.4, 1.2)],
    circles: [(3.0, 0.0), (0.2, -0.1), (-1.6, 1.7)],
    rings: [(0.0, 3.1), (0.01, 0.02), (1.0, -1.55)],
    moons: [(0.0, 0.8), (-1.0, 1.9), (3.1, 0.9), (1.2, -1.6)],
    two_spirals: [(0.05, 0.1), (3.1, 0.3), (-1.2, 0.7), (-2.0, -2.3)],
    pinwheel: [(1.3, -1.0), (0.2, 0.1), (-2.0, 0.9), (3.9, 2.1), tuple(turned(2, 2.2, -0.36))],
}
NAMES = {"eight_gaussians": "8gaussians", "two_spirals": "2spirals"}
CASES = [(oracle, np.array(point)) for oracle, points in POINTS.items() for point in points]


@pytest.mark.parametrize(("oracle", "point"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_log_density_is_exact(oracle: Callable[[np.ndarray], float], point: np.ndarray) -> None:
    density = TOY_DENSITIES[NAMES.get(oracle.__name__, oracle.__name__)]
    assert float(density.log_prob(point)) == pytest.approx(np.log(oracle(point)), abs=1e-6)


def test_checkerboard_is_flat_on_eight_squares() -> None:
    centres = np.stack(np.meshgrid([-3, -1, 1, 3], [-3, -1, 1, 3], indexing="ij"), axis=-1)
    found = TOY_DENSITIES["checkerboard"].log_prob(centres)
    black = np.add.outer(np.arange(4), np.arange(4)) % 2 == 0
    np.testing.assert_allclose(found, np.where(black, -np.log(32), -np.inf))
    assert float(TOY_DENSITIES["checkerboard"].log_prob([5.0, 5.0])) == -np.inf


@pytest.mark.parametrize("name", NOISY)
@pytest.mark.parametrize("distance", [12.0, 50.0, 1e3, 3e38])
def test_far_tails_fall_but_stay_finite(name: str, distance: float) -> None:
    angles = np.linspace(-np.pi, np.pi, 33)
    far = TOY_DENSITIES[name].log_prob(distance * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert np.isfinite(far).all()
    assert (far < -50).all()


@pytest.mark.parametrize("name", EXACT)
def test_any_shape_of_points(name: str) -> None:
    density = TOY_DENSITIES[name]
    points = np.random.default_rng(0).normal(size=(3, 200, 2))
    found = density.log_prob(points)
    assert found.shape == (3, 200)
    assert found.dtype == np.float64
    assert float(density.log_prob(points[1, 7])) == pytest.approx(found[1, 7], abs=1e-10)
    assert density.log_prob(np.empty((0, 2))).shape == (0,)
    assert density.log_prob([[0.5, 0.5], [1, 2]]).shape == (2,)


@pytest.mark.parametrize("name", EXACT)
def test_points_that_are_no_numbers(name: str) -> None:
    found = TOY_DENSITIES[name].log_prob([[np.nan, 0.0], [0.5, 0.5], [np.inf, 0.0]])
    np.testing.assert_array_equal(np.isnan(found), [True, False, True])


def test_points_off_the_plane_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(\.\.\., 2\), not \(4, 3\)"):
        TOY_DENSITIES["rings"].log_prob(np.zeros((4, 3)))


@pytest.mark.parametrize("name", ["line", "cos"])
def test_curves_have_no_density(name: str) -> None:
    assert not TOY_DENSITIES[name].has_density
    with pytest.raises(InputError, match=f"'{name}' does not exist: all its mass lies on a curve"):
        TOY_DENSITIES[name].log_prob(np.zeros((4, 2)))
