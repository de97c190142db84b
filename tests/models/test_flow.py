"""The flow's density against the change of variables by automatic differentiation, quadrature and its own samples."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import data, generic, loss_of, spec
from numpy_models import flow as numpy_flow
from scipy import stats
from scipy.integrate import trapezoid

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.coupling import AffineCoupling
from genconv.bijections.reshape import Reverse
from genconv.data.toy.registry import TOY_DENSITIES
from genconv.measure import EXACT
from genconv.models.flow import Flow, FlowConfig

CONFIG = FlowConfig(hidden=(8, 6))
SAMPLES = 40_000
log_prob = eqx.filter_jit(Flow.log_prob)
sample = eqx.filter_jit(Flow.sample)


@pytest.fixture(scope="module")
def batch() -> jax.Array:
    return jax.jit(TOY_DENSITIES["8gaussians"].sample, static_argnums=1)(jr.key(0), 4096)


@pytest.fixture(scope="module")
def started(batch: jax.Array) -> Flow:
    """A flow that has seen its first batch."""
    return eqx.filter_jit(Flow.data_init)(generic(Flow, CONFIG, seed=0, scale=0.3), batch, jr.key(0))


def perturbed(flow: Flow, scale: float) -> Flow:
    generator = np.random.default_rng(3)
    return jax.tree.map(
        lambda leaf: leaf + jnp.asarray(scale * generator.standard_normal(leaf.shape), leaf.dtype), flow
    )


def forward(flow: Flow, x: jax.Array) -> jax.Array:
    for transform in flow.chain:
        x, _ = transform.forward(x)
    return x


def grid_of(draws: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Axes that hold all the draws with half their range to spare on each side."""
    low, high = draws.min(axis=0), draws.max(axis=0)
    spare = 0.5 * (high - low)
    return tuple(np.linspace(a, b, points) for a, b in zip(low - spare, high + spare, strict=True))


def density_on(flow: Flow, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    values = log_prob(flow, jnp.asarray(points, jnp.float32))
    return np.exp(np.asarray(values, np.float64)).reshape(len(x), len(y))


def test_the_chain_is_couplings_and_norms_with_reversals_between_them() -> None:
    flow = eqx.filter_eval_shape(lambda: Flow.build(FlowConfig(), spec(2), jr.key(0)))
    assert [type(transform) for transform in flow.chain] == [AffineCoupling, ActNorm, Reverse] * 3 + [
        AffineCoupling,
        ActNorm,
    ]
    for transform in flow.chain[::3]:
        assert [layer.weight.shape for layer in transform.net.layers] == [(1, 200), (200, 100), (100, 2)]


def test_the_log_prob_is_base_plus_the_jacobian_of_the_whole_chain() -> None:
    with jax.enable_x64(True):
        flow, x = generic(Flow, CONFIG), data(20)
        jacobian = jax.jit(jax.vmap(jax.jacfwd(lambda row: forward(flow, row[None])[0])))(x)
        z = np.asarray(eqx.filter_jit(forward)(flow, x))
        expected = stats.norm.logpdf(z).sum(axis=-1) + np.linalg.slogdet(np.asarray(jacobian))[1]
        np.testing.assert_allclose(log_prob(flow, x), expected, rtol=1e-9)


def test_the_log_prob_is_that_of_the_published_description_in_numpy() -> None:
    with jax.enable_x64(True):
        flow, x = generic(Flow, CONFIG), data(20)
        z, log_det = numpy_flow(flow, np.asarray(x))
        np.testing.assert_allclose(log_prob(flow, x), stats.norm.logpdf(z).sum(axis=-1) + log_det, rtol=1e-9)


def test_samples_pushed_forward_are_the_noise_that_they_came_from() -> None:
    with jax.enable_x64(True):
        flow = generic(Flow, CONFIG)
        x = sample(flow, jr.key(4), 50)
        noise = jr.normal(jr.key(4), (50, 2))
        np.testing.assert_allclose(eqx.filter_jit(forward)(flow, x), noise, atol=1e-9)


def test_the_first_batch_comes_out_of_every_norm_standardised(started: Flow, batch: jax.Array) -> None:
    x, seen = batch, 0
    for transform in started.chain:
        x, _ = transform.forward(x)
        if isinstance(transform, ActNorm):
            values = np.asarray(x, np.float64)
            np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-4)
            np.testing.assert_allclose(values.std(axis=0, ddof=1), 1, atol=1e-4)
            seen += 1
    assert seen == 4


def test_the_first_batch_changes_norms_only(started: Flow) -> None:
    for before, after in zip(generic(Flow, CONFIG, seed=0, scale=0.3).chain, started.chain, strict=True):
        assert eqx.tree_equal(before, after) is not isinstance(before, ActNorm)


@pytest.mark.parametrize("scale", [0.0, 0.1, 0.3])
def test_the_density_integrates_to_one(started: Flow, scale: float) -> None:
    flow = perturbed(started, scale)
    x, y = grid_of(np.asarray(sample(flow, jr.key(5), SAMPLES)), 200)
    mass = trapezoid(trapezoid(density_on(flow, x, y), y, axis=1), x)
    assert mass == pytest.approx(1, abs=1e-3)


def test_samples_pushed_forward_are_standard_normal(started: Flow) -> None:
    flow = perturbed(started, 0.1)
    z = np.asarray(eqx.filter_jit(forward)(flow, sample(flow, jr.key(5), SAMPLES)))
    assert min(stats.kstest(column, "norm").pvalue for column in z.T) > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 5 / np.sqrt(SAMPLES)


@pytest.mark.parametrize("scale", [0.0, 0.3])
def test_samples_fall_into_cells_as_often_as_the_density_says(started: Flow, scale: float) -> None:
    """Pearson's χ² over a 20 × 20 partition; a fair sampler fails with probability 0.001."""
    flow = perturbed(started, scale)
    draws = np.asarray(sample(flow, jr.key(5), SAMPLES))
    cells, per_cell = 20, 20
    edges = grid_of(draws, cells + 1)
    steps = [(edge[-1] - edge[0]) / (cells * per_cell) for edge in edges]
    middles = [e[0] + step * (np.arange(cells * per_cell) + 0.5) for e, step in zip(edges, steps, strict=True)]
    density = density_on(flow, *middles)
    expected = SAMPLES * np.prod(steps) * density.reshape(cells, per_cell, cells, per_cell).sum(axis=(1, 3))
    observed, _, _ = np.histogram2d(*draws.T, bins=edges)
    often = expected > 10
    rest = SAMPLES - observed[often].sum(), SAMPLES - expected[often].sum()
    result = stats.chisquare([*observed[often], rest[0]], [*expected[often], rest[1]])
    assert result.pvalue > 1e-3


def test_the_loss_is_the_exact_negative_log_likelihood() -> None:
    flow, x = generic(Flow, CONFIG), data(5)
    exact = log_prob(flow, x)
    for training in (False, True):
        loss, after = eqx.filter_jit(loss_of)(flow, x, jr.key(0), training)
        np.testing.assert_allclose(loss.loss, -exact, rtol=1e-5)
        np.testing.assert_array_equal(loss.objective, loss.loss)
        assert eqx.tree_equal(after, flow)
    assert Flow.measure(CONFIG) == EXACT
