"""A normalizing flow of images: dequantized, augmented, on several scales (SurVAE flows, arXiv 2007.02731)."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.base import Transform
from genconv.bijections.chain import Chain, Repeated
from genconv.bijections.convolution import InvertibleConvolution
from genconv.bijections.coupling import ConvolutionalCoupling
from genconv.bijections.reshape import Squeeze
from genconv.bijections.surjections import (
    Slice,
    UniformAugmentation,
    UniformDequantization,
    standard_normal_log_prob,
)
from genconv.config.base import Config, OrNone
from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.models.base import LatentVariableModel, Loss, TrainingTime
from genconv.models.objective import importance_weighted_loss
from genconv.models.objective_config import ImportanceConfig

Latents = tuple[Float[Array, "batch ..."], ...]
"""What the flow makes of a batch: the channels dropped between the scales, then those of the last scale."""


class ImageFlowConfig(ImportanceConfig):
    """Depth, widths and the choice in which the protocols differ."""

    scales: int = Field(default=3, ge=1, le=16)
    """Number of scales; between two of them the image is squeezed and half of its channels leave the flow."""
    couplings: int = Field(default=4, ge=1, le=1024)
    """Number of steps on each scale: affine coupling, ActNorm, invertible 1×1 convolution."""
    hidden: int = Field(default=64, ge=1, le=65_536)
    """Channels that enter and leave the dense block of each coupling's net."""
    depth: int = Field(default=8, ge=1, le=256)
    """Layers of the dense block."""
    growth: int = Field(default=16, ge=1, le=65_536)
    """Channels that each of these layers adds."""
    scale_bound: OrNone[float] = Field(default=2.0, gt=0)
    """Bound c of a coupling's log-scale, c·tanh(s/c); "none": unbounded, as the study did."""
    augment: bool = True
    """Whether a channel of noise joins the image, so that a coupling has two halves; without it 2×2 pixels become four
    channels first, as in RealNVP and Glow (arXiv 1605.08803, 1807.03039).
    """


