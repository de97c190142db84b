"""What each density integrates to, against the published numbers and against its own sampler."""

from functools import cache, partial

import jax
import numpy as np
import pytest
from scipy.stats import chi2

from genconv.data.toy.quadrature import Integrals, integrate
from genconv.data.toy.reference import REFERENCES
from genconv.data.toy.registry import TOY_DENSITIES

CELLS, ORDER = 40, 5
DRAWS, SIZE = 20_000, 10
EXACT = pytest.mark.parametrize("name", [name for name in TOY_DENSITIES if REFERENCES[name]])

PUBLISHED = {  # entropy, deviation, Gaussian cross-entropy
    "8gaussians": (2.831880, 0.9748, 4.2552),
    "checkerboard": (3.465736, 0.0, 4.4940),
    "swissroll": (2.669646, 0.7703, 3.4658),
    "circles": (3.268136, 0.7744, 3.8922),
    "rings": (2.623183, 0.8786, 3.5873),
    "moons": (2.393879, 0.7477, 3.2946),
    "pinwheel": (2.317788, 0.9742, 3.6263),
    "2spirals": (2.645450, 0.7124, 3.7473),
}


@cache
def integrals(name: str) -> Integrals:
    return integrate(TOY_DENSITIES[name], CELLS, ORDER)


@cache
def one_big_draw(name: str) -> np.ndarray:
    sample = jax.jit(TOY_DENSITIES[name].sample, static_argnums=1)
    return np.asarray(sample(jax.random.key(0), 1_000_000), dtype=np.float64)


@cache
def many_small_draws(name: str) -> np.ndarray:
    sample = jax.jit(partial(jax.lax.map, partial(TOY_DENSITIES[name].sample, count=SIZE)))
    return np.asarray(sample(jax.random.split(jax.random.key(1), DRAWS)), dtype=np.float64)


def chi_squared(name: str, points: np.ndarray) -> float:
    """The p-value of points under the density, by cells of its support; sparse cells are pooled."""
    xmin, xmax, ymin, ymax = TOY_DENSITIES[name].support
    observed, *_ = np.histogram2d(*points.T, bins=CELLS, range=((xmin, xmax), (ymin, ymax)))
    expected = len(points) * integrals(name).masses
    full = expected >= 25
    counts = np.append(observed[full], len(points) - observed[full].sum())
    means = np.append(expected[full], len(points) - expected[full].sum())
    if means[-1] < 25:
        assert counts[-1] <= means[-1] + 50
        counts, means = counts[:-1], means[:-1]
    return float(chi2.sf(np.sum((counts - means) ** 2 / means), len(counts) - 1))


@EXACT
def test_density_integrates_to_one(name: str) -> None:
    assert integrals(name).masses.sum() == pytest.approx(1, abs=1e-6)


@EXACT
def test_reference_is_what_quadrature_gives(name: str) -> None:
    reference, found = REFERENCES[name], integrals(name).reference
    assert reference is not None
    assert found.entropy == pytest.approx(reference.entropy, abs=1e-5)
    assert found.deviation == pytest.approx(reference.deviation, abs=1e-5)
    assert found.gaussian == pytest.approx(reference.gaussian, abs=1e-5)


@EXACT
def test_reference_agrees_with_the_published_table(name: str) -> None:
    reference = REFERENCES[name]
    assert reference is not None
    entropy, deviation, gaussian = PUBLISHED[name]
    assert reference.entropy == pytest.approx(entropy, abs=1e-6)
    assert reference.deviation == pytest.approx(deviation, abs=1e-4)
    assert reference.gaussian == pytest.approx(gaussian, abs=1e-4)


@EXACT
def test_a_million_draws_follow_the_density(name: str) -> None:
    assert chi_squared(name, one_big_draw(name)) > 1e-4


@EXACT
def test_small_draws_follow_the_same_law_as_a_big_one(name: str) -> None:
    assert chi_squared(name, many_small_draws(name).reshape(-1, 2)) > 1e-4


@EXACT
def test_every_draw_has_a_density_and_lies_in_the_support(name: str) -> None:
    xmin, xmax, ymin, ymax = TOY_DENSITIES[name].support
    x, y = one_big_draw(name).T
    assert ((xmin <= x) & (x <= xmax) & (ymin <= y) & (y <= ymax)).all()
    assert np.isfinite(TOY_DENSITIES[name].log_prob(one_big_draw(name)[:4000])).all()


@pytest.mark.parametrize("name", TOY_DENSITIES)
def test_points_of_one_draw_are_independent(name: str) -> None:
    """The number of points of a draw in a region is binomial; with strata or grids it would vary less."""
    points = many_small_draws(name)
    radius = np.hypot(points[..., 0], points[..., 1])
    for inside in (points[..., 0] > 0.1, points[..., 1] > 0.1, radius > np.median(radius)):
        chance = inside.mean()
        spread = inside.sum(axis=1).var() / (SIZE * chance * (1 - chance))
        assert spread == pytest.approx(1, abs=5 * np.sqrt(2 / DRAWS))
