"""The masked autoregressive flow: its density integrates to one, its samples come back as their noise."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic, spec
from scipy import stats
from scipy.integrate import trapezoid

from genconv.models.maf import MAF, MAFConfig

AFFINE = MAFConfig(blocks=3, hidden=(6, 5), transform="affine")
SPLINES = MAFConfig(blocks=2, hidden=(6, 5), transform="spline", bins=4, bound=3.0, octaves=1)


def forward(flow: MAF, x: jax.Array) -> jax.Array:
    for transform in flow.chain:
        x, _ = transform.forward(x)
    return x


@pytest.mark.parametrize("config", [AFFINE, SPLINES], ids=["affine", "splines"])
def test_the_density_integrates_to_one_over_the_plane(config: MAFConfig) -> None:
    flow = generic(MAF, config, scale=0.3)
    axis = np.linspace(-15, 15, 601)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = eqx.filter_jit(flow.log_prob)(jnp.asarray(points, jnp.float32))
    density = np.exp(np.asarray(log_density, np.float64)).reshape(601, 601)
    assert trapezoid(trapezoid(density, axis, axis=1), axis) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("config", [AFFINE, SPLINES], ids=["affine", "splines"])
def test_samples_pushed_forward_are_the_noise_that_they_came_from_and_the_density_is_theirs(config: MAFConfig) -> None:
    with jax.enable_x64(True):
        flow = generic(MAF, config, dim=4)
        x = eqx.filter_jit(lambda flow: flow.sample(jr.key(4), 9))(flow)
        noise = jr.normal(jr.key(4), (9, 4))
        np.testing.assert_allclose(eqx.filter_jit(forward)(flow, x), noise, atol=1e-9)
        jacobian = jax.jit(jax.vmap(jax.jacfwd(lambda row: forward(flow, row[None])[0])))(x)
        log_det = np.linalg.slogdet(np.asarray(jacobian))[1]
        expected = stats.norm.logpdf(np.asarray(noise)).sum(axis=-1) + log_det
        np.testing.assert_allclose(eqx.filter_jit(flow.log_prob)(x), expected, rtol=1e-9)


def test_a_new_flow_of_splines_is_a_standard_normal() -> None:
    x = np.random.default_rng(0).standard_normal((10, 3))
    found = eqx.filter_jit(lambda x: MAF.build(SPLINES, spec(3), jr.key(1)).log_prob(x))(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(found, stats.norm.logpdf(x).sum(axis=1), rtol=1e-4)
