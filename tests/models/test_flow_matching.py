"""Flow matching: its likelihood by the ODE integrates to one and is that of its samples."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic
from scipy import stats
from scipy.integrate import trapezoid

from genconv.models.flow_matching import FlowMatching, FlowMatchingConfig
from genconv.nn.buffer import Buffer

CONFIG = FlowMatchingConfig(hidden=(6, 5), ode_steps=24)


@pytest.fixture(scope="module")
def model() -> FlowMatching:
    drawn = generic(FlowMatching, CONFIG, scale=0.7)
    moments = (Buffer(jnp.array([0.5, -0.2])), Buffer(jnp.array([1.5, 0.7])))
    placed: FlowMatching = eqx.tree_at(lambda m: (m.mean, m.deviation), drawn, moments)
    return placed


def test_the_density_integrates_to_one_and_its_error_is_small(model: FlowMatching) -> None:
    axis = np.linspace(-12, 12, 241)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    found = eqx.filter_jit(model.held_out_density)(jnp.asarray(points, jnp.float32))
    density = np.exp(np.asarray(found.log_prob, np.float64))
    cell = (axis[1] - axis[0]) ** 2
    assert trapezoid(trapezoid(density.reshape(241, 241), axis, axis=1), axis) == pytest.approx(1, abs=1e-3)
    assert cell * np.sum(density * np.asarray(found.error)) < 1e-3


def test_samples_have_the_density_of_the_noise_by_its_jacobian(model: FlowMatching) -> None:
    @jax.jit
    def of_samples(key: jax.Array) -> jax.Array:
        return model.log_prob(model.sample(key, 50), 24)

    log_prob = of_samples(jr.key(0))
    noise = np.asarray(jr.normal(jr.key(0), (50, 2)))
    jacobian = jax.jit(
        jax.vmap(jax.jacfwd(lambda z: model._integrated(z[None], 0.0, 1.0, 24, with_divergence=False)[0][0]))
    )(noise)
    log_det = np.linalg.slogdet(np.asarray(jacobian))[1] + np.log(np.asarray(model.deviation.value)).sum()
    np.testing.assert_allclose(log_prob, stats.norm.logpdf(noise).sum(axis=1) - log_det, atol=2e-3)
