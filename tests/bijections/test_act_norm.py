"""What the activation normalisation makes of its first batch."""

import jax.numpy as jnp
import numpy as np
from flowjax.bijections import Affine

from genconv.bijections.act_norm import ActNorm

DEVIATIONS = np.array([1e-2, 1.0, 1e3])


def batch(rows: int = 50) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((rows, 3))
    return np.asarray(np.array([-1.0, 0.0, 500.0]) + DEVIATIONS * noise, np.float32)


def test_a_new_layer_is_the_identity() -> None:
    z, log_det = ActNorm(3).forward(jnp.asarray(batch()))
    np.testing.assert_array_equal(z, batch())
    np.testing.assert_array_equal(log_det, np.zeros(50))


def test_the_first_batch_comes_out_with_mean_zero_and_unbiased_deviation_one() -> None:
    x = jnp.asarray(batch())
    z = np.asarray(ActNorm(3).data_init(x).forward(x)[0], np.float64)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-4)
    # 10⁻⁶ is added to the deviation, so it comes out as sd/(sd + 10⁻⁶): 10⁻⁴ below 1 for a deviation of 10⁻²
    deviation = batch().astype(np.float64).std(axis=0, ddof=1)
    np.testing.assert_allclose(z.std(axis=0, ddof=1), deviation / (deviation + 1e-6), atol=1e-5)


def test_the_log_scale_is_the_logarithm_of_the_unbiased_deviation_plus_epsilon() -> None:
    ready = ActNorm(3).data_init(jnp.asarray(batch(rows=2)))
    exact = batch(rows=2).astype(np.float64)
    np.testing.assert_allclose(ready.shift, exact.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(ready.log_scale, np.log(exact.std(axis=0, ddof=1) + 1e-6), rtol=1e-4, atol=1e-5)


def test_a_constant_feature_stays_finite() -> None:
    x = jnp.full((10, 3), 2.0)
    ready = ActNorm(3).data_init(x)
    np.testing.assert_allclose(ready.log_scale, np.log(1e-6), rtol=1e-6)
    np.testing.assert_array_equal(ready.forward(x)[0], 0)


def test_the_first_batch_decides_whatever_the_layer_held_before() -> None:
    x = jnp.asarray(batch())
    once = ActNorm(3).data_init(jnp.asarray(7 * batch() + 1))
    np.testing.assert_array_equal(once.data_init(x).log_scale, ActNorm(3).data_init(x).log_scale)
    np.testing.assert_array_equal(once.data_init(x).shift, ActNorm(3).data_init(x).shift)


def test_it_is_the_inverse_of_flowjaxs_affine_bijection() -> None:
    x = jnp.asarray(batch())
    ready = ActNorm(3).data_init(x)
    affine = Affine(ready.shift, jnp.exp(ready.log_scale))
    expected, expected_log_det = affine.inverse_and_log_det(x[0])
    z, log_det = ready.forward(x)
    np.testing.assert_allclose(z[0], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(log_det, np.full(50, expected_log_det), rtol=1e-5)
