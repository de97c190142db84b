"""Many draws of a model's loss and weights, and how far their mean may lie from the truth."""

from math import sqrt
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.random as jr
import numpy as np

STANDARD_ERRORS = 5
"""A normal mean is this far off once in 1.7 million times, so a few hundred comparisons raise no false alarm."""


class Draws(NamedTuple):
    """Independent draws for each example, shape (draws, batch), float64."""

    loss: np.ndarray
    kl: np.ndarray
    log_weights: np.ndarray


@eqx.filter_jit
def _draw(model: Any, x: jax.Array, keys: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    def one(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        terms_key, weights_key = jr.split(key)
        loss, _ = model.loss(x, terms_key, None)
        return loss.loss, loss.terms.get("kl", 0 * loss.loss), model.log_weights(x, weights_key)

    return jax.vmap(one)(keys)


def draws(model: Any, x: jax.Array, count: int = 20_000, seed: int = 2) -> Draws:
    """Losses and log-weights under `count` keys, in evaluation."""
    return Draws(*(np.asarray(values, np.float64) for values in _draw(model, x, jr.split(jr.key(seed), count))))


def assert_mean_is(values: np.ndarray, expected: np.ndarray) -> None:
    """The mean over the first axis is `expected`, up to Monte-Carlo error and the rounding of float32."""
    error = values.std(axis=0) / sqrt(len(values))
    off = np.abs(values.mean(axis=0) - expected)
    assert np.all(off < STANDARD_ERRORS * error + 1e-5 * np.abs(expected)), (off, error)


def assert_log_mean_is(log_values: np.ndarray, expected: np.ndarray) -> None:
    """The logarithm of the mean of exp(log_values) is `expected`."""
    values = np.exp(log_values - expected)
    effective = values.sum(axis=0) ** 2 / (values**2).sum(axis=0)
    assert np.all(effective > 1000), "too few effective draws for the normal approximation"
    assert_mean_is(values, np.ones_like(expected))
