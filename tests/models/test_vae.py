"""The VAE with one latent dimension against quadrature over it, under both protocols."""

from typing import Any, get_args

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
import pytest
from model_building import data, small
from monte_carlo import Draws, assert_log_mean_is, assert_mean_is, draws
from numpy_models import divergence, log_normal, vae_decoder, vae_posterior
from scipy import stats
from scipy.integrate import quad

from genconv.config.protocols import Protocol
from genconv.models.vae import VAE, VAEConfig

ROWS = 3
X = np.asarray(data(ROWS))
PROTOCOLS = get_args(Protocol)


@pytest.fixture(scope="module", params=PROTOCOLS)
def model(request: pytest.FixtureRequest) -> VAE:
    return small(VAE, request.param, hidden=(5, 4), latent=1)


@pytest.fixture(scope="module")
def drawn(model: VAE) -> Draws:
    return draws(model, data(ROWS))


def log_joint(model: VAE, x: np.ndarray, z: float) -> float:
    """log p(x|z) + log p(z)."""
    point = np.array([[z]])
    return float(log_normal(x[None], vae_decoder(model, point))[0]) + stats.norm.logpdf(z)


def evidence(model: VAE, x: np.ndarray) -> float:
    integral, _ = quad(lambda z: np.exp(log_joint(model, x, z)), -10, 10, epsabs=1e-12, epsrel=1e-8, limit=200)
    return float(np.log(integral))


def expected_bound(model: VAE, x: np.ndarray) -> float:
    """E_q[log p(x|z) + log p(z) − log q(z|x)]."""
    mean, sd = (float(values[0, 0]) for values in vae_posterior(model, x[None]))
    q = stats.norm(mean, sd)
    integral, _ = quad(
        lambda z: q.pdf(z) * (log_joint(model, x, z) - q.logpdf(z)), mean - 8 * sd, mean + 8 * sd, epsrel=1e-7
    )
    return float(integral)


def test_the_posterior_is_the_published_encoder_in_numpy(model: VAE) -> None:
    q = model.encode(data(ROWS))
    mean, sd = vae_posterior(model, X)
    np.testing.assert_allclose(q.mean, mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q.log_variance, 2 * np.log(sd), rtol=1e-4, atol=1e-5)


def test_the_mean_loss_is_the_negative_bound_by_quadrature(model: VAE, drawn: Draws) -> None:
    expected = np.array([expected_bound(model, x) for x in X])
    assert_mean_is(-(drawn.reconstruction + drawn.kl), expected)
    assert_mean_is(drawn.log_weights, expected)


def test_importance_weights_average_to_the_exact_density(model: VAE, drawn: Draws) -> None:
    exact = np.array([evidence(model, x) for x in X])
    assert_log_mean_is(drawn.log_weights, exact)
    assert np.all([expected_bound(model, x) for x in X] < exact)


def test_the_mean_divergence_is_the_closed_form(model: VAE, drawn: Draws) -> None:
    assert_mean_is(drawn.kl, divergence(vae_posterior(model, X), (np.zeros(1), np.ones(1))))


def test_samples_follow_the_marginal_by_quadrature(model: VAE) -> None:
    """KS of each coordinate at 0.001, and covariance; mixtures over a grid of z weighted by its normal density."""
    z = np.linspace(-8, 8, 801)
    weights = stats.norm.pdf(z) * (z[1] - z[0])
    mean, sd = vae_decoder(model, z[:, None])
    x = np.asarray(eqx.filter_jit(VAE.sample)(model, jr.key(3), 4000), np.float64)
    assert x.shape == (4000, 2)
    for axis in range(2):
        mixture = stats.norm(mean[:, axis], sd[:, axis])
        assert stats.kstest(x[:, axis], lambda t, mixture=mixture: mixture.cdf(t[:, None]) @ weights).pvalue > 1e-3
    centred = mean - weights @ mean
    covariance = weights @ centred.prod(axis=1)
    assert_mean_is((x - weights @ mean).prod(axis=1)[:, None], np.array([covariance]))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_sample_serves_reconstruction_and_sampled_divergence(protocol: Protocol) -> None:
    vae = small(VAE, protocol, hidden=(5, 4), latent=3)
    key = jr.key(7)
    terms, after = eqx.filter_jit(lambda m, x, k: m.terms(x, k, training=True))(vae, data(ROWS), key)
    q = vae_posterior(vae, X)
    z = q[0] + q[1] * np.asarray(jr.normal(key, (ROWS, 3)), np.float64)
    standard = (np.zeros(3), np.ones(3))
    by_sample, closed = log_normal(z, q) - log_normal(z, standard), divergence(q, standard)
    np.testing.assert_allclose(terms.kl, by_sample if protocol == "published" else closed, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(terms.reconstruction, -log_normal(X, vae_decoder(vae, z)), rtol=1e-4, atol=1e-5)
    assert eqx.tree_equal(after, vae)


@pytest.mark.parametrize(("protocol", "at_least_one"), [("published", True), ("corrected", False)])
def test_only_the_published_posterior_keeps_its_deviations_at_one_or_more(
    protocol: Protocol, at_least_one: bool
) -> None:
    vae = small(VAE, protocol, hidden=(5, 4), latent=3)
    smallest = float(vae.encode(10 * data(100)).log_variance.min())
    assert (smallest >= 0) is at_least_one


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_decoder_mirrors_the_encoder(protocol: Protocol) -> None:
    config: Any = VAE.recipe(protocol, "points").architecture.updated({"hidden": (3, 5, 7), "latent": 4})
    vae = eqx.filter_eval_shape(lambda: VAE.build(config, (2,), jr.key(0)))
    assert [layer.weight.shape for layer in vae.encoder.layers] == [(2, 3), (3, 5), (5, 7)]
    assert vae.posterior.mean.weight.shape == vae.posterior.log_variance.weight.shape == (7, 4)
    assert [layer.weight.shape for layer in vae.decoder.layers] == [(4, 7), (7, 5), (5, 3), (3, 4)]
    assert vae.decoder.activation is jax.nn.tanh


def test_the_protocols_differ_in_head_variance_and_divergence() -> None:
    assert VAE.recipe("published", "points").architecture == VAEConfig(
        hidden=(128, 128, 128), latent=4, head="sigmoid", variance="softplus", kl="sample"
    )
    assert VAE.recipe("corrected", "points").architecture == VAEConfig(
        hidden=(128, 128, 128), latent=4, head="linear", variance="free", kl="closed"
    )
