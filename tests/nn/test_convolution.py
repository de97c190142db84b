"""The 3×3 convolution against XLA's own, and the dense net against its equations in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.signal import correlate

from genconv.nn.convolution import Convolution, DenseNet
from genconv.nn.precision import at_precision


def by_xla(layer: Convolution, x: jax.Array) -> jax.Array:
    numbers = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, layer.weight, (1, 1), "SAME", dimension_numbers=numbers) + layer.bias


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 2), (5, 3)], ids=str)
def test_values_and_derivatives_are_those_of_xlas_convolution(size: tuple[int, int]) -> None:
    with jax.enable_x64(True):
        layer = Convolution(3, 2, jr.key(0))
        x = jnp.asarray(np.random.default_rng(0).standard_normal((4, *size, 3)))
        np.testing.assert_allclose(layer(x), by_xla(layer, x), atol=1e-12)

        def loss(function: eqx.Module, pair: tuple[Convolution, jax.Array]) -> jax.Array:
            return jnp.sum(jnp.sin(function(*pair)))

        ours, expected = (jax.grad(lambda pair, f=f: loss(f, pair))((layer, x)) for f in (Convolution.__call__, by_xla))
        for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_weights_start_uniform_on_one_over_root_nine_times_inputs() -> None:
    layer = Convolution(16, 8, jr.key(0))
    for values in (np.ravel(layer.weight), np.ravel(layer.bias)):
        assert np.abs(values).max() <= 1 / 12
    assert np.abs(layer.weight).max() > 0.99 / 12


def test_rounded_factors_change_the_result_a_little() -> None:
    layer, x = Convolution(16, 8, jr.key(0)), jr.normal(jr.key(1), (2, 5, 5, 16))
    rounded = at_precision(layer, "bfloat16")(x)
    off = np.abs(np.asarray(rounded - layer(x)))
    assert 0 < off.max() < 0.02


def convolved(layer: Convolution, x: np.ndarray) -> np.ndarray:
    weight = np.asarray(layer.weight)
    outputs = [
        sum(correlate(x[..., i], weight[:, :, i, o], mode="same") for i in range(x.shape[-1]))
        for o in range(weight.shape[-1])
    ]
    return np.stack(outputs, axis=-1) + np.asarray(layer.bias)


def test_the_dense_net_is_its_equations() -> None:
    with jax.enable_x64(True):
        generator = np.random.default_rng(0)
        shapes = eqx.filter_eval_shape(lambda: DenseNet(2, 4, 3, 2, 2, jr.key(0)))
        net = jax.tree.map(lambda leaf: jnp.asarray(generator.standard_normal(leaf.shape)), shapes)
        x = generator.standard_normal((5, 4, 2))
        h = start = x @ net.enter.weight + net.enter.bias
        for layer in net.block.layers:
            mixed = np.maximum(h @ layer.mix.weight + layer.mix.bias, 0)
            h = np.concatenate([h, np.maximum(convolved(layer.grow, np.asarray(mixed)), 0)], axis=-1)
        a, b, c = np.split(np.asarray(h @ net.block.gate.weight + net.block.gate.bias), 3, axis=-1)
        y = (start + a + b / (1 + np.exp(-c))) @ net.leave.weight + net.leave.bias
        np.testing.assert_allclose(net(jnp.asarray(x[None]))[0], y, rtol=1e-10)


def test_a_new_dense_net_gives_zero() -> None:
    net = DenseNet(2, 4, 3, 2, 2, jr.key(0))
    np.testing.assert_array_equal(net(jr.normal(jr.key(1), (2, 3, 3, 2))), 0)
