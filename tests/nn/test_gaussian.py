"""Diagonal Gaussians against SciPy's normal distribution and quadrature."""

from math import exp, sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from genconv.nn.gaussian import LOG_VARIANCE_BOUND, Gaussian, GaussianHead, standard

BATCH, DIM = 4, 3
DRAWS = 20_000


def gaussian(seed: int) -> Gaussian:
    return Gaussian(2 * normals(seed, BATCH, DIM), normals(seed + 100, BATCH, DIM))


def normals(seed: int, *shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape), jnp.float32)


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    """Draws from `gaussian(0)`, shape (draws, batch, dim)."""
    return np.asarray(jax.jit(jax.vmap(gaussian(0).sample))(jr.split(jr.key(5), DRAWS)))


def moments(g: Gaussian) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(g.mean, np.float64), np.exp(0.5 * np.asarray(g.log_variance, np.float64))


def kl_by_quadrature(mean1: float, sd1: float, mean2: float, sd2: float) -> float:
    p, q = stats.norm(mean1, sd1), stats.norm(mean2, sd2)
    integral, _ = quad(
        lambda z: p.pdf(z) * (p.logpdf(z) - q.logpdf(z)), mean1 - 12 * sd1, mean1 + 12 * sd1, epsabs=1e-9
    )
    return integral


def test_the_log_density_is_scipys_summed_over_dimensions() -> None:
    g, z = gaussian(0), 3 * normals(9, BATCH, DIM)
    mean, sd = moments(g)
    expected = stats.norm.logpdf(np.asarray(z, np.float64), mean, sd).sum(axis=-1)
    np.testing.assert_allclose(jax.jit(g.log_prob)(z), expected, rtol=1e-5)


def test_the_kl_is_the_integral_of_p_times_the_log_ratio() -> None:
    g, h = gaussian(0), gaussian(1)
    by_hand = np.vectorize(kl_by_quadrature)(*moments(g), *moments(h)).sum(axis=-1)
    np.testing.assert_allclose(jax.jit(g.kl)(h), by_hand, rtol=1e-5)


def test_the_kl_to_the_standard_normal_is_the_textbook_formula() -> None:
    g = gaussian(2)
    mean, sd = moments(g)
    expected = 0.5 * (mean**2 + sd**2 - np.log(sd**2) - 1).sum(axis=-1)
    np.testing.assert_allclose(jax.jit(g.kl)(standard(BATCH, DIM)), expected, rtol=1e-5)


def test_the_kl_from_itself_is_zero() -> None:
    np.testing.assert_array_equal(jax.jit(gaussian(0).kl)(gaussian(0)), 0)


def test_the_mean_log_ratio_of_samples_is_the_kl(draws: np.ndarray) -> None:
    g, h = gaussian(0), gaussian(1)
    ratio = jax.jit(jax.vmap(lambda z: g.log_prob(z) - h.log_prob(z)))
    ratios = np.asarray(ratio(draws), np.float64)
    standard_error = ratios.std(axis=0) / sqrt(DRAWS)
    assert np.all(np.abs(ratios.mean(axis=0) - np.asarray(g.kl(h))) < 5 * standard_error)


def test_samples_have_the_mean_the_deviation_and_the_shape_of_the_normal(draws: np.ndarray) -> None:
    mean, sd = moments(gaussian(0))
    standardised = (draws - mean) / sd
    assert np.abs(standardised.mean(axis=0)).max() < 5 / sqrt(DRAWS)
    assert np.abs((standardised**2).mean(axis=0) - 1).max() < 5 * sqrt(2 / DRAWS)
    # twelve tests: a fair sampler fails one of them with probability 0.0012
    assert min(stats.kstest(column, "norm").pvalue for column in standardised.reshape(DRAWS, -1).T) > 1e-4


def test_samples_of_different_dimensions_and_examples_are_independent(draws: np.ndarray) -> None:
    correlations = np.corrcoef(draws.reshape(DRAWS, -1).T) - np.eye(BATCH * DIM)
    assert np.abs(correlations).max() < 5 / sqrt(DRAWS)


def test_a_sample_moves_with_the_mean_and_with_the_deviation() -> None:
    g, key = gaussian(0), jr.key(6)

    def sample(mean_shift: jax.Array, log_shift: jax.Array) -> jax.Array:
        return Gaussian(g.mean + mean_shift, g.log_variance + log_shift).sample(key)

    by_mean, by_log_variance = jax.jit(jax.jacfwd(sample, (0, 1)))(jnp.array(0.0), jnp.array(0.0))
    np.testing.assert_allclose(by_mean, 1, rtol=1e-6)
    # z = μ + σ ε and dσ/d log σ² = σ/2
    np.testing.assert_allclose(by_log_variance, 0.5 * (np.asarray(g.sample(key)) - moments(g)[0]), atol=1e-5)


def test_the_standard_normal_has_mean_zero_and_variance_one() -> None:
    mean, sd = moments(standard(BATCH, DIM))
    assert mean.shape == (BATCH, DIM)
    np.testing.assert_array_equal(mean, 0)
    np.testing.assert_array_equal(sd, 1)


@pytest.mark.parametrize("variance", ["softplus", "free"])
def test_a_head_maps_features_to_mean_and_log_variance(variance: str) -> None:
    head = GaussianHead(5, DIM, jr.key(7), variance)  # type: ignore[arg-type]
    h = 3 * normals(8, BATCH, 5)
    exact = np.asarray(h, np.float64)
    raw = exact @ np.asarray(head.log_variance.weight, np.float64)
    mean, log_variance = eqx.filter_jit(head)(h)
    np.testing.assert_allclose(mean, exact @ np.asarray(head.mean.weight, np.float64), rtol=1e-4, atol=1e-5)
    expected = np.log1p(np.exp(raw)) if variance == "softplus" else raw
    np.testing.assert_allclose(log_variance, expected, rtol=1e-4, atol=1e-5)


def test_softplus_keeps_every_deviation_at_one_or_more() -> None:
    head = GaussianHead(5, DIM, jr.key(7), "softplus")
    assert float(head(1000 * normals(8, 200, 5)).log_variance.min()) >= 0


def test_a_free_log_variance_is_bounded_against_overflow_only() -> None:
    head = GaussianHead(5, DIM, jr.key(7), "free")
    log_variance = np.asarray(head(1000 * normals(8, 200, 5)).log_variance)
    assert log_variance.min() == -LOG_VARIANCE_BOUND
    assert log_variance.max() == LOG_VARIANCE_BOUND
    assert np.isfinite(np.float32(exp(LOG_VARIANCE_BOUND)))


def test_the_two_maps_of_a_head_start_from_different_numbers() -> None:
    head = GaussianHead(5, DIM, jr.key(7), "free")
    assert not np.any(np.asarray(head.mean.weight) == np.asarray(head.log_variance.weight))
