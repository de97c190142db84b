"""Adam against its formula in double precision, and against Optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genconv.training.adam import fast_adam

SIZES = np.array([1.0, -2e-5, 3e4, 0.0])


@pytest.mark.parametrize(("b1", "b2", "eps"), [(0.9, 0.999, 1e-8), (0.0, 0.5, 1e-3)])
def test_updates_are_those_of_the_formula(b1: float, b2: float, eps: float) -> None:
    ours, theirs = fast_adam(b1, b2, eps), optax.adam(1.0, b1, b2, eps)
    update, other = jax.jit(ours.update), jax.jit(theirs.update)
    start = jnp.zeros(len(SIZES))
    state, (other_state, rest) = ours.init(start), theirs.init(start)
    assert jax.tree.structure(state) == jax.tree.structure(other_state)
    mean, square = np.zeros_like(SIZES), np.zeros_like(SIZES)
    for step in range(1, 200):
        gradient = SIZES * (np.sin(step) + 0.3)
        mean, square = b1 * mean + (1 - b1) * gradient, b2 * square + (1 - b2) * gradient**2
        exact = -(mean / (1 - b1**step)) / (np.sqrt(square / (1 - b2**step)) + eps)
        found, state = update(jnp.asarray(gradient, jnp.float32), state)
        expected, (other_state, rest) = other(jnp.asarray(gradient, jnp.float32), (other_state, rest))
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=2e-6)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)
