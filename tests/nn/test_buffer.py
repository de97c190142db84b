"""Buffers belong to the model but not to the optimizer."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from genconv.nn.buffer import Buffer, count_parameters, split_trainable
from genconv.nn.linear import Linear
from genconv.nn.normalization import BatchNorm


class Network(eqx.Module):
    linear: Linear
    norm: BatchNorm
    steps: Buffer


def network() -> Network:
    return Network(Linear(2, 3, jr.key(0), "xavier_normal"), BatchNorm(3), Buffer(jnp.zeros((), jnp.int32)))


def test_splitting_puts_weights_and_buffers_apart() -> None:
    trainable, rest = split_trainable(network())
    assert [leaf.shape for leaf in jax.tree.leaves(trainable)] == [(2, 3), (3,), (3,), (3,)]
    assert [leaf.shape for leaf in jax.tree.leaves(rest)] == [(3,), (3,), ()]
    assert trainable.norm.mean.value is None
    assert trainable.norm.variance.value is None
    assert rest.linear.weight is None


def test_combining_the_parts_gives_the_model_back() -> None:
    model = network()
    assert eqx.tree_equal(eqx.combine(*split_trainable(model)), model)


def test_buffers_do_not_count_as_parameters() -> None:
    assert count_parameters(network()) == 2 * 3 + 3 + 3 + 3


def test_parameters_are_counted_without_being_built() -> None:
    assert count_parameters(eqx.filter_eval_shape(network)) == count_parameters(network())


def test_a_gradient_step_moves_the_weights_and_no_buffer() -> None:
    model = network()
    trainable, rest = split_trainable(model)
    x = jnp.asarray(np.random.default_rng(1).standard_normal((5, 2)), jnp.float32)

    def loss(trainable: Network) -> jax.Array:
        whole = eqx.combine(trainable, rest)
        return jnp.sum(whole.norm.evaluate(whole.linear(x)) ** 2)

    gradient = jax.jit(jax.grad(loss))(trainable)
    stepped = eqx.combine(jax.tree.map(lambda weight, slope: weight - slope, trainable, gradient), rest)
    assert np.all(np.asarray(stepped.linear.weight) != np.asarray(model.linear.weight))
    assert eqx.tree_equal(stepped.norm.mean, model.norm.mean)
    assert eqx.tree_equal(stepped.norm.variance, model.norm.variance)
