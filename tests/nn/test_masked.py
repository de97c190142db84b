"""Masked nets: what an output sees."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.nn.masked import MaskedMLP


@pytest.mark.parametrize(("dim", "hidden"), [(1, (3,)), (2, (3, 3)), (5, (9, 8, 7))])
def test_outputs_of_a_coordinate_see_the_coordinates_before_it_and_no_others(dim: int, hidden: tuple[int, ...]) -> None:
    net = MaskedMLP(dim, hidden, 2, jr.key(0), activation=jnp.tanh)
    jacobian = eqx.filter_jit(jax.jacfwd(lambda x: net(x[None])[0]))(jr.normal(jr.key(1), (dim,)))
    assert jacobian.shape == (dim, 2, dim)
    before = np.tri(dim, k=-1, dtype=bool)
    for each in range(2):
        np.testing.assert_array_equal(np.asarray(jacobian[:, each]) != 0, before)


def test_the_masked_weights_are_those_of_an_ordinary_net_with_zeros() -> None:
    net = MaskedMLP(3, (4,), 1, jr.key(0))
    first, last = np.asarray(net.weight(0)), np.asarray(net.weight(1))
    x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    hidden = np.maximum(x @ first + np.asarray(net.layers[0].bias), 0)
    np.testing.assert_allclose(net(jnp.asarray(x))[..., 0], hidden @ last + np.asarray(net.layers[1].bias), rtol=1e-5)
    assert np.count_nonzero(first) == 2 * 1 + 2 * 2
    assert np.count_nonzero(last) == 2 + 4
