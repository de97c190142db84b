"""The VAE with one latent dimension against quadrature over it, under both protocols."""

from typing import Any, get_args

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
import pytest
from model_building import architecture, data, loss_of, small, spec
from monte_carlo import Draws, assert_log_mean_is, assert_mean_is, draws
from numpy_models import divergence, log_normal, vae_decoder, vae_posterior
from scipy import stats
from scipy.integrate import quad

from genconv.models.vae import VAE, VAEConfig
from genconv.protocols import Protocol

ROWS = 3
X = np.asarray(data(ROWS))
PROTOCOLS = get_args(Protocol)
terms = eqx.filter_jit(loss_of)


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
    assert_mean_is(-drawn.loss, expected)
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


def test_one_sample_serves_the_published_divergence_and_reconstruction() -> None:
    """log q(z|x) − log p(z) = −log σ − ε²/2 + (μ + σ ε)²/2 has two roots ε: one of them explains the reconstruction."""
    vae = small(VAE, "published", hidden=(5, 4), latent=1)
    found, _ = terms(vae, data(ROWS), jr.key(7), False)
    mean, sd = (values[:, 0] for values in vae_posterior(vae, X))
    for row in range(ROWS):
        m, s, kl = mean[row], sd[row], float(found.terms["kl"][row])
        roots = np.real(np.roots([0.5 * (s**2 - 1), m * s, 0.5 * m**2 - np.log(s) - kl]))
        candidates = -log_normal(X[[row, row]], vae_decoder(vae, (m + s * roots)[:, None]))
        assert np.abs(candidates - float(found.terms["reconstruction"][row])).min() < 1e-4


def test_the_corrected_divergence_is_the_closed_form_whatever_the_sample() -> None:
    vae = small(VAE, "corrected", hidden=(5, 4), latent=3)
    expected = divergence(vae_posterior(vae, X), (np.zeros(3), np.ones(3)))
    for seed in (0, 1):
        found, _ = terms(vae, data(ROWS), jr.key(seed), False)
        np.testing.assert_allclose(found.terms["kl"], expected, rtol=1e-4)


@pytest.mark.parametrize(("protocol", "at_least_one"), [("published", True), ("corrected", False)])
def test_only_the_published_posterior_keeps_its_deviations_at_one_or_more(
    protocol: Protocol, at_least_one: bool
) -> None:
    vae = small(VAE, protocol, hidden=(5, 4), latent=3)
    smallest = float(vae.encode(10 * data(100)).log_variance.min())
    assert (smallest >= 0) is at_least_one


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_decoder_mirrors_the_encoder(protocol: Protocol) -> None:
    config: Any = architecture(VAE, protocol, hidden=(3, 5, 7), latent=4)
    vae = eqx.filter_eval_shape(lambda: VAE.build(config, spec(2), jr.key(0)))
    assert [layer.weight.shape for layer in vae.encoder.layers] == [(2, 3), (3, 5), (5, 7)]
    assert vae.posterior.mean.weight.shape == vae.posterior.log_variance.weight.shape == (7, 4)
    assert [layer.weight.shape for layer in vae.decoder.layers] == [(4, 7), (7, 5), (5, 3), (3, 4)]
    assert vae.decoder.activation is jax.nn.tanh


def test_the_protocols_differ_in_head_variance_and_divergence() -> None:
    assert architecture(VAE, "published") == VAEConfig(
        hidden=(128, 128, 128), latent=4, head="sigmoid", variance="softplus", kl="sample", kl_warmup_epochs=100
    )
    assert architecture(VAE, "corrected") == VAEConfig(
        hidden=(128, 128, 128), latent=4, head="linear", variance="free", kl="closed", kl_warmup_epochs=5
    )
