"""The samplers: exact counts, explicit keys, float32, points on their curve."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstest

from genconv.data.toy.registry import TOY_DENSITIES

ALL = pytest.mark.parametrize("name", TOY_DENSITIES)


@cache
def draw(name: str, seed: int) -> np.ndarray:
    return np.asarray(TOY_DENSITIES[name].sample(jax.random.key(seed), 1001))


@ALL
@pytest.mark.parametrize("count", [1, 7, 1001])
@pytest.mark.parametrize("double", [False, True])
def test_exactly_count_points_in_float32(name: str, count: int, double: bool) -> None:
    sample = partial(TOY_DENSITIES[name].sample, count=count)
    with jax.enable_x64(double), jax.numpy_dtype_promotion("strict"):
        points = jax.eval_shape(sample, jax.random.key(0))
    assert points.shape == (count, 2)
    assert points.dtype == jnp.float32


@ALL
def test_only_the_key_decides(name: str) -> None:
    np.testing.assert_array_equal(draw(name, 5), TOY_DENSITIES[name].sample(jax.random.key(5), 1001))
    assert not np.any(np.all(draw(name, 5) == draw(name, 6), axis=1))


@pytest.mark.parametrize("name", ["2spirals", "cos"])
def test_compiled_and_eager_points_agree(name: str) -> None:
    compiled = jax.jit(TOY_DENSITIES[name].sample, static_argnums=1)(jax.random.key(5), 1001)
    np.testing.assert_allclose(draw(name, 5), compiled, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["line", "cos"])
def test_curves_hold_their_points(name: str) -> None:
    x, y = draw(name, 8).astype(np.float64).T
    np.testing.assert_allclose(y, x if name == "line" else 2.5 * np.sin(x), atol=1e-6)
    assert kstest(x, "uniform", (-2.5, 5)).pvalue > 1e-4
