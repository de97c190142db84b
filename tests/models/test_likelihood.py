"""The decoder's likelihoods against SciPy's."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.models.likelihood import (
    SCALE_FLOOR,
    Bernoulli,
    Discretized,
    DiscretizedLogistic,
    DiscretizedNormal,
    Head,
    Normal,
    likelihood_of,
)

HEADS = pytest.mark.parametrize("head", ["sigmoid", "linear"])


def raw(rows: int = 6) -> jax.Array:
    return jnp.asarray(3 * np.random.default_rng(0).standard_normal((rows, 4)), jnp.float32)


def expected_parameters(head: Head) -> tuple[np.ndarray, np.ndarray]:
    exact = np.asarray(raw(), np.float64)
    if head == "sigmoid":
        return expit(exact[:, :2]), expit(exact[:, 2:])
    return exact[:, :2], np.log1p(np.exp(exact[:, 2:])) + 0.001


def test_the_sigmoid_head_puts_means_and_deviations_between_zero_and_one() -> None:
    mean, deviation = Normal((2,), "sigmoid").parameters(jnp.linspace(-10, 10, 40).reshape(10, 4))
    for values in (mean, deviation):
        assert 0 < float(values.min()) < float(values.max()) < 1


def test_the_linear_head_leaves_means_free_and_deviations_above_their_floor() -> None:
    mean, deviation = Normal((2,), "linear").parameters(jnp.array([[-1e4, 1e4, -1e4, 1e4]]))
    np.testing.assert_array_equal(mean, [[-1e4, 1e4]])
    np.testing.assert_allclose(deviation, [[SCALE_FLOOR, 1e4]], rtol=1e-6)
    assert SCALE_FLOOR > 0


@HEADS
def test_the_first_half_of_the_outputs_are_means_and_the_second_deviations(head: Head) -> None:
    for found, expected in zip(Normal((2,), head).parameters(raw()), expected_parameters(head), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@HEADS
def test_the_log_density_is_scipys_summed_over_coordinates(head: Head) -> None:
    x = np.random.default_rng(1).standard_normal((6, 2)).astype(np.float32)
    expected = stats.norm.logpdf(x, *expected_parameters(head)).sum(axis=-1)
    np.testing.assert_allclose(Normal((2,), head).log_prob(jnp.asarray(x), raw()), expected, rtol=1e-5)


@HEADS
def test_samples_follow_the_normal(head: Head) -> None:
    sample = jax.jit(jax.vmap(lambda key: Normal((2,), head).sample(key, raw())))
    draws = np.asarray(sample(jr.split(jr.key(0), 5000)))
    mean, deviation = expected_parameters(head)
    columns = ((draws - mean) / deviation).reshape(5000, -1).T
    # twelve tests: a fair sampler fails one of them with probability 0.0012
    assert min(stats.kstest(column, "norm").pvalue for column in columns) > 1e-4


IMAGES = np.random.default_rng(2).integers(0, 2, (5, 3, 4)).astype(np.float32)
LOGITS = 4 * np.random.default_rng(3).standard_normal((5, 12)).astype(np.float32)


def test_the_data_choose_the_likelihood() -> None:
    points, binary = DataSpec("points", (2,), "continuous"), DataSpec("images", (3, 4), "binary")
    colours = DataSpec("images", (3, 4, 3), "discrete")
    assert likelihood_of(points, "linear") == Normal((2,), "linear")
    assert likelihood_of(binary, "sigmoid") == Bernoulli((3, 4), "sigmoid")
    assert likelihood_of(colours, "linear") == DiscretizedLogistic((3, 4, 3), "linear")
    assert likelihood_of(colours, "linear", "normal") == DiscretizedNormal((3, 4, 3), "linear")
    assert (Normal((2,), "linear").outputs, Bernoulli((3, 4), "linear").outputs) == (4, 12)
    assert likelihood_of(colours, "linear").outputs == 72
    with pytest.raises(
        InputError, match=r"model\.likelihood = 'bernoulli': must be auto or logistic or normal for discr"
    ):
        likelihood_of(colours, "linear", "bernoulli")


DISCRETIZED = pytest.mark.parametrize(
    ("likelihood", "scipys"), [(DiscretizedLogistic, stats.logistic), (DiscretizedNormal, stats.norm)]
)
LEVELS = np.arange(256) / 255


@HEADS
@DISCRETIZED
def test_levels_have_the_mass_that_scipy_gives_them(likelihood: type[Discretized], scipys: Any, head: Head) -> None:
    """At each of 256 levels: sharp, broad, and centred outside of all levels."""
    outputs = np.array([[0.3, -5.0], [0.5, -1.0], [0.9, 3.0], [-1.0, -2.0], [1.4, -3.0], [0.2, 0.5]], np.float32)
    one, levels = likelihood((1,), head), jnp.asarray(LEVELS, jnp.float32)[:, None]
    found = np.stack([one.log_prob(levels, jnp.tile(raw, (256, 1))) for raw in outputs])
    location, scale = (np.asarray(part, np.float64) for part in one.parameters(jnp.asarray(outputs)))
    np.testing.assert_allclose(np.exp(np.asarray(found, np.float64)).sum(axis=1), 1, rtol=1e-4)
    law = scipys(location, scale)
    edges = (np.arange(257) - 0.5) / 255
    below, above = law.cdf(edges), law.sf(edges)
    inside = np.where(edges[1:] > location, above[:, :-1] - above[:, 1:], below[:, 1:] - below[:, :-1])
    mass = np.concatenate([below[:, 1:2], inside[:, 1:-1], above[:, -2:-1]], axis=1)
    seen = mass > 1e-30
    np.testing.assert_allclose(found[seen], np.log(mass[seen]), rtol=1e-3, atol=1e-3)


@DISCRETIZED
def test_no_level_and_no_parameter_gives_a_loss_without_gradient(
    likelihood: type[Discretized], scipys: Any, full_optimisation: None
) -> None:
    del scipys
    locations, scales = (part.ravel() for part in np.meshgrid([-30.0, 0.0, 0.5, 1.0, 30.0], [-60.0, -3.0, 0.0, 60.0]))
    raw = jnp.asarray(np.stack([locations, scales], axis=1), jnp.float32)
    total = jax.jit(jax.value_and_grad(lambda raw, x: jnp.sum(likelihood((1,), "linear").log_prob(x, raw))))
    for level in (0, 1, 128, 254, 255):
        loss, gradient = total(raw, jnp.full((len(raw), 1), level / 255, jnp.float32))
        assert np.isfinite(loss)
        assert np.isfinite(gradient).all()


@DISCRETIZED
def test_samples_are_levels_with_their_frequencies(likelihood: type[Discretized], scipys: Any) -> None:
    del scipys
    one, raw = likelihood((1,), "linear"), jnp.array([[0.98, -4.0]])
    draws = np.asarray(one.sample(jr.key(0), jnp.tile(raw, (40_000, 1)))).ravel()
    frequencies = np.bincount(np.rint(255 * draws).astype(int), minlength=256) / len(draws)
    np.testing.assert_allclose(np.rint(255 * draws) / 255, draws, atol=1e-6)
    expected = np.exp(one.log_prob(jnp.asarray(LEVELS, jnp.float32)[:, None], jnp.tile(raw, (256, 1))))
    np.testing.assert_allclose(frequencies, expected, atol=5 * np.sqrt(0.25 / len(draws)))


@HEADS
def test_the_bernoulli_is_scipys_summed_over_pixels(head: Head) -> None:
    expected = stats.bernoulli.logpmf(IMAGES.reshape(5, 12), expit(LOGITS.astype(np.float64))).sum(axis=-1)
    found = Bernoulli((3, 4), head).log_prob(jnp.asarray(IMAGES), jnp.asarray(LOGITS))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@HEADS
def test_saturated_pixels_have_finite_losses_and_gradients(head: Head, full_optimisation: None) -> None:
    raw = jnp.linspace(-200, 200, 1200).reshape(100, 12)
    likelihood = Bernoulli((3, 4), head)
    for value in (0.0, 0.3, 1.0):
        x = jnp.full((100, 3, 4), value)
        total = jax.jit(jax.value_and_grad(lambda raw, x=x: jnp.sum(likelihood.log_prob(x, raw))))
        loss, gradient = total(raw)
        assert np.isfinite(loss)
        assert np.all(np.isfinite(gradient))


def test_the_published_bernoulli_ends_at_the_logarithm_of_its_offset() -> None:
    worst = Bernoulli((1, 1), "sigmoid").log_prob(jnp.zeros((1, 1, 1)), jnp.array([[60.0]]))
    np.testing.assert_allclose(worst, np.log(1e-8), rtol=1e-5)


def test_the_published_bernoulli_has_the_gradient_that_float32_leaves(full_optimisation: None) -> None:
    """r(1 − r)/(1 − r + 10⁻⁸) with r and 1 − r rounded: 0 as soon as r is 1, nearly 1 on the other side."""
    raw = np.linspace(-30, 30, 241, dtype=np.float32)
    r = (1 / (1 + np.exp(-raw))).astype(np.float32)
    expected = r * (1 - r) / ((1 - r) + np.float32(1e-8))
    likelihood = Bernoulli((1, 1), "sigmoid")
    loss = jax.jit(jax.grad(lambda raw: -jnp.sum(likelihood.log_prob(jnp.zeros((241, 1, 1)), raw[:, None]))))
    np.testing.assert_allclose(loss(jnp.asarray(raw)), expected, atol=0.12)
    assert np.all(loss(jnp.asarray(raw))[raw > 18] == 0)


@HEADS
def test_bernoulli_samples_have_their_mean(head: Head) -> None:
    likelihood = Bernoulli((3, 4), head)
    draws = np.asarray(
        jax.jit(jax.vmap(lambda key: likelihood.sample(key, jnp.asarray(LOGITS))))(jr.split(jr.key(0), 4000))
    )
    assert set(np.unique(draws)) == {0, 1}
    np.testing.assert_allclose(draws.mean(axis=0), likelihood.mean(jnp.asarray(LOGITS)), atol=0.04)
    np.testing.assert_allclose(likelihood.mean(jnp.asarray(LOGITS)), expit(LOGITS).reshape(5, 3, 4), rtol=1e-5)
