"""Linear layers and MLPs: their initial distributions against SciPy's, their values against NumPy in float64."""

from math import sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats

from genconv.nn.linear import MLP, Linear

INPUTS, OUTPUTS = 200, 300


def test_xavier_normal_weights_are_normal_with_variance_two_over_fan_in_plus_fan_out() -> None:
    weight = np.asarray(Linear(INPUTS, OUTPUTS, jr.key(0), "xavier_normal").weight, np.float64)
    variance = 2 / (INPUTS + OUTPUTS)
    standard_error = variance * sqrt(2 / weight.size)
    assert abs(np.mean(weight**2) - variance) < 4 * standard_error
    assert stats.kstest(weight.ravel(), stats.norm(scale=sqrt(variance)).cdf).pvalue > 1e-3


def test_xavier_normal_biases_are_zero() -> None:
    np.testing.assert_array_equal(Linear(INPUTS, OUTPUTS, jr.key(0), "xavier_normal").bias, 0)


@pytest.mark.parametrize("part", ["weight", "bias"])
@pytest.mark.parametrize("inputs", [1, 100])
def test_fan_in_uniform_fills_plus_minus_one_over_root_inputs(part: str, inputs: int) -> None:
    values = np.ravel(getattr(Linear(inputs, 1000, jr.key(1), "fan_in_uniform"), part))
    bound = 1 / sqrt(inputs)
    assert np.abs(values).max() <= bound * (1 + 1e-6)
    assert stats.kstest(values, stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3


def test_fan_in_uniform_draws_weights_and_biases_independently() -> None:
    layer = Linear(1, 1000, jr.key(2), "fan_in_uniform")
    correlation = np.corrcoef(np.ravel(layer.weight), layer.bias)[0, 1]
    assert abs(correlation) < 4 / sqrt(1000)


def test_layers_of_an_mlp_start_from_different_numbers() -> None:
    first, second, _ = MLP((5, 5, 5, 5), jr.key(3)).layers
    assert not np.any(np.asarray(first.weight) == np.asarray(second.weight))


@pytest.mark.parametrize("last_activation", [False, True])
def test_an_mlp_activates_every_layer_but_the_last_unless_asked(last_activation: bool) -> None:
    mlp = MLP(
        (3, 5, 4, 2),
        jr.key(4),
        activation=jax.nn.tanh,
        init="fan_in_uniform",
        last_activation=last_activation,
    )
    x = np.random.default_rng(5).standard_normal((7, 3), np.float32)
    layers = [(np.asarray(layer.weight, np.float64), np.asarray(layer.bias, np.float64)) for layer in mlp.layers]
    (w1, b1), (w2, b2), (w3, b3) = layers
    expected = np.tanh(np.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3
    if last_activation:
        expected = np.tanh(expected)
    np.testing.assert_allclose(eqx.filter_jit(mlp)(jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)


def test_a_linear_layer_maps_the_last_axis_whatever_comes_before() -> None:
    layer = Linear(3, 2, jr.key(6), "fan_in_uniform")
    x = np.random.default_rng(7).standard_normal((4, 5, 3), np.float32)
    expected = np.einsum("abi,io->abo", x, np.asarray(layer.weight, np.float64)) + np.asarray(layer.bias)
    np.testing.assert_allclose(layer(jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(jnp.asarray(x[0, 0])), expected[0, 0], rtol=1e-5, atol=1e-6)
