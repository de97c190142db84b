"""What is particular to the layers of image flows; what holds for every transform is tested for all together."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from scipy import stats
from transform_cases import CASES

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.convolution import InvertibleConvolution
from genconv.bijections.coupling import ConvolutionalCoupling
from genconv.bijections.reshape import Squeeze
from genconv.bijections.surjections import (
    Slice,
    UniformAugmentation,
    UniformDequantization,
    standard_normal_log_prob,
)


def images(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).standard_normal(shape), jnp.float32)


def test_the_squeeze_is_a_permutation_that_keeps_the_pixels_of_a_channel_side_by_side() -> None:
    x = jnp.arange(2 * 4 * 6 * 3).reshape(2, 4, 6, 3).astype(jnp.float32)
    z, log_det = Squeeze().forward(x)
    assert z.shape == (2, 2, 3, 12)
    np.testing.assert_array_equal(np.sort(np.ravel(z)), np.ravel(x))
    np.testing.assert_array_equal(log_det, 0)
    for i, j, k, a, b in np.ndindex(2, 3, 3, 2, 2):
        np.testing.assert_array_equal(z[:, i, j, 4 * k + 2 * a + b], x[:, 2 * i + a, 2 * j + b, k])


def test_the_slice_keeps_the_first_channels_and_counts_the_rest_as_standard_normal() -> None:
    x = images(3, 2, 2, 5)
    kept, dropped, log_prob = Slice(2).forward(x)
    np.testing.assert_array_equal(kept, x[..., :2])
    np.testing.assert_allclose(log_prob, stats.norm.logpdf(x[..., 2:]).sum(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(log_prob, standard_normal_log_prob(dropped))
    np.testing.assert_array_equal(Slice(2).inverse(kept, dropped), x)


def test_dequantized_pixels_lie_in_their_half_and_come_back() -> None:
    x = jr.bernoulli(jr.key(0), 0.4, (2000, 3, 2)).astype(jnp.float32)
    z, term = UniformDequantization().forward(x, jr.key(1))
    np.testing.assert_array_equal(UniformDequantization().inverse(z), x)
    assert stats.kstest(np.ravel(2 * z - x), "uniform").pvalue > 1e-3
    np.testing.assert_allclose(term, np.full(2000, -6 * np.log(2)), rtol=1e-6)


def test_levels_of_bytes_lie_in_their_part_and_come_back() -> None:
    levels = jr.randint(jr.key(0), (2000, 3, 2), 0, 256).astype(jnp.float32)
    noise = UniformDequantization(256)
    z, term = noise.forward(levels / 255, jr.key(1))
    np.testing.assert_allclose(255 * noise.inverse(z), levels, rtol=1e-6)
    assert stats.kstest(np.ravel(256 * z - levels), "uniform").pvalue > 1e-3
    np.testing.assert_allclose(term, np.full(2000, -6 * np.log(256)), rtol=1e-6)


def test_values_outside_of_the_cube_become_the_nearest_pixel() -> None:
    np.testing.assert_array_equal(UniformDequantization().inverse(jnp.array([[-3.0, 0.49, 0.5, 7.0]])), [[0, 0, 1, 1]])


def test_the_augmentation_appends_uniform_noise_and_drops_it_again() -> None:
    x = images(50, 4, 4, 2)
    z, term = UniformAugmentation().forward(x, jr.key(1))
    np.testing.assert_array_equal(z[..., :2], x)
    assert stats.kstest(np.ravel(z[..., 2]), "uniform").pvalue > 1e-3
    np.testing.assert_array_equal(term, 0)
    np.testing.assert_array_equal(UniformAugmentation().inverse(z), x)


def test_an_invertible_convolution_starts_as_a_rotation_or_reflection() -> None:
    layer = InvertibleConvolution(8, jr.key(0))
    np.testing.assert_allclose(layer.weight @ layer.weight.T, np.eye(8), atol=1e-5)
    np.testing.assert_allclose(layer.forward(images(2, 3, 3, 8))[1], 0, atol=1e-4)


def test_the_norm_of_images_standardises_each_channel_over_batch_and_pixels() -> None:
    x = 3 + 7 * images(6, 5, 4, 2)
    ready = ActNorm(2).data_init(x)
    z, log_det = ready.forward(x)
    np.testing.assert_allclose(np.mean(z, axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(np.reshape(z, (-1, 2)), axis=0, ddof=1), 1, rtol=1e-5)
    np.testing.assert_allclose(log_det, np.full(6, -20 * np.sum(ready.log_scale)), rtol=1e-6)


def test_a_new_coupling_is_the_identity() -> None:
    x = images(2, 3, 3, 4)
    z, log_det = ConvolutionalCoupling(4, 3, 1, 2, jr.key(0)).forward(x)
    np.testing.assert_array_equal(z, x)
    np.testing.assert_array_equal(log_det, 0)


def test_a_bounded_coupling_stretches_by_no_more_than_its_bound() -> None:
    bounded, free = CASES["convolutional coupling of 4, bounded"].build(), CASES["convolutional coupling of 2"].build()
    loud, x = 1000 * images(3, 2, 2, 4), images(3, 2, 2, 4)
    _, log_det = bounded.forward(loud)
    assert np.all(np.abs(log_det) <= 0.7 * 8 + 1e-5)
    assert np.abs(eqx.filter_jit(free.forward)(loud[..., :2])[1]).max() > 8
    assert np.all(np.isfinite(bounded.forward(x)[0]))
