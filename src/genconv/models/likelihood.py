"""The last layer of a decoder: from its outputs to p(x|z), a Normal for points and a Bernoulli for images."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import log, pi, prod
from typing import Literal

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

Head = Literal["sigmoid", "linear"]
DEVIATION_FLOOR = 1e-3
"""Smallest standard deviation of the `linear` head."""
PUBLISHED_OFFSET = 1e-8
"""What the study added to probabilities inside logarithms."""
PUBLISHED_CLAMP = -100.0
"""Where PyTorch's binary cross-entropy, which the study's DRAW used, clamps logarithms."""


@dataclass(frozen=True)
class Likelihood(ABC):
    """p(x|z) as a function of a decoder's outputs, shape (batch, `outputs`)."""

    shape: tuple[int, ...]
    """Shape of one example."""
    head: Head
    """Published (`sigmoid`) or not (`linear`)."""

    @property
    def inputs(self) -> int:
        """Numbers in one example: what an encoder sees."""
        return prod(self.shape)

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers that describe p(x|z) for one example: what a decoder puts out."""

    @abstractmethod
    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log p(x|z), nats."""

    @abstractmethod
    def sample(self, key: Key[Array, ""], raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """x ~ p(x|z)."""

    @abstractmethod
    def mean(self, raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """E[x|z]."""


class Normal(Likelihood):
    """Independent Normals; the first half of the outputs are means, the second standard deviations.

    `sigmoid`: both through the sigmoid, so both lie in (0, 1), whatever the range of the data (the published quirk);
    `linear`: means as they are, σ = softplus(raw) + 0.001.
    """

    @property
    def outputs(self) -> int:
        """A mean and a standard deviation for each number."""
        return 2 * self.inputs

    def parameters(self, raw: Float[Array, "batch out"]) -> tuple[Float[Array, "batch dim"], Float[Array, "batch dim"]]:
        """Means and standard deviations."""
        if self.head == "sigmoid":
            mean, deviation = jnp.split(jax.nn.sigmoid(raw), 2, axis=-1)
            return mean, deviation
        mean, deviation = jnp.split(raw, 2, axis=-1)
        return mean, jax.nn.softplus(deviation) + DEVIATION_FLOOR

    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log p(x|z) = −Σ (½ log 2π + log σ + (x − μ)²/2σ²), nats."""
        mean, deviation = self.parameters(raw)
        squared = ((x.reshape(mean.shape) - mean) / deviation) ** 2
        return -jnp.sum(0.5 * log(2 * pi) + jnp.log(deviation) + 0.5 * squared, axis=-1)

    def sample(self, key: Key[Array, ""], raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ + σ ε."""
        mean, deviation = self.parameters(raw)
        return (mean + deviation * jr.normal(key, mean.shape, mean.dtype)).reshape(-1, *self.shape)

    def mean(self, raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ."""
        return self.parameters(raw)[0].reshape(-1, *self.shape)


class Bernoulli(Likelihood):
    """Independent Bernoullis with r = sigmoid(raw); grey x give the cross-entropy, which is no likelihood.

    `sigmoid`: log(r + 10⁻⁸) and log(1 − r + 10⁻⁸), as the study did; `linear`: from the logits, without rounding.
    """

    @property
    def outputs(self) -> int:
        """A logit for each pixel."""
        return self.inputs

    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log p(x|z) = Σ (x log r + (1 − x) log(1 − r)), nats."""
        x = x.reshape(raw.shape)
        if self.head == "sigmoid":
            # 1 − r as a sigmoid of its own: XLA adds the two constants of 1 − r + 10⁻⁸ first and rounds to 1.
            # Where r itself rounds to 1, the difference is 0 and has no gradient, as it had for the study.
            white = jax.nn.sigmoid(raw)
            black = jnp.where(white < 1, jax.nn.sigmoid(-raw), 0.0)
            terms = x * jnp.log(white + PUBLISHED_OFFSET) + (1 - x) * jnp.log(black + PUBLISHED_OFFSET)
            return jnp.sum(terms, axis=-1)
        return jnp.sum(x * raw - jax.nn.softplus(raw), axis=-1)

    def sample(self, key: Key[Array, ""], raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """Pixels that are 0 or 1."""
        return jr.bernoulli(key, self.mean(raw)).astype(raw.dtype)

    def mean(self, raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """r."""
        return jax.nn.sigmoid(raw).reshape(-1, *self.shape)


class ClampedBernoulli(Bernoulli):
    """The same with another `sigmoid` head: max(log r, −100) and max(log(1 − r), −100), r rounded to `float32`.

    Where r rounds to 0 or 1, a wrong pixel costs 100 nats and has no gradient.
    """

    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log p(x|z) = Σ (x log r + (1 − x) log(1 − r)), nats."""
        if self.head == "linear":
            return super().log_prob(x, raw)
        x, r = x.reshape(raw.shape), jax.nn.sigmoid(raw)
        return jnp.sum(x * _clamped_log(r) + (1 - x) * _clamped_log(1 - r), axis=-1)


def _clamped_log(r: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """max(log r, −100) with derivative 0, not NaN, where r = 0."""
    positive = r > 0
    return jnp.where(positive, jnp.maximum(jnp.log(jnp.where(positive, r, 1.0)), PUBLISHED_CLAMP), PUBLISHED_CLAMP)


def likelihood_of(shape: tuple[int, ...], head: Head) -> Likelihood:
    """A Normal for points, a Bernoulli for images of shape (h, w)."""
    return Normal(shape, head) if len(shape) == 1 else Bernoulli(shape, head)
