"""What holds for every transform, in double precision so that rounding hides nothing."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transform_cases import CASES

from genconv.bijections.base import Transform

ROWS = 3
names = pytest.mark.parametrize("name", CASES)
points = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Compiled(NamedTuple):
    transform: Transform
    forward: Callable[[jax.Array], tuple[jax.Array, jax.Array]]
    inverse: Callable[[jax.Array], jax.Array]
    jacobian: Callable[[jax.Array], jax.Array]


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@cache
def compiled(name: str) -> Compiled:
    transform = CASES[name].build()

    def row(x: jax.Array) -> jax.Array:
        return transform.forward(x.reshape(1, *CASES[name].shape))[0].ravel()

    jacobian = jax.jit(jax.vmap(jax.jacfwd(row)))
    return Compiled(transform, eqx.filter_jit(transform.forward), eqx.filter_jit(transform.inverse), jacobian)


def batches(name: str) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, (ROWS, *CASES[name].shape), elements=st.floats(-5, 5))


@names
@points
@given(data=st.data())
def test_inverse_undoes_forward_and_forward_undoes_inverse(name: str, data: st.DataObject) -> None:
    layer, x = compiled(name), jnp.asarray(data.draw(batches(name)))
    z, _ = layer.forward(x)
    assert z.dtype == jnp.float64
    np.testing.assert_allclose(layer.inverse(z), x, atol=1e-9)
    noise = x.reshape(z.shape)
    np.testing.assert_allclose(layer.forward(layer.inverse(noise))[0], noise, atol=1e-9)


@names
@points
@given(data=st.data())
def test_the_log_determinant_is_that_of_the_jacobian_by_automatic_differentiation(
    name: str, data: st.DataObject
) -> None:
    layer, x = compiled(name), jnp.asarray(data.draw(batches(name)))
    _, log_det = layer.forward(x)
    signs, expected = np.linalg.slogdet(np.asarray(layer.jacobian(x.reshape(ROWS, -1))))
    np.testing.assert_allclose(np.abs(signs), 1)
    np.testing.assert_allclose(log_det, expected, atol=1e-9)


@names
@points
@given(data=st.data())
def test_each_example_is_transformed_by_itself(name: str, data: st.DataObject) -> None:
    layer, x = compiled(name), jnp.asarray(data.draw(batches(name)))
    order = np.array(data.draw(st.permutations(range(ROWS))))
    z, log_det = layer.forward(x)
    shuffled_z, shuffled_log_det = layer.forward(x[order])
    np.testing.assert_allclose(shuffled_z, np.asarray(z)[order], atol=1e-12)
    np.testing.assert_allclose(shuffled_log_det, np.asarray(log_det)[order], atol=1e-12)


@names
def test_seeing_data_leaves_a_bijection(name: str) -> None:
    x = 3 + np.random.default_rng(1).standard_normal((20, *CASES[name].shape))
    ready = compiled(name).transform.data_init(jnp.asarray(x))
    assert jax.tree.structure(ready) == jax.tree.structure(compiled(name).transform)
    z, log_det = ready.forward(jnp.asarray(x))
    assert log_det.shape == (20,)
    np.testing.assert_allclose(ready.inverse(z), x, atol=1e-9)
