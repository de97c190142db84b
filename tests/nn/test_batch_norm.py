"""Batch normalisation against its formula and its running statistics against NumPy in float64."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genconv.nn.normalization import BatchNorm

FEATURES = 3
EPSILON = 1e-5


@pytest.fixture
def layer() -> BatchNorm:
    scale, shift = jnp.array([0.5, 1.0, -2.0]), jnp.array([1.0, 0.0, -3.0])
    return eqx.tree_at(lambda norm: (norm.scale, norm.shift), BatchNorm(FEATURES), (scale, shift))


def batch(seed: int, size: int) -> jax.Array:
    noise = np.random.default_rng(seed).standard_normal((size, FEATURES))
    return jnp.asarray(5 + np.array([0.1, 1.0, 10.0]) * noise, jnp.float32)


@eqx.filter_jit
def train(layer: BatchNorm, x: jax.Array) -> tuple[jax.Array, BatchNorm]:
    return layer.train(x)


@eqx.filter_jit
def slope(layer: BatchNorm, x: jax.Array) -> jax.Array:
    return jax.grad(lambda x: jnp.sum(layer.train(x)[0] ** 2))(x)


def normalised(layer: BatchNorm, x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.asarray(layer.scale) * (x - mean) / np.sqrt(variance + EPSILON) + np.asarray(layer.shift)


def test_training_normalises_by_the_mean_and_biased_variance_of_the_batch(layer: BatchNorm) -> None:
    x = batch(0, 9)
    y, _ = train(layer, x)
    exact = np.asarray(x, np.float64)
    # float32 spends its digits on the mean of 5, and the first feature deviates by 0.1 only
    np.testing.assert_allclose(y, normalised(layer, exact, exact.mean(axis=0), exact.var(axis=0)), atol=1e-4)


def test_the_derivatives_are_those_of_the_formula(layer: BatchNorm) -> None:
    x, seen = batch(1, 9), jnp.asarray(np.random.default_rng(2).standard_normal((9, FEATURES)), jnp.float32)

    def formula(layer: BatchNorm, x: jax.Array) -> jax.Array:
        centred = x - x.mean(axis=0)
        return layer.scale * centred / jnp.sqrt(jnp.mean(centred**2, axis=0) + EPSILON) + layer.shift

    found = jax.grad(lambda both: jnp.sum(seen * both[0].train(both[1])[0]))((layer, x))
    expected = jax.grad(lambda both: jnp.sum(seen * formula(*both)))((layer, x))
    for name in ("scale", "shift"):
        np.testing.assert_allclose(getattr(found[0], name), getattr(expected[0], name), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-3, atol=1e-4)


def test_running_statistics_follow_momentum_one_tenth_and_the_unbiased_variance(layer: BatchNorm) -> None:
    mean, variance = np.zeros(FEATURES), np.ones(FEATURES)
    for seed, size in enumerate([9, 2, 9, 9]):
        x = batch(seed, size)
        _, layer = train(layer, x)
        exact = np.asarray(x, np.float64)
        mean = 0.9 * mean + 0.1 * exact.mean(axis=0)
        variance = 0.9 * variance + 0.1 * exact.var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.mean.value, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.variance.value, variance, rtol=1e-4)


def test_evaluation_normalises_by_the_running_statistics_whatever_the_batch(layer: BatchNorm) -> None:
    _, layer = train(layer, batch(0, 9))
    x = batch(1, 5)
    mean, variance = np.asarray(layer.mean.value), np.asarray(layer.variance.value)
    expected = normalised(layer, np.asarray(x, np.float64), mean, variance)
    np.testing.assert_allclose(layer.evaluate(x), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(layer.evaluate(x[:1]), expected[:1], rtol=1e-5, atol=1e-5)


def test_a_new_layer_is_the_identity_in_evaluation_up_to_epsilon() -> None:
    x = batch(0, 5)
    np.testing.assert_allclose(BatchNorm(FEATURES).evaluate(x), x, rtol=1e-5)


def test_training_leaves_the_original_layer_and_its_trainable_arrays_as_they_were(layer: BatchNorm) -> None:
    before = jax.tree.map(np.array, layer)
    _, moved = train(layer, batch(0, 9))
    assert eqx.tree_equal(jax.tree.map(np.array, layer), before)
    assert eqx.tree_equal((moved.scale, moved.shift), (layer.scale, layer.shift))


def test_the_outputs_of_evaluation_in_the_long_run_are_standardised() -> None:
    """After n batches the start counts 0.9ⁿ; the running mean has a standard error of sd · √(0.1/1.9/256)."""
    norm = BatchNorm(FEATURES)
    for seed in range(100):
        _, norm = train(norm, batch(seed, 256))
    y = np.asarray(norm.evaluate(batch(999, 20_000)))
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=5 * (np.sqrt(0.1 / 1.9 / 256) + 1 / np.sqrt(20_000)))
    np.testing.assert_allclose(y.std(axis=0), 1, atol=0.1)


def test_a_batch_of_one_gives_finite_outputs_statistics_and_gradients(layer: BatchNorm) -> None:
    x = batch(0, 1)
    y, moved = train(layer, x)
    np.testing.assert_allclose(y, layer.shift[None])
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in [slope(layer, x), *jax.tree.leaves(moved)])


def test_a_constant_feature_gives_finite_outputs_and_gradients(layer: BatchNorm) -> None:
    x = jnp.full((9, FEATURES), 3.0)
    y, _ = train(layer, x)
    np.testing.assert_allclose(y, jnp.broadcast_to(layer.shift, x.shape), atol=1e-5)
    assert bool(jnp.all(jnp.isfinite(slope(layer, x))))
