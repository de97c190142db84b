"""The filterbank: its rows, what it reads and writes, and its derivative."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from jax.test_util import check_grads

from genconv.models.draw.attention import filterbank

SHARP = float(np.log(0.01))
"""log σ² at which a filter sees one pixel."""


def generic(batch: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).standard_normal((batch, 5)), dtype=float)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_every_row_sums_to_one_wherever_the_window_lies(scale: float) -> None:
    bank = filterbank(scale * generic(20), 4, (9, 7))
    assert bank.rows.shape == (20, 4, 9)
    assert bank.columns.shape == (20, 4, 7)
    for filters in (bank.rows, bank.columns):
        assert np.all(np.asarray(filters) >= 0)
        np.testing.assert_allclose(np.asarray(filters).sum(axis=-1), 1, rtol=1e-5)


def test_a_centred_window_of_full_size_reads_the_image_and_writes_it_back() -> None:
    image = jr.uniform(jr.key(0), (2, 6, 6))
    bank = filterbank(jnp.array([[0.0, 0.0, SHARP, 0.0, 0.0]] * 2), 6, (6, 6))
    np.testing.assert_allclose(bank.read(image), image, atol=1e-6)
    np.testing.assert_allclose(bank.write(image), image, atol=1e-6)
    np.testing.assert_allclose(bank.window, [[2.5, 2.5, 5.0]] * 2, rtol=1e-6)


def test_intensity_multiplies_what_is_read_and_divides_what_is_written() -> None:
    image = jr.uniform(jr.key(0), (1, 6, 6))
    bank = filterbank(jnp.array([[0.0, 0.0, SHARP, 0.0, np.log(3.0)]]), 6, (6, 6))
    np.testing.assert_allclose(bank.read(image), 3 * image, rtol=1e-5)
    np.testing.assert_allclose(bank.write(image), image / 3, rtol=1e-5)


def test_a_small_window_reads_the_pixels_under_it() -> None:
    """On 5 × 9 pixels with δ = 1: centre g_X = ½ · 10 · (g̃_X + 1) = 7 and g_Y = ½ · 6 · (g̃_Y + 1) = 2, from 1."""
    image = jr.uniform(jr.key(0), (1, 5, 9))
    bank = filterbank(jnp.array([[0.4, -1 / 3, SHARP, np.log(2 / 8), 0.0]]), 3, (5, 9))
    np.testing.assert_allclose(bank.window, [[6.0, 1.0, 2.0]], rtol=1e-5)
    np.testing.assert_allclose(bank.read(image), image[:, 0:3, 5:8], atol=1e-6)


def test_each_example_has_its_own_window() -> None:
    images, parameters = jr.uniform(jr.key(0), (3, 6, 5)), generic(3)
    together = filterbank(parameters, 3, (6, 5)).read(images)
    for row in range(3):
        alone = filterbank(parameters[row : row + 1], 3, (6, 5)).read(images[row : row + 1])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-5)


def test_derivatives_are_finite_differences() -> None:
    with jax.enable_x64(True):
        images, patches, parameters = jr.uniform(jr.key(0), (2, 6, 5)), jr.normal(jr.key(1), (2, 3, 3)), generic(2)

        def both(parameters: jax.Array, images: jax.Array, patches: jax.Array) -> jax.Array:
            parameters, images, patches = map(jnp.asarray, (parameters, images, patches))  # the checker's are NumPy's
            bank = filterbank(parameters, 3, (6, 5))
            return jnp.sum(jnp.sin(bank.read(images))) + jnp.sum(jnp.sin(bank.write(patches)))

        check_grads(both, (0.5 * parameters, images, patches), order=1, modes=["rev"], rtol=1e-6, atol=1e-7)


def test_values_and_derivatives_stay_finite_at_extreme_parameters() -> None:
    def total(parameters: jax.Array) -> jax.Array:
        return jnp.sum(filterbank(parameters, 3, (6, 5)).read(jnp.ones((8, 6, 5))))

    value, gradient = jax.value_and_grad(total)(100 * generic(8))
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(gradient))
