"""PixelCNN: probabilities of all binary images sum to one, a pixel sees those before it, samples follow a pass."""

from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic

from genconv.models.pixelcnn import PixelCNN, PixelCNNConfig

CONFIG = PixelCNNConfig(layers=2, channels=4, hidden=5)


def test_the_probabilities_of_all_binary_images_sum_to_one() -> None:
    images = jnp.asarray(list(product([0.0, 1.0], repeat=9)), jnp.float32).reshape(-1, 3, 3)
    model = generic(PixelCNN, CONFIG, dim=(3, 3), scale=0.7)
    probabilities = np.exp(np.asarray(eqx.filter_jit(model.log_prob)(images), np.float64))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert probabilities.max() > 10 * probabilities.min()


def test_a_pixel_sees_all_pixels_before_it_and_no_others() -> None:
    model = generic(PixelCNN, CONFIG, dim=(5, 4))
    jacobian = eqx.filter_jit(jax.jacrev(lambda x: model.logits(x[None])[0]))(jnp.full((5, 4), 0.5))
    seen = np.asarray(jacobian).reshape(20, 20) != 0
    assert not np.any(seen & ~np.tri(20, k=-1, dtype=bool))
    assert np.all(np.diag(seen, -1))
    assert seen[np.tri(20, k=-1, dtype=bool)].mean() > 0.9


def test_the_sampler_has_the_conditional_probabilities_of_a_pass() -> None:
    model = generic(PixelCNN, CONFIG, dim=(5, 6))
    drawn, expected, logits = eqx.filter_jit(
        lambda model: (
            x := model.sample(jr.key(0), 7),
            model.expected_sample(jr.key(0), 7),
            model.logits(x),
        )
    )(model)
    np.testing.assert_allclose(expected, jax.nn.sigmoid(logits), rtol=1e-4, atol=1e-6)
    assert set(np.unique(drawn)) == {0, 1}
