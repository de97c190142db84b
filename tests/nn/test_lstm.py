"""The LSTM cell against PyTorch's, where that is installed, and its hand-written derivative against automatic ones."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.nn.buffer import count_parameters
from genconv.nn.recurrent import LSTMCell, LSTMState, lstm_step

BATCH, INPUTS, HIDDEN = 4, (3, 2), 5


def gates(cell: LSTMCell, parts: list[Any], hidden: Any) -> Any:
    return sum(x @ weight for x, weight in zip(parts, cell.inputs, strict=True)) + hidden @ cell.recurrent + cell.bias


def naive(gates: jax.Array, cell: jax.Array) -> LSTMState:
    i, f, g, o = jnp.split(gates, 4, axis=1)
    new = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return LSTMState(jax.nn.sigmoid(o) * jnp.tanh(new), new)


def test_the_step_and_its_derivative_are_those_of_the_naive_form() -> None:
    with jax.enable_x64(True):
        sums, cell, weights = (
            jr.normal(jr.key(n), (BATCH, width)) for n, width in enumerate((4 * HIDDEN, HIDDEN, HIDDEN))
        )

        def total(step: Any, sums: jax.Array, cell: jax.Array) -> jax.Array:
            state = step(sums, cell)
            return jnp.sum(weights * state.hidden + jnp.cos(state.cell))

        for found, expected in zip(
            jax.value_and_grad(total, argnums=(1, 2))(lstm_step, 2 * sums, cell),
            jax.value_and_grad(total, argnums=(1, 2))(naive, 2 * sums, cell),
            strict=True,
        ):
            for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_extreme_gates_stay_finite() -> None:
    sums = jnp.array([[1e4] * 4 * HIDDEN, [-1e4] * 4 * HIDDEN])
    gradient = jax.grad(lambda sums: jnp.sum(lstm_step(sums, jnp.ones((2, HIDDEN))).hidden))(sums)
    assert np.all(np.isfinite(gradient))


def test_two_steps_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    cell = LSTMCell(INPUTS, HIDDEN, jr.key(0))
    theirs = torch.nn.LSTMCell(sum(INPUTS), HIDDEN)
    joined = np.concatenate([np.asarray(part) for part in cell.inputs])
    ours = (joined.T, np.asarray(cell.recurrent).T, cell.input_bias, cell.recurrent_bias)
    with torch.no_grad():
        for parameter, value in zip(theirs.parameters(), ours, strict=True):
            parameter.copy_(torch.tensor(np.asarray(value)))
    generator, state, expected = np.random.default_rng(0), cell.start(BATCH), None
    for _ in range(2):
        parts = [generator.standard_normal((BATCH, width), np.float32) for width in INPUTS]
        state = lstm_step(gates(cell, parts, state.hidden), state.cell)
        expected = theirs(torch.tensor(np.concatenate(parts, axis=1)), expected)
    assert expected is not None
    for a, b in zip(state, expected, strict=True):
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_weights_and_both_biases_fill_plus_minus_one_over_root_hidden() -> None:
    cell = LSTMCell((30, 20), 16, jr.key(1))
    assert count_parameters(cell) == 4 * 16 * (30 + 20 + 16) + 2 * 4 * 16
    for leaf in jax.tree.leaves(cell):
        assert 0.2 < float(jnp.abs(leaf).max()) <= 0.25
    assert not np.any(np.asarray(cell.input_bias) == np.asarray(cell.recurrent_bias))
