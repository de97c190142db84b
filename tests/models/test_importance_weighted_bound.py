"""The importance-weighted bound climbs from the ELBO to the exact log-density (arXiv 1509.00519, theorem 1)."""

from itertools import pairwise
from typing import Any, get_args

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
import pytest
from model_building import data, small
from monte_carlo import assert_log_mean_is, assert_mean_is, draws
from scipy.special import logsumexp
from test_ladder_vae import evidence as ladder_evidence_of
from test_vae import evidence, expected_bound

from genconv.models.ladder_vae import LadderVAE
from genconv.models.vae import VAE
from genconv.protocols import Protocol
from genconv.training.evaluation import importance_weighted_bounds

ROWS = 3
REPEATS = 6000
COUNTS = (1, 4, 32)


def bound(model: Any, key: jax.Array, count: int) -> jax.Array:
    return importance_weighted_bounds(model, data(ROWS), key, count)["importance_weighted"]


@pytest.fixture(scope="module")
def vae() -> VAE:
    return small(VAE, "corrected", hidden=(5, 4), latent=1)


@pytest.fixture(scope="module")
def bounds(vae: VAE) -> dict[int, np.ndarray]:
    """Independent bounds for every count, shape (repeats, batch)."""

    @eqx.filter_jit
    def repeated(keys: jax.Array, count: int) -> jax.Array:
        return jax.vmap(lambda key: bound(vae, key, count))(keys)

    return {count: np.asarray(repeated(jr.split(jr.key(count), REPEATS), count), np.float64) for count in COUNTS}


def test_one_sample_gives_the_elbo_on_average(vae: VAE, bounds: dict[int, np.ndarray]) -> None:
    assert_mean_is(bounds[1], np.array([expected_bound(vae, x) for x in np.asarray(data(ROWS))]))


def test_more_samples_raise_the_mean_bound_and_never_above_the_density(vae: VAE, bounds: dict[int, np.ndarray]) -> None:
    exact = np.array([evidence(vae, x) for x in np.asarray(data(ROWS))])
    means = [bounds[count].mean(axis=0) for count in COUNTS]
    errors = [bounds[count].std(axis=0) / np.sqrt(REPEATS) for count in COUNTS]
    for low, high in pairwise(range(len(COUNTS))):
        assert np.all(means[high] - means[low] > 3 * np.hypot(errors[low], errors[high]))
    assert np.all(means[-1] < exact + 5 * errors[-1])


@pytest.mark.parametrize("count", COUNTS[1:])
def test_the_exponential_of_the_bound_averages_to_the_density(
    vae: VAE, bounds: dict[int, np.ndarray], count: int
) -> None:
    exact = np.array([evidence(vae, x) for x in np.asarray(data(ROWS))])
    assert_log_mean_is(bounds[count], exact)


@pytest.mark.parametrize("protocol", get_args(Protocol))
def test_many_samples_reach_the_exact_log_density(protocol: Protocol) -> None:
    count = 4000
    models = [
        small(VAE, protocol, hidden=(5, 4), latent=1),
        small(LadderVAE, protocol, hidden=(5, 4), latent=(1, 1)),
    ]
    exact = [np.array([evidence(models[0], x) for x in np.asarray(data(ROWS))]), ladder_evidence_of(models[1])]
    for model, expected in zip(models, exact, strict=True):
        found = eqx.filter_jit(bound)(model, jr.key(8), count)
        weights = np.exp(draws(model, data(ROWS)).log_weights - expected)
        error = weights.std(axis=0) / np.sqrt(count)
        assert np.all(np.abs(np.asarray(found) - expected) < 5 * error + 1e-4)


def test_the_quarter_is_of_the_first_quarter_of_the_same_draws(vae: VAE) -> None:
    """Draws of a few keys are the same alone: jr.split(key, 8)[:2] are the quarter's keys."""
    found = eqx.filter_jit(importance_weighted_bounds)(vae, data(ROWS), jr.key(3), 8)
    weights = jax.vmap(lambda key: vae.log_weights(data(ROWS), key))(jr.split(jr.key(3), 8))
    for name, count in (("importance_weighted", 8), ("importance_weighted_quarter", 2)):
        expected = logsumexp(np.asarray(weights[:count]), axis=0) - np.log(count)
        np.testing.assert_allclose(found[name], expected, rtol=1e-5)
    assert importance_weighted_bounds(vae, data(ROWS), jr.key(3), 3).keys() == {"importance_weighted"}
