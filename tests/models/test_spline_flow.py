"""The spline flow: its density integrates to one, its samples are from it, it starts as a normal."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic, spec
from scipy import stats
from scipy.integrate import trapezoid

from genconv.errors import InputError
from genconv.models.spline_flow import SplineFlow, SplineFlowConfig

CONFIG = SplineFlowConfig(couplings=3, hidden=(5,), bins=4, bound=3.0)


@eqx.filter_jit
def log_prob(flow: SplineFlow, x: jax.Array) -> jax.Array:
    return flow.log_prob(x)


@pytest.fixture(scope="module")
def flow() -> SplineFlow:
    flow: SplineFlow = generic(SplineFlow, CONFIG, scale=0.4)
    return flow


def test_the_density_integrates_to_one_over_the_plane(flow: SplineFlow) -> None:
    axis = np.linspace(-12, 12, 601)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(np.asarray(log_prob(flow, jnp.asarray(points, jnp.float32)), np.float64))
    mass = trapezoid(trapezoid(density.reshape(601, 601), axis, axis=1), axis)
    assert mass == pytest.approx(1, abs=1e-3)


def test_samples_pushed_forward_are_standard_normal(flow: SplineFlow) -> None:
    z = eqx.filter_jit(lambda flow: flow.sample(jr.key(1), 20_000))(flow)
    for transform in flow.chain:
        z, _ = eqx.filter_jit(transform.forward)(z)
    assert min(stats.kstest(column, "norm").pvalue for column in np.asarray(z).T) > 1e-3


def test_a_new_flow_is_a_standard_normal_in_any_dimension() -> None:
    config = CONFIG.updated({"couplings": 2})
    for dim in (1, 4):
        x = np.random.default_rng(0).standard_normal((10, dim))
        found = eqx.filter_jit(lambda x: SplineFlow.build(config, spec(x.shape[1]), jr.key(1)).log_prob(x))(
            jnp.asarray(x, jnp.float32)
        )
        np.testing.assert_allclose(found, stats.norm.logpdf(x).sum(axis=1), rtol=1e-4)


def test_more_bins_than_have_room_are_refused() -> None:
    with pytest.raises(InputError, match="must be"):
        SplineFlowConfig.checked({"bins": 501})
