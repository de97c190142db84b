"""MADE: probabilities of all binary images sum to one, densities of points integrate to one, samples follow them."""

from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic
from scipy import stats
from scipy.integrate import trapezoid

from genconv.models.made import MADE, MADEConfig

IMAGES = jnp.asarray(list(product([0.0, 1.0], repeat=9)), jnp.float32).reshape(-1, 3, 3)


@pytest.fixture(scope="module", params=[((16, 12), False), ((4, 3), True)], ids=["wide", "narrow and direct"])
def of_images(request: pytest.FixtureRequest) -> MADE:
    hidden, direct = request.param
    made: MADE = generic(MADE, MADEConfig(hidden=hidden, direct=direct), dim=(3, 3), scale=0.8)
    return made


@pytest.fixture(scope="module")
def probabilities(of_images: MADE) -> np.ndarray:
    return np.exp(np.asarray(eqx.filter_jit(of_images.log_prob)(IMAGES), np.float64))


def test_the_probabilities_of_all_binary_images_sum_to_one(probabilities: np.ndarray) -> None:
    assert len(probabilities) == 512
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert probabilities.max() > 10 * probabilities.min()


def test_samples_are_as_frequent_as_the_probabilities_say(of_images: MADE, probabilities: np.ndarray) -> None:
    """Pearson's χ² over all images, the rare ones together."""
    count = 20_000
    drawn = np.asarray(eqx.filter_jit(lambda made: made.sample(jr.key(0), count))(of_images)).reshape(count, 9)
    observed = np.bincount((drawn @ 2 ** np.arange(9)[::-1]).astype(int), minlength=512)
    expected, often = count * probabilities, count * probabilities > 8
    both = [[*numbers[often], numbers[~often].sum()] for numbers in (observed, expected * count / expected.sum())]
    assert stats.chisquare(*both).pvalue > 1e-3


def test_what_is_expected_are_the_conditional_probabilities(of_images: MADE) -> None:
    drawn, expected = eqx.filter_jit(lambda made: (made.sample(jr.key(0), 5), made.expected_sample(jr.key(0), 5)))(
        of_images
    )
    flat, terms = drawn.reshape(5, 9), expected.reshape(5, 9)
    log_prob = jnp.sum(jnp.log(jnp.where(flat == 1, terms, 1 - terms)), axis=1)
    np.testing.assert_allclose(log_prob, eqx.filter_jit(of_images.log_prob)(drawn), rtol=1e-4)


def test_the_density_of_points_integrates_to_one_and_samples_follow_it() -> None:
    made = generic(MADE, MADEConfig(hidden=(6,), components=3), scale=0.4)
    axis = np.linspace(-15, 15, 601)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = eqx.filter_jit(made.log_prob)(jnp.asarray(points, jnp.float32))
    density = np.exp(np.asarray(log_density, np.float64)).reshape(601, 601)
    columns = trapezoid(density, axis, axis=0)
    assert trapezoid(columns, axis) == pytest.approx(1, abs=1e-3)
    x = np.asarray(eqx.filter_jit(lambda made: made.sample(jr.key(2), 20_000))(made))
    cumulated = np.concatenate([[0], np.cumsum(0.5 * (columns[1:] + columns[:-1]) * np.diff(axis))])
    assert stats.kstest(x[:, 1], lambda value: np.interp(value, axis, cumulated)).pvalue > 1e-3


def test_a_pass_of_the_net_agrees_with_the_numbers_drawn_one_after_another() -> None:
    """The sampler keeps what the first layer makes; the density of its draws is that of one pass."""
    made = generic(MADE, MADEConfig(hidden=(7, 6), components=2), dim=4, scale=0.4)
    x, means = eqx.filter_jit(lambda made: (made.sample(jr.key(0), 6), made.expected_sample(jr.key(0), 6)))(made)
    raw = made.net(x)
    logits, locations, _ = jnp.split(raw, 3, axis=-1)
    np.testing.assert_allclose(means, jnp.sum(jax.nn.softmax(logits) * locations, axis=-1), rtol=1e-4, atol=1e-5)
