"""The long short-term memory cell with several inputs, and a loop over steps that is written out."""

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, PyTree

from genconv.nn.precision import MatmulLayer

Carry = TypeVar("Carry")
Given = TypeVar("Given")
Out = TypeVar("Out")


def over_steps(
    function: Callable[[Carry, Given], tuple[Carry, Out]], carry: Carry, first: Out, given: Given
) -> tuple[Carry, Out]:
    """`jax.lax.scan` after a first step: the last carry, and the outputs with that of the first step, stacked.

    The steps are written out one after the other, for what a step keeps for its derivative then need not be copied into
    stacked arrays and out of them. On a GPU that made DRAW 1.2 (10 seeds, `float32`) and 1.4 times as fast (40 seeds,
    `bfloat16`; an H200), for 7 s more to compile.
    """
    outputs = [first]
    for one in _unstacked(given):
        carry, out = function(carry, one)
        outputs.append(out)
    return carry, jax.tree.map(lambda *parts: jnp.stack(parts), *outputs)


def _unstacked(tree: PyTree[Any]) -> list[PyTree[Any]]:
    """The steps of every leaf; `split` has a derivative that joins, indexing one that adds."""
    leaves, structure = jax.tree.flatten(tree)
    steps = leaves[0].shape[0]
    parts = [[part[0] for part in jax.lax.split(leaf, [1] * steps)] if steps else [] for leaf in leaves]
    return [jax.tree.unflatten(structure, one) for one in zip(*parts, strict=True)]


class LSTMState(NamedTuple):
    """What an LSTM remembers."""

    hidden: Float[Array, "batch hidden"]
    cell: Float[Array, "batch hidden"]


class LSTMCell(MatmulLayer):
    r"""i, f, g, o = Σ_k x_k W_k + b + h U + b'; c' = σ(f) c + σ(i) tanh(g); h' = σ(o) tanh(c').

    Gates lie side by side in this order along the last axis (4 · hidden). An input may have several parts x_k, each
    with its own weight, as if joined. All weights and biases are uniform on ±1/√hidden. Hochreiter & Schmidhuber 1997,
    with the forget gate of Gers, Schmidhuber & Cummins 2000.
    """

    inputs: tuple[Float[Array, "inputs gates"], ...]
    recurrent: Float[Array, "hidden gates"]
    input_bias: Float[Array, " gates"]
    recurrent_bias: Float[Array, " gates"]

    def __init__(self, inputs: tuple[int, ...], hidden: int, key: Key[Array, ""]) -> None:
        self.precision = "float32"
        bound, gates = 1 / sqrt(hidden), 4 * hidden
        rows = (*inputs, hidden, 1, 1)
        joined = jr.uniform(key, (sum(rows), gates), minval=-bound, maxval=bound)
        ends = [sum(rows[: index + 1]) for index in range(len(rows) - 1)]
        *parts, self.recurrent, input_bias, recurrent_bias = jnp.split(joined, ends)
        self.inputs = tuple(parts)
        self.input_bias, self.recurrent_bias = input_bias[0], recurrent_bias[0]

    @property
    def bias(self) -> Float[Array, " gates"]:
        """b + b'."""
        return self.input_bias + self.recurrent_bias

    def start(self, batch: int) -> LSTMState:
        """Zeros."""
        zeros = jnp.zeros((batch, self.recurrent.shape[0]))
        return LSTMState(zeros, zeros)


def lstm_step(gates: Float[Array, "batch gates"], cell: Float[Array, "batch hidden"]) -> LSTMState:
    """The state after the gates' sums (before σ and tanh) and the old cell."""
    stepped: LSTMState = _step(gates, cell)
    return stepped


@jax.custom_vjp
def _step(gates: Array, cell: Array) -> LSTMState:
    return _forward(gates, cell)[0]


def _forward(gates: Array, cell: Array) -> tuple[LSTMState, tuple[Array, ...]]:
    i, f, g, o = jax.lax.split(gates, [cell.shape[1]] * 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), jnp.tanh(g), _sigmoid(o)
    new = f * cell + i * g
    squashed = jnp.tanh(new)
    return LSTMState(o * squashed, new), (i, f, g, o, cell, squashed)


def _backward(kept: tuple[Array, ...], gradient: LSTMState) -> tuple[Array, Array]:
    i, f, g, o, cell, squashed = kept
    d = _stored(gradient.cell + gradient.hidden * o * (1 - squashed * squashed))
    gates = (
        d * g * i * (1 - i),
        d * cell * f * (1 - f),
        d * i * (1 - g * g),
        gradient.hidden * squashed * o * (1 - o),
    )
    return jnp.concatenate(gates, axis=1), d * f


def _stored(x: Array) -> Array:
    """The same numbers, computed once: else XLA writes the whole chain of later steps into the gradient of each gate
    (a third of the time of a step of DRAW in bfloat16). A slice of a concatenation is what it does not fuse away; the
    barrier keeps it from being simplified first.
    """
    longer: Array = jax.lax.optimization_barrier(jnp.concatenate((x, x[:1])))
    return longer[:-1]


def _sigmoid(x: Array) -> Array:
    return 0.5 + 0.5 * jnp.tanh(0.5 * x)


_step.defvjp(_forward, _backward)
