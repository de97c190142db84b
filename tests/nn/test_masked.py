"""Masked nets: what an output sees."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.nn.masked import MaskedMLP, unit_degrees


@pytest.mark.parametrize(
    ("dim", "hidden", "direct"),
    [(1, (3,), False), (2, (3, 3), False), (5, (9, 8, 7), False), (1, (3,), True), (9, (2, 3), True)],
)
def test_outputs_of_a_coordinate_see_the_coordinates_before_it_and_no_others(
    dim: int, hidden: tuple[int, ...], direct: bool
) -> None:
    net = MaskedMLP(dim, hidden, 2, jr.key(0), activation=jnp.tanh, direct=direct)
    jacobian = eqx.filter_jit(jax.jacfwd(lambda x: net(x[None])[0]))(jr.normal(jr.key(1), (dim,)))
    assert jacobian.shape == (dim, 2, dim)
    before = np.tri(dim, k=-1, dtype=bool)
    for each in range(2):
        np.testing.assert_array_equal(np.asarray(jacobian[:, each]) != 0, before)


@pytest.mark.parametrize(("dim", "width"), [(784, 512), (784, 1000), (7, 3), (2, 5), (1, 4)])
def test_units_are_spread_evenly_over_all_degrees(dim: int, width: int) -> None:
    """With 512 units for 784 pixels the degrees once ended at 512: the last 272 pixels saw none of each other."""
    degrees = np.asarray(unit_degrees(dim, width))
    counts = np.bincount(degrees, minlength=max(dim, 2))[1:]
    assert degrees.min() == 1
    assert degrees.max() <= max(dim - 1, 1)
    assert counts.sum() == width
    assert np.ptp(counts) <= 1
    gaps = np.diff(np.flatnonzero(counts), append=max(dim - 1, 1))
    assert gaps.max(initial=0) <= -(-dim // width)


def test_an_output_of_a_narrow_net_sees_all_coordinates_but_those_just_before_it() -> None:
    dim, width = 30, 10
    net = MaskedMLP(dim, (width, width), 1, jr.key(0), activation=jnp.tanh)
    jacobian = np.asarray(jax.jacfwd(lambda x: net(x[None])[0, :, 0])(jr.normal(jr.key(1), (dim,)))) != 0
    assert not np.any(jacobian & ~np.tri(dim, k=-1, dtype=bool))
    assert np.all(jacobian[np.tri(dim, k=-3, dtype=bool)])


def test_the_masked_weights_are_those_of_an_ordinary_net_with_zeros() -> None:
    net = MaskedMLP(3, (4,), 1, jr.key(0))
    first, last = np.asarray(net.weight(0)), np.asarray(net.weight(1))
    x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    hidden = np.maximum(x @ first + np.asarray(net.layers[0].bias), 0)
    np.testing.assert_allclose(net(jnp.asarray(x))[..., 0], hidden @ last + np.asarray(net.layers[1].bias), rtol=1e-5)
    assert np.count_nonzero(first) == 2 * 1 + 2 * 2
    assert np.count_nonzero(last) == 2 + 4
