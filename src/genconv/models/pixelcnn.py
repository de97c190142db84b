"""The gated PixelCNN of binary images (arXiv 1606.05328)."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config
from genconv.data.base import DataSpec
from genconv.models.base import ExactModel
from genconv.nn.linear import MLP
from genconv.nn.masked_convolution import GatedLayer, MaskedConvolution, gate, pixels_before, rows_above
from genconv.nn.matmul import matmul

REACH = 3
"""Rows above and pixels before that the first layer sees: the 7×7 window of the paper."""


class PixelCNNConfig(Config):
    """Depth and widths."""

    layers: int = Field(default=7, ge=1, le=256)
    """Gated layers after the first convolution; each reaches one pixel further."""
    channels: int = Field(default=32, ge=1, le=65_536)
    """Channels of both stacks."""
    hidden: int = Field(default=64, ge=1, le=65_536)
    """Channels between the last layer and the logits."""


class _Row(NamedTuple):
    """A row of images while it is drawn, and what the next row needs of it."""

    above: Float[Array, "count reach w"]
    """The rows before it."""
    v: Float[Array, "layers count w c"]
    """What each layer saw of the row above."""


class PixelCNN(ExactModel):
    r"""log P(x) = Σ_ij log P(x_ij|the rows above, the pixels before it): a Bernoulli for each pixel.

    A pass gives all conditionals. Samples are drawn pixel by pixel; what earlier pixels gave is kept, so that an image
    costs as much arithmetic as a pass, in as many steps as it has pixels.
    """

    name: ClassVar[str] = "pixelcnn"
    summary: ClassVar[str] = "gated PixelCNN, pixels one after another; exact likelihood"
    config_type: ClassVar[type[Config]] = PixelCNNConfig

    above: MaskedConvolution
    before: MaskedConvolution
    gated: GatedLayer
    """All layers, stacked."""
    head: MLP
    data: DataSpec = eqx.field(static=True)

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Black and white images of one channel."""
        return None if (len(data.shape), data.values) == (2, "binary") else "binary images of one channel"

    @classmethod
    def build(cls, config: PixelCNNConfig, data: DataSpec, key: Key[Array, ""]) -> "PixelCNN":
        """Everything uniform on ±1/√inputs."""
        above_key, before_key, layers_key, head_key = jr.split(key, 4)
        channels = config.channels
        return cls(
            above=MaskedConvolution(1, channels, rows_above(REACH, REACH, current=False), above_key),
            before=MaskedConvolution(1, channels, pixels_before(REACH, current=False), before_key),
            gated=eqx.filter_vmap(lambda key: GatedLayer(channels, key))(jr.split(layers_key, config.layers)),
            head=MLP((channels, config.hidden, 1), head_key, activation=jax.nn.relu, init="fan_in_uniform"),
            data=data,
        )

    def log_prob(self, x: Float[Array, "batch h w"]) -> Float[Array, " batch"]:
        """log P(x) in nats."""
        logits = self.logits(x)
        return jnp.sum(x * logits - jax.nn.softplus(logits), axis=(1, 2))

    def logits(self, x: Float[Array, "batch h w"]) -> Float[Array, "batch h w"]:
        """Of each pixel's conditional probability."""
        image = x[..., None]
        seen = self.above(image)

        @jax.checkpoint
        def layer(stacks: tuple[Array, Array], layer: GatedLayer) -> tuple[tuple[Array, Array], None]:
            return layer(*stacks), None

        (_, h), _ = jax.lax.scan(layer, (seen, self.before(image) + seen), self.gated)
        return self.head(jax.nn.relu(h))[..., 0]

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count h w"]:
        """Each x_ij ~ P(x_ij|what is before it)."""
        return self._draw(key, count)[0]

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count h w"]:
        """P(x_ij = 1|what is before it) at the pixels of a sample."""
        return self._draw(key, count)[1]

    def _draw(self, key: Key[Array, ""], count: int) -> tuple[Array, Array]:
        """Samples and conditional probabilities, row by row."""
        h, w = self.data.shape
        layers, _, channels, _ = self.gated.before.weight.shape

        def row(state: _Row, key: Key[Array, ""]) -> tuple[_Row, tuple[Array, Array]]:
            first, v, seen = self._rows_above(state)
            drawn, means = self._draw_row(key, first, seen)
            above = jnp.concatenate([state.above[:, 1:], drawn[:, None]], axis=1)
            return _Row(above, v), (drawn, means)

        start = _Row(jnp.zeros((count, REACH, w)), jnp.zeros((layers, count, w, channels)))
        _, (drawn, means) = jax.lax.scan(row, start, jr.split(key, h))
        return jnp.moveaxis(drawn, 0, 1), jnp.moveaxis(means, 0, 1)

    def _rows_above(self, state: _Row) -> tuple[Array, Array, Array]:
        """Of the next row: what the first convolution sees above; of each layer, v and its convolution."""
        strip = jnp.pad(state.above, ((0, 0), (0, 1), (0, 0)))[..., None]
        first = self.above(strip)[:, -1]

        def layer(v: Array, item: tuple[GatedLayer, Array]) -> tuple[Array, tuple[Array, Array]]:
            gated, above = item
            seen = gated.above(jnp.stack([above, v], axis=1))[:, -1]
            return gate(seen), (v, seen)

        _, (v, seen) = jax.lax.scan(layer, first, (self.gated, state.v))
        return first, v, seen

    def _draw_row(
        self,
        key: Key[Array, ""],
        first: Float[Array, "count w c"],
        seen: Float[Array, "layers count w both"],
    ) -> tuple[Float[Array, "count w"], Float[Array, "count w"]]:
        """The pixels of a row, one after another."""
        weight, count, width = self.before.weight[:, 0], first.shape[0], first.shape[1]
        layers, channels = seen.shape[0], first.shape[2]

        def pixel(state: tuple[Array, Array], item: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
            (before, kept), (key, first, seen) = state, item
            h = matmul(before, weight, self.before.precision) + self.before.bias + first

            def layer(h: Array, item: tuple[GatedLayer, Array, Array]) -> tuple[Array, Array]:
                gated, seen, left = item
                return gated.next_pixel(seen, left, h), h

            h, kept = jax.lax.scan(layer, h, (self.gated, seen, kept))
            mean = jax.nn.sigmoid(self.head(jax.nn.relu(h))[:, 0])
            drawn = jr.bernoulli(key, mean).astype(mean.dtype)
            return (jnp.concatenate([before[:, 1:], drawn[:, None]], axis=1), kept), (drawn, mean)

        start = (jnp.zeros((count, REACH)), jnp.zeros((layers, count, channels)))
        items = (jr.split(key, width), jnp.moveaxis(first, 1, 0), jnp.moveaxis(seen, 2, 0))
        _, (drawn, means) = jax.lax.scan(pixel, start, items)
        return drawn.T, means.T