class ImageFlow(LatentVariableModel):
    r"""log P(x) ≥ E[log N(f(z); 0, I) + log |det ∂f/∂z|] − d ln L, z = ((k + u)/L, e), u and e uniform on (0, 1).

    k = (L − 1) x is one of L = 2 levels of binary pixels, or of 256. Continuous pixels stay as they are: z = (x, e).

    Without `augment` there is no e, and 2×2 pixels become four channels before the first scale.

    On each scale steps of [affine coupling, ActNorm, invertible 1×1 convolution]; between scales 2×2 pixels become four
    channels and half of the channels are dropped to N(0, I). The noise is drawn once for each evaluation, so `loss` is
    an unbiased estimate of the bound; averaging exp(log p̂) over draws approaches P(x).
    """

    name: ClassVar[str] = "flow"
    summary: ClassVar[str] = "multi-scale flow, convolutional couplings; dequantized and augmented"
    config_type: ClassVar[type[Config]] = ImageFlowConfig

    scales: tuple[Repeated, ...]
    """The steps on each scale."""
    data: DataSpec = eqx.field(static=True)
    """What the images are."""
    config: ImageFlowConfig = eqx.field(static=True)

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Images whose channels, and that of the noise, make two halves."""
        taken = data.modality == "images" and _channels(data) % 2 == 1
        return None if taken else "images with one or three channels"

    @classmethod
    def build(cls, config: ImageFlowConfig, data: DataSpec, key: Key[Array, ""]) -> "ImageFlow":
        """Nets uniform on ±1/√inputs but for zero last layers, mixings orthogonal; ActNorms wait for `data_init`."""
        height, width = data.shape[:2]
        factor = 2 ** (config.scales - (1 if config.augment else 0))
        if height % factor or width % factor:
            raise InputError(
                f"model 'flow': images of {height}×{width} do not fit model.scales = {config.scales}: "
                f"height and width must be multiples of {factor}"
            )
        keys = jr.split(key, config.scales)
        scales = tuple(
            _steps(_first_channels(data, config) * 2**scale, config, scale_key) for scale, scale_key in enumerate(keys)
        )
        return cls(scales=scales, data=data, config=config)

    def log_weights(self, x: Float[Array, "batch h w ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p̂(x) for one draw of dequantization and augmentation noise."""
        z, noise_term = self.dequantize(x, key)
        _, log_prob = self.encode(z)
        return log_prob + noise_term

    def loss(
        self, x: Float[Array, "batch h w ..."], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "ImageFlow"]:
        """The bound with one draw of the noise, or with several."""
        draws = self.config.importance_samples
        if draws == 1:
            loss, _ = super().loss(x, key, time)
            return loss, self
        log_weights = jax.lax.map(lambda each: self.log_weights(x, each), jr.split(key, draws))
        if self.config.objective == "iwae":
            return importance_weighted_loss(log_weights, {}), self
        losses = -jnp.mean(log_weights, axis=0)
        return Loss(losses, losses), self

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count h w ..."]:
        """f⁻¹ of standard normal latents, without their noise channel, rounded down to a level."""
        return self.quantize(self.decode(self._standard_latents(key, count)))

    def reconstruct(self, x: Float[Array, "batch h w ..."], key: Key[Array, ""]) -> Float[Array, "batch h w ..."]:
        """x through the flow and back: x itself, as far as the flow is numerically invertible."""
        latents, _ = self.encode(self.dequantize(x, key)[0])
        return self.quantize(self.decode(latents))

    def data_init(self, x: Float[Array, "batch h w ..."], key: Key[Array, ""]) -> "ImageFlow":
        """Each ActNorm normalises this batch as it arrives there."""
        z, _ = self.dequantize(x, key)
        ready = []
        for index, steps in enumerate(self.scales):
            z = _narrowed(z)[0] if index else z
            ready.append(steps.data_init(z))
            z, _ = ready[-1].forward(z)
        started: "ImageFlow" = eqx.tree_at(lambda flow: flow.scales, self, tuple(ready))
        return started

    def dequantize(
        self, x: Float[Array, "batch h w ..."], key: Key[Array, ""]
    ) -> tuple[Float[Array, "batch h2 w2 c"], Float[Array, " batch"]]:
        """z = ((k + u)/L, e), or that without e squeezed, and the likelihood term of the noise."""
        first, second = jr.split(key)
        z, dequantized = x.reshape(*x.shape[:3], _channels(self.data)), jnp.zeros(x.shape[0])
        if self._noise is not None:
            z, dequantized = self._noise.forward(z, first)
        if not self.config.augment:
            return Squeeze().forward(z)[0], dequantized
        z, augmented = UniformAugmentation().forward(z, second)
        return z, dequantized + augmented

    def quantize(self, z: Float[Array, "batch h2 w2 c"]) -> Float[Array, "batch h w ..."]:
        """The image that z stands for."""
        x = UniformAugmentation().inverse(z) if self.config.augment else Squeeze().inverse(z)
        x = x if self._noise is None else self._noise.inverse(x)
        return x.reshape(-1, *self.data.shape)

    @property
    def _noise(self) -> UniformDequantization | None:
        """What makes levels continuous; None for pixels that are continuous."""
        levels = _LEVELS[self.data.values]
        return None if levels is None else UniformDequantization(levels)

    def encode(self, z: Float[Array, "batch h w c"]) -> tuple[Latents, Float[Array, " batch"]]:
        """f(z) and log p(z) = log N(f(z); 0, I) + log |det ∂f/∂z|, nats."""
        latents: list[Array] = []
        total = jnp.zeros(z.shape[0])
        for index, steps in enumerate(self.scales):
            if index:
                z, dropped, log_prob = _narrowed(z)
                latents.append(dropped)
                total = total + log_prob
            z, log_det = steps.forward(z)
            total = total + log_det
        return (*latents, z), total + standard_normal_log_prob(z)

    def decode(self, latents: Latents) -> Float[Array, "batch h w c"]:
        """f⁻¹."""
        *dropped, z = latents
        for index in reversed(range(len(self.scales))):
            z = self.scales[index].inverse(z)
            if index:
                z = Squeeze().inverse(Slice(z.shape[-1]).inverse(z, dropped[index - 1]))
        return z

    def _standard_latents(self, key: Key[Array, ""], count: int) -> Latents:
        h, w = (side if self.config.augment else side // 2 for side in self.data.shape[:2])
        last, channels = len(self.scales) - 1, _first_channels(self.data, self.config)
        sides = [*range(1, last + 1), last]
        keys = jr.split(key, len(sides))
        return tuple(jr.normal(k, (count, h >> s, w >> s, channels << s)) for k, s in zip(keys, sides, strict=True))


_LEVELS = {"binary": 2, "discrete": 256, "continuous": None}


def _channels(data: DataSpec) -> int:
    """Channels of an image: 1 for the shape (h, w)."""
    return 1 if len(data.shape) == 2 else data.shape[2]


def _first_channels(data: DataSpec, config: ImageFlowConfig) -> int:
    """Channels on the first scale."""
    return _channels(data) + 1 if config.augment else 4 * _channels(data)


def _narrowed(
    z: Float[Array, "batch h w c"],
) -> tuple[Float[Array, "batch h//2 w//2 2*c"], Float[Array, "batch h//2 w//2 2*c"], Float[Array, " batch"]]:
    """From a scale to the next: squeezed, then the half that goes on, the half that is dropped, its log-density."""
    squeezed, _ = Squeeze().forward(z)
    return Slice(squeezed.shape[-1] // 2).forward(squeezed)


def _steps(channels: int, config: ImageFlowConfig, key: Key[Array, ""]) -> Repeated:
    """The steps on a scale with this many channels."""

    def step(key: Key[Array, ""]) -> Transform:
        coupling_key, mixing_key = jr.split(key)
        coupling = ConvolutionalCoupling(
            channels, config.hidden, config.depth, config.growth, coupling_key, config.scale_bound
        )
        return Chain((coupling, ActNorm(channels), InvertibleConvolution(channels, mixing_key)))

    return Repeated(step, config.couplings, key)
