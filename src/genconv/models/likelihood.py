"""The last layer of a decoder, from its outputs to p(x|z): a Normal over real numbers, a Bernoulli over binary ones, a
discretized logistic or Normal over 256 levels.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi, prod
from typing import Literal

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.data.base import DataSpec, Values
from genconv.errors import InputError

Head = Literal["sigmoid", "linear"]
LikelihoodName = Literal["auto", "bernoulli", "normal", "logistic"]
SCALE_FLOOR = 1e-3
"""Smallest standard deviation, or scale of a logistic, of the `linear` head."""
_LAST = 255
"""The highest level; level k is the number k/255."""
_NARROW = 0.01
"""Width in standard deviations below which the density of a Normal counts as constant over a level."""
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


class LocationScale(Likelihood):
    """Independent numbers x = μ + s ε; the first half of the outputs gives the locations μ, the second the scales s.

    `sigmoid`: both through the sigmoid, so both lie in (0, 1), whatever the range of the data (the published quirk);
    `linear`: μ as it is, s = softplus(raw) + 0.001.
    """

    @property
    def outputs(self) -> int:
        """A location and a scale for each number."""
        return 2 * self.inputs

    def parameters(self, raw: Float[Array, "batch out"]) -> tuple[Float[Array, "batch dim"], Float[Array, "batch dim"]]:
        """Locations and scales."""
        if self.head == "sigmoid":
            location, scale = jnp.split(jax.nn.sigmoid(raw), 2, axis=-1)
            return location, scale
        location, scale = jnp.split(raw, 2, axis=-1)
        return location, jax.nn.softplus(scale) + SCALE_FLOOR

    def mean(self, raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ."""
        return self.parameters(raw)[0].reshape(-1, *self.shape)


class Normal(LocationScale):
    """Independent Normals with means μ and standard deviations s."""

    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log p(x|z) = −Σ (½ log 2π + log s + (x − μ)²/2s²), nats."""
        mean, deviation = self.parameters(raw)
        squared = ((x.reshape(mean.shape) - mean) / deviation) ** 2
        return -jnp.sum(0.5 * log(2 * pi) + jnp.log(deviation) + 0.5 * squared, axis=-1)

    def sample(self, key: Key[Array, ""], raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ + s ε."""
        mean, deviation = self.parameters(raw)
        return (mean + deviation * jr.normal(key, mean.shape, mean.dtype)).reshape(-1, *self.shape)


class Discretized(LocationScale):
    """Independent levels k = 0, …, 255 at x = k/255: the mass that a continuous number has between k − ½ and k + ½.

    P(k) = F(b) − F(a) with a = ((k − ½)/255 − μ)/s, b = ((k + ½)/255 − μ)/s and the distribution function F; level 0
    has all mass below, level 255 all mass above, so that Σ_k P(k) = 1 (arXiv 1701.05517, section 2.1). −log P is in
    nats, of a probability.
    """

    @abstractmethod
    def log_below(self, b: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """log F(b); F is symmetric, so log (1 − F(a)) = log F(−a)."""

    @abstractmethod
    def log_between(
        self, middle: Float[Array, "batch dim"], width: Float[Array, "batch dim"]
    ) -> Float[Array, "batch dim"]:
        """log (F(b) − F(a)) for a, b = middle ∓ width/2."""

    @abstractmethod
    def noise(self, key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "batch dim"]:
        """ε, whose distribution function is F."""

    def log_prob(self, x: Float[Array, "batch ..."], raw: Float[Array, "batch out"]) -> Float[Array, " batch"]:
        """log P(x|z) = Σ log P(k), nats."""
        location, scale = self.parameters(raw)
        x = x.reshape(location.shape)
        middle, width = (x - location) / scale, 1 / (_LAST * scale)
        lowest, highest = self.log_below(middle + width / 2), self.log_below(width / 2 - middle)
        inside = jnp.where(x > 1 - 0.5 / _LAST, highest, self.log_between(middle, width))
        return jnp.sum(jnp.where(x < 0.5 / _LAST, lowest, inside), axis=-1)

    def sample(self, key: Key[Array, ""], raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ + s ε at the nearest level."""
        location, scale = self.parameters(raw)
        x = location + scale * self.noise(key, location.shape)
        return (jnp.clip(jnp.round(_LAST * x), 0, _LAST) / _LAST).reshape(-1, *self.shape)

    def mean(self, raw: Float[Array, "batch out"]) -> Float[Array, "batch ..."]:
        """μ, no lower than 0 and no higher than 1: about E[x|z]."""
        return jnp.clip(super().mean(raw), 0.0, 1.0)


class DiscretizedLogistic(Discretized):
    """Levels of logistic numbers, F(t) = 1/(1 + e⁻ᵗ)."""

    def log_below(self, b: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """−softplus(−b)."""
        return jax.nn.log_sigmoid(b)

    def log_between(
        self, middle: Float[Array, "batch dim"], width: Float[Array, "batch dim"]
    ) -> Float[Array, "batch dim"]:
        """log F(b) + log F(−a) + log (1 − e^{a − b}), which loses no digits in the tails."""
        both = jax.nn.log_sigmoid(middle + width / 2) + jax.nn.log_sigmoid(width / 2 - middle)
        return both + jnp.log(-jnp.expm1(-width))

    def noise(self, key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "batch dim"]:
        """Standard logistic."""
        return jr.logistic(key, shape)


class DiscretizedNormal(Discretized):
    """Levels of Normal numbers, F = Φ."""

    def log_below(self, b: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        """log Φ(b)."""
        return jax.scipy.stats.norm.logcdf(b)

    def log_between(
        self, middle: Float[Array, "batch dim"], width: Float[Array, "batch dim"]
    ) -> Float[Array, "batch dim"]:
        """log Φ(b) + log (1 − Φ(a)/Φ(b)) in the lower tail, by symmetry; width · φ(middle) if the width is below 0.01.

        The second is right to (middle² − 1) width²/24, where the first would lose digits.
        """
        flat = width < _NARROW
        safe = jnp.where(flat, _NARROW, width)
        below = -jnp.abs(middle)
        log_high = jax.scipy.stats.norm.logcdf(below + safe / 2)
        exact = log_high + jnp.log(-jnp.expm1(jax.scipy.stats.norm.logcdf(below - safe / 2) - log_high))
        return jnp.where(flat, jax.scipy.stats.norm.logpdf(middle) + jnp.log(width), exact)

    def noise(self, key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "batch dim"]:
        """Standard Normal."""
        return jr.normal(key, shape)


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


_LIKELIHOODS: Mapping[Values, Mapping[str, type[Likelihood]]] = {
    "continuous": {"normal": Normal},
    "binary": {"bernoulli": Bernoulli},
    "discrete": {"logistic": DiscretizedLogistic, "normal": DiscretizedNormal},
}
"""By what the numbers of an example are; the first one is `auto`."""


def likelihood_of(data: DataSpec, head: Head, name: LikelihoodName = "auto") -> Likelihood:
    """The likelihood of that name for such data: `auto` is a Normal over real numbers, a Bernoulli over binary ones, a
    discretized logistic over 256 levels. `InputError` for one that the data do not have.
    """
    known = _LIKELIHOODS[data.values]
    if name != "auto" and name not in known:
        raise InputError(f"model.likelihood = '{name}': must be auto or {' or '.join(known)} for {data.values} data")
    return known[next(iter(known)) if name == "auto" else name](data.shape, head)
