"""The models once more, in NumPy and float64, written from their published description: the oracle of the tests."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

Array = np.ndarray
Pair = tuple[Array, Array]
"""Mean and standard deviation."""


def linear(layer: Any, x: Array) -> Array:
    return np.asarray(x, np.float64) @ np.asarray(layer.weight, np.float64) + np.asarray(layer.bias, np.float64)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def mlp(net: Any, x: Array, activation: Callable[[Array], Array]) -> Array:
    *hidden, last = net.layers
    for layer in hidden:
        x = activation(linear(layer, x))
    return linear(last, x)


def gaussian(head: Any, h: Array, variance: str) -> Pair:
    raw = linear(head.log_variance, h)
    return linear(head.mean, h), np.exp(0.5 * (np.logaddexp(0, raw) if variance == "softplus" else raw))


def decoded(raw: Array, head: str) -> Pair:
    """Mean and deviation of x from a decoder's outputs."""
    mean, deviation = np.split(expit(raw) if head == "sigmoid" else raw, 2, axis=-1)
    return mean, deviation if head == "sigmoid" else np.logaddexp(0, deviation) + 1e-3


def log_normal(x: Array, pair: Pair) -> Array:
    """log N(x), summed over the last axis."""
    return stats.norm.logpdf(np.asarray(x, np.float64), *pair).sum(axis=-1)


def divergence(q: Pair, p: Pair) -> Array:
    """KL(q ‖ p), summed over the last axis."""
    ratio = (q[1] / p[1]) ** 2
    return 0.5 * (ratio - np.log(ratio) + ((q[0] - p[0]) / p[1]) ** 2 - 1).sum(axis=-1)


def product(a: Pair, b: Pair) -> Pair:
    """The Gaussian that is proportional to the product of two, with the published 10⁻⁸ in its variance."""
    precision = a[1] ** -2 + b[1] ** -2
    return (a[0] * a[1] ** -2 + b[0] * b[1] ** -2) / precision, np.sqrt(1 / precision + 1e-8)


def vae_posterior(model: Any, x: Array) -> Pair:
    return gaussian(model.posterior, relu(mlp(model.encoder, x, relu)), model.config.variance)


def vae_decoder(model: Any, z: Array) -> Pair:
    return decoded(mlp(model.decoder, z, np.tanh), model.config.head)


def ladder_step(step: Any, x: Array, variance: str) -> tuple[Array, Pair]:
    """linear → batch norm in evaluation → leaky ReLU 0.1 → heads."""
    raw = linear(step.linear, x)
    norm = step.norm
    mean, running = np.asarray(norm.mean.value, np.float64), np.asarray(norm.variance.value, np.float64)
    normed = (raw - mean) / np.sqrt(running + 1e-5) * np.asarray(norm.scale, np.float64) + np.asarray(norm.shift)
    h = np.where(normed > 0, normed, 0.1 * normed)
    return h, gaussian(step.head, h, variance)


def ladder_evidence(model: Any, x: Array) -> list[Pair]:
    """The encoder's Gaussians, bottom first."""
    found = []
    for step in model.encoder:
        x, pair = ladder_step(step, x, model.config.variance)
        found.append(pair)
    return found


def ladder_decoder(model: Any, z: Array) -> Pair:
    return decoded(mlp(model.decoder, z, relu), model.config.head)


def coupling(layer: Any, x: Array) -> tuple[Array, Array]:
    """Two dimensions: the second is scaled and shifted by functions of the first."""
    log_scale, shift = mlp(layer.net, x[:, :1], relu).T
    return np.stack([x[:, 0], x[:, 1] * np.exp(log_scale) + shift], axis=1), log_scale


def flow(model: Any, x: Array) -> tuple[Array, Array]:
    """z and log |det ∂z/∂x|: [coupling, ActNorm], with the two dimensions swapped in between."""
    x, total = np.asarray(x, np.float64), np.zeros(len(x))
    transforms = list(model.chain)
    while transforms:
        x, log_scale = coupling(transforms.pop(0), x)
        norm = transforms.pop(0)
        x = (x - np.asarray(norm.shift, np.float64)) / np.exp(np.asarray(norm.log_scale, np.float64))
        total = total + log_scale - np.asarray(norm.log_scale, np.float64).sum()
        if transforms:
            transforms.pop(0)
            x = x[:, ::-1]
    return x, total
