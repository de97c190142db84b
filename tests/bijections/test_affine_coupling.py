"""The affine coupling against a NumPy net in float64 that feeds flowjax's affine bijection."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from flowjax.bijections import Affine
from transform_cases import CASES

from genconv.bijections.coupling import AffineCoupling

COUPLINGS = [name for name in CASES if name.startswith("affine coupling")]


def net(coupling: AffineCoupling, x1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coupling's (log-scale, shift), computed by hand."""
    *hidden, last = [(np.asarray(layer.weight), np.asarray(layer.bias)) for layer in coupling.net.layers]
    h = x1
    for weight, bias in hidden:
        h = np.maximum(h @ weight + bias, 0)
    log_scale, shift = np.hsplit(h @ last[0] + last[1], 2)
    return log_scale, shift


@pytest.mark.parametrize("name", COUPLINGS)
def test_the_second_half_is_flowjaxs_affine_map_with_parameters_from_the_first(name: str) -> None:
    with jax.enable_x64(True):
        coupling, dim = CASES[name].build(), CASES[name].shape[0]
        half = dim // 2
        assert isinstance(coupling, AffineCoupling)
        x = np.random.default_rng(3).standard_normal((5, dim))
        log_scale, shift = net(coupling, x[:, :half])
        moved = [
            Affine(jnp.asarray(t), jnp.exp(s)).transform_and_log_det(jnp.asarray(row))
            for row, s, t in zip(x[:, half:], log_scale, shift, strict=True)
        ]
        z, log_det = eqx.filter_jit(coupling.forward)(jnp.asarray(x))
        np.testing.assert_array_equal(z[:, :half], x[:, :half])
        np.testing.assert_allclose(z[:, half:], np.stack([row for row, _ in moved]), rtol=1e-9)
        np.testing.assert_allclose(log_det, np.stack([value for _, value in moved]), rtol=1e-9)


def test_a_new_net_has_relu_layers_that_start_uniform_on_one_over_root_inputs() -> None:
    coupling = AffineCoupling(2, (200, 100), jr.key(0))
    assert [layer.weight.shape for layer in coupling.net.layers] == [(1, 200), (200, 100), (100, 2)]
    for layer in coupling.net.layers:
        bound = 1 / np.sqrt(layer.weight.shape[0])
        for values in (np.ravel(layer.weight), np.ravel(layer.bias)):
            assert np.abs(values).max() <= bound * (1 + 1e-6)
            if values.size >= 100:
                assert np.abs(values).max() > 0.9 * bound
    assert coupling.net.activation is jax.nn.relu
    assert not coupling.net.last_activation
