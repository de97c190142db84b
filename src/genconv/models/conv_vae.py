"""The variational autoencoder with convolutions, of images (arXiv 1312.6114; as for IWAE, arXiv 1509.00519)."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.bijections.reshape import Squeeze
from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.likelihood import likelihood_of
from genconv.models.vae import VAE, VAEConfig
from genconv.nn.convolution import Convolution
from genconv.nn.gaussian import GaussianHead
from genconv.nn.linear import MLP


class ConvVAEConfig(VAEConfig):
    """Widths of convolutions and dense layers; the rest as `vae`."""

    channels: Widths = Field(default=(32, 64), min_length=1)
    """Channels of each scale of the encoder, each half as high and wide as the one before; the decoder has the same,
    reversed.
    """
    hidden: Widths = Field(default=(256,), min_length=1)
    """Widths of the dense layers between the convolutions and z; the decoder has the same, reversed."""
    latent: int = Field(default=32, ge=1, le=65_536)
    """Dimensions of z."""


class ConvolutionalEncoder(eqx.Module):
    """On each scale 2×2 pixels become four channels, then a 3×3 convolution and ReLU; dense layers with ReLU follow."""

    convolutions: tuple[Convolution, ...]
    dense: MLP
    image: tuple[int, int, int] = eqx.field(static=True)
    """Height, width, channels of the data."""

    def __init__(self, image: tuple[int, int, int], config: ConvVAEConfig, key: Key[Array, ""]) -> None:
        *keys, dense_key = jr.split(key, len(config.channels) + 1)
        below = (image[2], *config.channels[:-1])
        self.convolutions = tuple(
            Convolution(4 * i, o, k) for i, o, k in zip(below, config.channels, keys, strict=True)
        )
        side, width = coarsest(image, len(config.channels))
        flat = side * width * config.channels[-1]
        self.dense = MLP((flat, *config.hidden), dense_key, activation=jax.nn.relu, last_activation=True)
        self.image = image

    def __call__(self, x: Float[Array, "batch numbers"]) -> Float[Array, "batch hidden"]:
        """Features of images given as rows; an image that cannot be halved so often is made larger by zeros."""
        h = _padded(x.reshape(-1, *self.image), len(self.convolutions))
        for convolution in self.convolutions:
            h = jax.nn.relu(convolution(Squeeze().forward(h)[0]))
        return self.dense(h.reshape(h.shape[0], -1))


class ConvolutionalDecoder(eqx.Module):
    """The same backwards: dense layers, then on each scale a 3×3 convolution, and four channels become 2×2 pixels."""

    dense: MLP
    convolutions: tuple[Convolution, ...]
    image: tuple[int, int, int] = eqx.field(static=True)

    def __init__(self, image: tuple[int, int, int], outputs: int, config: ConvVAEConfig, key: Key[Array, ""]) -> None:
        """`outputs`: numbers for each of the image's channels."""
        dense_key, *keys = jr.split(key, len(config.channels) + 1)
        side, width = coarsest(image, len(config.channels))
        widths = (config.latent, *config.hidden[::-1], side * width * config.channels[-1])
        self.dense = MLP(widths, dense_key, activation=jax.nn.relu, last_activation=True)
        after = (*config.channels[-2::-1], outputs * image[2])
        pairs = zip(config.channels[::-1], after, keys, strict=True)
        self.convolutions = tuple(Convolution(i, 4 * o, k) for i, o, k in pairs)
        self.image = image

    def __call__(self, z: Float[Array, "batch latent"]) -> Float[Array, "batch numbers"]:
        """What describes p(x|z): for each number of an image the first output, then for each the second."""
        height, width, channels = self.image
        h = self.dense(z)
        h = h.reshape(h.shape[0], *coarsest(self.image, len(self.convolutions)), -1)
        for index, convolution in enumerate(self.convolutions):
            h = Squeeze().inverse(convolution(h))
            h = jax.nn.relu(h) if index + 1 < len(self.convolutions) else h
        h = h[:, :height, :width].reshape(h.shape[0], height, width, -1, channels)
        return jnp.moveaxis(h, 3, 1).reshape(h.shape[0], -1)


class ConvVAE(VAE):
    """The VAE whose encoder and decoder see images as images."""

    name: ClassVar[str] = "conv-vae"
    summary: ClassVar[str] = "variational autoencoder of images, convolutions"
    config_type: ClassVar[type[Config]] = ConvVAEConfig

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Images."""
        return None if data.modality == "images" else "images"

    @classmethod
    def build(cls, config: VAEConfig, data: DataSpec, key: Key[Array, ""]) -> "ConvVAE":
        """Convolutions uniform on ±1/√inputs; dense weights Xavier-normal, their biases zero."""
        assert isinstance(config, ConvVAEConfig)  # noqa: S101  its `config_type`
        likelihood = likelihood_of(data, config.head, config.likelihood)
        encoder_key, head_key, decoder_key = jr.split(key, 3)
        height, width, *channels = data.shape
        image = (height, width, channels[0] if channels else 1)
        return cls(
            encoder=ConvolutionalEncoder(image, config, encoder_key),
            posterior=GaussianHead(config.hidden[-1], config.latent, head_key, config.variance),
            decoder=ConvolutionalDecoder(image, likelihood.outputs // likelihood.inputs, config, decoder_key),
            likelihood=likelihood,
            config=config,
        )


def coarsest(image: tuple[int, int, int], scales: int) -> tuple[int, int]:
    """Height and width after halving, rounded up."""
    return -(-image[0] // 2**scales), -(-image[1] // 2**scales)


def _padded(x: Float[Array, "batch h w c"], scales: int) -> Float[Array, "batch h2 w2 c"]:
    """With zeros below and at the right, so that it can be halved so often."""
    height, width = (-side % 2**scales for side in x.shape[1:3])
    return jnp.pad(x, ((0, 0), (0, height), (0, width), (0, 0)))
