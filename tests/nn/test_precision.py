"""Products in both precisions, and those of many steps, against NumPy and plain automatic differentiation."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.config.training import Precision
from genconv.nn.convolution import Convolution
from genconv.nn.linear import MLP
from genconv.nn.matmul import (
    GradientTap,
    StepProduct,
    matmul,
    multiply,
    multiply_by_transposed,
    multiply_transposed,
)
from genconv.nn.precision import MatmulLayer, at_precision
from genconv.nn.recurrent import LSTMCell, over_steps

BOTH = pytest.mark.parametrize("precision", ["float32", "bfloat16"])
TOLERANCE = {"float32": 1e-5, "bfloat16": 2e-2}


def factors(rows: int = 6, inputs: int = 5, outputs: int = 4) -> tuple[jax.Array, jax.Array, jax.Array]:
    shapes = ((rows, inputs), (inputs, outputs), (rows, outputs))
    return tuple(jr.normal(jr.key(n), shape) for n, shape in enumerate(shapes))  # type: ignore[return-value]


@pytest.mark.parametrize("rows", [6, 7, 1])
@pytest.mark.parametrize("kind", [jnp.float32, jnp.bfloat16])
def test_the_three_products_of_factors_are_summed_in_float32(kind: type, rows: int) -> None:
    x, weight, g = (factor.astype(kind) for factor in factors(rows))
    exact_x, exact_weight, exact_g = (np.asarray(factor, np.float64) for factor in (x, weight, g))
    for found, expected in (
        (multiply(x, weight), exact_x @ exact_weight),
        (multiply_by_transposed(g, weight), exact_g @ exact_weight.T),
        (multiply_transposed(x, g), exact_x.T @ exact_g),
    ):
        assert found.dtype == jnp.float32
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@BOTH
@pytest.mark.parametrize("outputs", [4, 1])
@pytest.mark.parametrize("shape", [(6, 5), (3, 2, 5), (5,)])
def test_a_product_and_its_derivatives_are_near_those_in_float64(
    precision: Precision, shape: tuple[int, ...], outputs: int
) -> None:
    x, (_, weight, _) = jr.normal(jr.key(9), shape), factors(outputs=outputs)
    value, pull = jax.vjp(lambda x, weight: matmul(x, weight, precision), x, weight)
    g = jr.normal(jr.key(5), value.shape)
    for_x, for_weight = pull(g)
    rows, columns = np.asarray(x, np.float64).reshape(-1, 5), np.asarray(g, np.float64).reshape(-1, outputs)
    expected = (rows @ weight, columns @ np.asarray(weight).T, rows.T @ columns)
    for found, exact in zip((value, for_x, for_weight), expected, strict=True):
        assert found.dtype == jnp.float32
        off = np.linalg.norm(np.ravel(found) - np.ravel(exact))
        assert off < TOLERANCE[precision] * np.linalg.norm(exact)


def test_a_function_compiled_for_one_precision_does_not_serve_the_other() -> None:
    net, x = MLP((5, 7, 4), jr.key(0)), jr.normal(jr.key(1), (6, 5))
    apply = jax.jit(lambda net, x: net(x))
    full, rounded, again = apply(net, x), apply(at_precision(net, "bfloat16"), x), apply(net, x)
    assert np.any(np.asarray(full) != np.asarray(rounded))
    np.testing.assert_allclose(rounded, full, atol=0.1)
    np.testing.assert_array_equal(full, again)
    assert apply._cache_size() == 2


def test_a_model_keeps_its_arrays_at_another_precision_and_comes_back() -> None:
    parts = {"cell": LSTMCell((3,), 4, jr.key(0)), "others": (Convolution(2, 3, jr.key(1)), MLP((5, 4), jr.key(2)))}
    rounded = at_precision(parts, "bfloat16")
    found = {layer.precision for layer in jax.tree.leaves(rounded, is_leaf=_is_layer) if _is_layer(layer)}
    assert found == {"bfloat16"}
    for before, after in zip(jax.tree.leaves(parts), jax.tree.leaves(rounded), strict=True):
        assert before is after
    assert jax.tree.structure(at_precision(rounded, "float32")) == jax.tree.structure(parts)


def _is_layer(node: object) -> bool:
    return isinstance(node, MatmulLayer)


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_bfloat16_products_are_not_computed_in_float32_on_a_cpu(precision: Precision) -> None:
    """What XLA makes of transposed factors; were they widened, their shapes would show up in float32."""
    if jax.default_backend() != "cpu":
        pytest.skip("about the CPU's compiler")
    x, weight, g = (factor.astype(jnp.bfloat16) for factor in factors(128, 96, 160))
    options = {"xla_backend_optimization_level": 3}
    transposed = jax.jit(multiply_transposed).lower(x, g).compile(options).as_text()
    assert "f32[96,128]" not in transposed
    assert "f32[128,160]" not in transposed
    backwards = jax.jit(multiply_by_transposed).lower(g, weight).compile(options).as_text()
    assert "f32[96,160]" not in backwards


@BOTH
def test_products_of_many_steps_have_the_derivatives_of_single_ones(precision: Precision) -> None:
    _, weight, _ = factors(inputs=4)
    start, given = jr.normal(jr.key(7), (6, 4)), jr.normal(jr.key(8), (3, 6, 4))

    def together(weight: jax.Array, start: jax.Array) -> jax.Array:
        steps = StepProduct.of(weight, 3, 6, precision)

        def step(x: jax.Array, item: tuple[jax.Array, GradientTap]) -> tuple[jax.Array, jax.Array]:
            x = jnp.tanh(steps(x, item[1]) + item[0])
            return x, x

        last, all_steps = over_steps(step, start, start, (given, steps.taps))
        assert all_steps.shape == (4, 6, 4)
        return jnp.sum(last**2) + jnp.sum(jnp.cos(all_steps))

    def one_by_one(weight: jax.Array, start: jax.Array) -> jax.Array:
        found = [start]
        for one in given:
            found.append(jnp.tanh(matmul(found[-1], weight, precision) + one))
        return jnp.sum(found[-1] ** 2) + jnp.sum(jnp.cos(jnp.stack(found)))

    found = jax.jit(jax.value_and_grad(together, argnums=(0, 1)))(weight, start)
    expected = jax.jit(jax.value_and_grad(one_by_one, argnums=(0, 1)))(weight, start)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[precision], atol=TOLERANCE[precision])
