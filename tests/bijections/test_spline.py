"""Rational-quadratic splines against FlowJAX's, and where they begin; the rest is tested for all transforms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from flowjax.bijections import RationalQuadraticSpline

from genconv.bijections.spline import Spline, SplineCoupling, spline_of

BINS, BOUND = 5, 3.0
RAW = 2 * np.random.default_rng(0).standard_normal(3 * BINS - 1)


def flowjaxs(spline: Spline) -> RationalQuadraticSpline:
    """FlowJAX's spline with the same knots and slopes."""
    return eqx.tree_at(
        lambda other: (other.x_pos, other.y_pos, other.derivatives),
        RationalQuadraticSpline(knots=BINS - 1, interval=BOUND),
        (spline.x, spline.y, spline.slope),
    )


def test_values_slopes_and_inverses_are_flowjaxs() -> None:
    with jax.enable_x64(True):
        spline = spline_of(jnp.asarray(RAW), BOUND)
        x = jnp.linspace(-4, 4, 101)
        y, log_slope = jax.jit(jax.vmap(spline.forward))(x)
        expected, expected_slope = jax.jit(jax.vmap(flowjaxs(spline).transform_and_log_det))(x)
        np.testing.assert_allclose(y, expected, atol=1e-12)
        np.testing.assert_allclose(log_slope, expected_slope, atol=1e-12)
        np.testing.assert_allclose(jax.jit(jax.vmap(spline.inverse))(y), x, atol=1e-10)


def test_knots_increase_from_bound_to_bound_and_slopes_end_at_one() -> None:
    spline = spline_of(jnp.asarray(100 * RAW), BOUND)
    for knots in (spline.x, spline.y):
        np.testing.assert_allclose(knots[jnp.array([0, -1])], [-BOUND, BOUND], rtol=1e-6)
        assert np.diff(knots).min() >= 0.99e-3 * 2 * BOUND
    assert spline.slope[0] == spline.slope[-1] == 1
    assert spline.slope.min() >= 1e-3


def test_zeros_are_the_identity_and_so_is_a_new_coupling() -> None:
    x = jnp.asarray(3 * np.random.default_rng(1).standard_normal((20, 3)), jnp.float32)
    y, log_slope = jax.jit(lambda x: spline_of(jnp.zeros((20, 3, 3 * BINS - 1)), BOUND).forward(x))(x)
    np.testing.assert_allclose(y, x, atol=1e-5)
    np.testing.assert_allclose(log_slope, 0, atol=1e-5)
    z, log_det = jax.jit(lambda x: SplineCoupling(3, (4,), BINS, BOUND, jr.key(0)).forward(x))(x)
    np.testing.assert_allclose(z, x, atol=1e-5)
    np.testing.assert_allclose(log_det, 0, atol=1e-5)
