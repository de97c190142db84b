"""The masked autoencoder for distribution estimation (MADE, arXiv 1502.03509)."""

from math import log, pi, prod
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.base import ExactModel
from genconv.nn.masked import MaskedMLP
from genconv.nn.matmul import matmul

LOG_SCALE_BOUND = 7.0
"""Bound c of a component's log-scale, c·tanh(s/c): a component on one point alone ends at exp(−7)."""


class MADEConfig(Config):
    """Widths and, for points, the mixture."""

    hidden: Widths = Field(default=(512, 512), min_length=1)
    """Widths of the hidden layers."""
    direct: bool = False
    """Whether the numbers before it stand in each conditional directly too, weighted, beside the hidden layers."""
    components: int = Field(default=10, ge=1, le=4_096)
    """Gaussians in the mixture of each coordinate of points; binary pixels have a Bernoulli each."""


class MADE(ExactModel):
    r"""log p(x) = Σ_i log p(x_i|x_1, …, x_{i−1}): a Bernoulli for each binary pixel, row by row; a mixture of Gaussians
    for each coordinate of points (arXiv 1705.07057, section 4.1).

    One pass of the net gives all conditionals. A sample takes one pass for each number.
    """

    name: ClassVar[str] = "made"
    summary: ClassVar[str] = "masked autoencoder, numbers one after another; exact likelihood"
    config_type: ClassVar[type[Config]] = MADEConfig

    net: MaskedMLP
    data: DataSpec = eqx.field(static=True)

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Points, and images of binary pixels."""
        taken = data.modality == "points" or data.values == "binary"
        return None if taken else "points or binary images"

    @classmethod
    def build(cls, config: MADEConfig, data: DataSpec, key: Key[Array, ""]) -> "MADE":
        """Layers uniform on ±1/√inputs; the means of the components spread over ±2."""
        dim = prod(data.shape)
        if data.modality == "images":
            return cls(MaskedMLP(dim, config.hidden, 1, key, direct=config.direct), data)
        net = MaskedMLP(dim, config.hidden, 3 * config.components, key, direct=config.direct)
        means = jnp.linspace(-2, 2, config.components) if config.components > 1 else jnp.zeros(1)
        start = jnp.concatenate([jnp.zeros(config.components), means, jnp.zeros(config.components)])
        last = net.layers[-1]
        spread = eqx.tree_at(lambda net: net.layers[-1].bias, net, last.bias + jnp.tile(start, dim))
        return cls(spread, data)

    def log_prob(self, x: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
        """log p(x) in nats: of a probability for binary pixels, of a density for points."""
        rows = x.reshape(x.shape[0], -1)
        return jnp.sum(self._log_conditionals(rows, self.net(rows)), axis=-1)

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """x_1 ~ p, then each x_i ~ p(x_i|x_1, …, x_{i−1})."""
        return self._draw(key, count)[0].reshape(count, *self.data.shape)

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x_i|x_1, …, x_{i−1}] at the numbers of a sample."""
        return self._draw(key, count)[1].reshape(count, *self.data.shape)

    def _log_conditionals(
        self, x: Float[Array, "*batch"], raw: Float[Array, "*batch outputs"]
    ) -> Float[Array, "*batch"]:
        """log p(x_i|x_1, …, x_{i−1}) from the net's outputs."""
        if self.data.modality == "images":
            return x * raw[..., 0] - jax.nn.softplus(raw[..., 0])
        log_weights, means, log_scales = _mixture(raw)
        squared = ((x[..., None] - means) * jnp.exp(-log_scales)) ** 2
        return jax.nn.logsumexp(log_weights - log_scales - 0.5 * (log(2 * pi) + squared), axis=-1)

    def _draw(self, key: Key[Array, ""], count: int) -> tuple[Array, Array]:
        """Samples and conditional means, as rows.

        What the first layer and the direct weights make of the numbers that are there is kept, and the last layer
        computes the outputs of one coordinate alone.
        """
        net, dim = self.net, self.net.dim
        first, *between = [net.weight(index) for index in range(len(net.layers) - 1)]
        last = net.weight(len(net.layers) - 1).reshape(-1, dim, net.outputs)
        direct = None if net.direct is None else net.direct_weight(net.direct).reshape(dim, dim, net.outputs)
        biases = net.layers[-1].bias + (0.0 if net.direct is None else net.direct.bias)

        def next_number(
            summed: tuple[Array, Array], item: tuple[Array, Array]
        ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            (first_layer, outputs), (place, key) = summed, item
            h = net.activation(first_layer)
            for layer, weight in zip(net.layers[1:-1], between, strict=True):
                h = net.activation(matmul(h, weight, layer.precision) + layer.bias)
            raw = h @ jax.lax.dynamic_index_in_dim(last, place, 1, keepdims=False) + outputs[:, place]
            drawn, mean = self._draw_conditional(key, raw)
            first_layer += drawn[:, None] * first[place]
            outputs += 0.0 if direct is None else drawn[:, None, None] * direct[place]
            return (first_layer, outputs), (drawn, mean)

        start = (
            jnp.broadcast_to(net.layers[0].bias, (count, first.shape[1])),
            jnp.broadcast_to(biases.reshape(dim, net.outputs), (count, dim, net.outputs)),
        )
        _, (drawn, means) = jax.lax.scan(next_number, start, (jnp.arange(dim), jr.split(key, dim)))
        return drawn.T, means.T

    def _draw_conditional(
        self, key: Key[Array, ""], raw: Float[Array, "count outputs"]
    ) -> tuple[Float[Array, " count"], Float[Array, " count"]]:
        """A draw of each conditional, and its mean."""
        if self.data.modality == "images":
            mean = jax.nn.sigmoid(raw[:, 0])
            return jr.bernoulli(key, mean).astype(raw.dtype), mean
        log_weights, means, log_scales = _mixture(raw)
        component_key, noise_key = jr.split(key)
        chosen = jax.nn.one_hot(jr.categorical(component_key, log_weights), means.shape[-1], dtype=raw.dtype)
        mean, scale = (jnp.sum(chosen * each, axis=-1) for each in (means, jnp.exp(log_scales)))
        expected = jnp.sum(jnp.exp(log_weights) * means, axis=-1)
        return mean + scale * jr.normal(noise_key, mean.shape), expected


def _mixture(raw: Float[Array, "*batch outputs"]) -> tuple[Array, Array, Array]:
    """Log-weights, means and log-scales of the components."""
    logits, means, log_scales = jnp.split(raw, 3, axis=-1)
    return jax.nn.log_softmax(logits, axis=-1), means, LOG_SCALE_BOUND * jnp.tanh(log_scales / LOG_SCALE_BOUND)
