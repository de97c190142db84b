"""The variational diffusion model of points (arXiv 2107.00630), in continuous time."""

from math import log, pi
from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.measure import NATS, Measure
from genconv.models.base import Loss, TrainingTime
from genconv.models.timed_points import TimedPoints, net_and_moments
from genconv.nn.buffer import Buffer

WIDEST = 20.0
"""Both ends of γ are kept within ± this."""


class DiffusionConfig(Config):
    """The net, the noise, and how much is drawn."""

    hidden: Widths = Field(default=(128, 128, 128), min_length=1)
    """Widths of the hidden layers of the net that finds the noise."""
    log_snr_max: float = Field(default=10.0, ge=0, le=WIDEST)
    """−γ = log α²/σ² at t = 0, from where it falls linearly."""
    log_snr_min: float = Field(default=-6.0, ge=-WIDEST, le=-1)
    """The same at t = 1."""
    schedule: Literal["fixed", "learned"] = "fixed"
    """Whether these ends are trained with the net. In continuous time the bound depends on the ends alone."""
    draws: int = Field(default=8, ge=1, le=65_536)
    """Times t at which an example's loss is looked at in evaluation, one in each of as many equal parts of [0, 1]; in
    training it is one.
    """
    steps: int = Field(default=256, ge=1, le=65_536)
    """Steps from noise to a sample."""


class Noise(NamedTuple):
    """z = α y + σ ε at a time."""

    gamma: Float[Array, "*batch 1"]
    alpha: Float[Array, "*batch 1"]
    sigma: Float[Array, "*batch 1"]


class Diffusion(TimedPoints):
    r"""−log p(x) ≤ KL(q(z_1|x) ‖ N(0, I)) + E[−log p(x|z_0)] + ½ ∫ γ'(t) E|ε − ε̂(z_t, t)|² dt.

    z_t = α_t y + σ_t ε with α² = 1/(1 + e^γ), σ² = 1 − α² and γ linear in t, y the standardized x; p(y|z_0) =
    N(z_0/α_0, e^γ_0 I). The integral is estimated at random times. ε̂ = σ z + net(z, t): the first term is the answer
    where the data are standard normal.
    """

    name: ClassVar[str] = "diffusion"
    summary: ClassVar[str] = "variational diffusion in continuous time; bound of the likelihood"
    config_type: ClassVar[type[Config]] = DiffusionConfig

    ends: Buffer | Array
    """γ at t = 0 and t = 1; a `Buffer` where they are fixed."""
    config: DiffusionConfig = eqx.field(static=True)

    @classmethod
    def measure(cls, config: DiffusionConfig) -> Measure:
        """A bound of −log p(x), in nats."""
        del config
        return Measure("bound", NATS, "ELBO, continuous time")

    @classmethod
    def build(cls, config: DiffusionConfig, data: DataSpec, key: Key[Array, ""]) -> "Diffusion":
        """The net starts uniform on ±1/√inputs; mean and deviation of the data wait for `data_init`."""
        (dim,) = data.shape
        ends = -jnp.array([config.log_snr_max, config.log_snr_min], jnp.float32)
        held = ends if config.schedule == "learned" else Buffer(ends)
        return cls(*net_and_moments(dim, config.hidden, key), held, config)

    def loss(
        self, x: Float[Array, "batch dim"], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "Diffusion"]:
        """The bound, the integral at one time an example in training and at several in evaluation."""
        y = self._standardized(x)
        draws = 1 if time is not None else self.config.draws
        parts = (jr.split(key, draws), jnp.arange(draws) / draws)
        diffusion = jnp.mean(jax.lax.map(lambda part: self._diffusion(y, part[0], part[1], 1 / draws), parts), axis=0)
        prior = self._prior_kl(y)
        first, _ = self._ends()
        constant = 0.5 * y.shape[1] * (log(2 * pi) + 1 + first) + jnp.sum(jnp.log(self.deviation.value))
        bound = diffusion + prior + constant
        return Loss(bound, bound, {"diffusion": diffusion, "prior_kl": prior}), self

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count dim"]:
        """x from noise at t = 1, by z_s ~ q(z_s|z_t, ŷ) in equal steps (equations 32 to 34)."""
        dim, steps = self.mean.value.size, self.config.steps
        start_key, steps_key, last_key = jr.split(key, 3)

        def step(z: Array, item: tuple[Key[Array, ""], Array]) -> tuple[Array, None]:
            key, number = item
            t, s = 1 - number / steps, 1 - (number + 1) / steps
            at, after = self._noise(jnp.full((count, 1), t)), self._noise(jnp.full((count, 1), s))
            lost = -jnp.expm1(after.gamma - at.gamma)
            mean = after.alpha / at.alpha * (z - lost * at.sigma * self._found(z, at, jnp.full((count, 1), t)))
            return mean + after.sigma * jnp.sqrt(lost) * jr.normal(key, z.shape), None

        z, _ = jax.lax.scan(step, jr.normal(start_key, (count, dim)), (jr.split(steps_key, steps), jnp.arange(steps)))
        first = self._noise(jnp.zeros((1, 1)))
        y = z / first.alpha + jnp.exp(0.5 * first.gamma) * jr.normal(last_key, z.shape)
        return self._restored(y)

    def _diffusion(self, y: Float[Array, "batch dim"], key: Key[Array, ""], low: Array, width: float) -> Array:
        """½ γ' |ε − ε̂|² of each example at a time t in [low, low + width), spread evenly over the batch."""
        first, last = self._ends()
        noise_key, time_key = jr.split(key)
        spread = (jr.uniform(time_key) + jnp.arange(y.shape[0]) / y.shape[0]) % 1
        t = (low + width * spread)[:, None].astype(y.dtype)
        noise, at = jr.normal(noise_key, y.shape, y.dtype), self._noise(t)
        errors = noise - self._found(at.alpha * y + at.sigma * noise, at, t)
        return 0.5 * (last - first) * jnp.sum(errors**2, axis=-1)

    def _prior_kl(self, y: Float[Array, "batch dim"]) -> Float[Array, " batch"]:
        """KL(N(α_1 y, σ_1² I) ‖ N(0, I))."""
        last = self._noise(jnp.ones((1, 1)))
        kl = (last.alpha * y) ** 2 + last.sigma**2 - 1 + jax.nn.softplus(-last.gamma)
        return 0.5 * jnp.sum(kl, axis=-1)

    def _ends(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        ends = self.ends.value if isinstance(self.ends, Buffer) else self.ends
        return jnp.clip(ends[0], -WIDEST, 0.0), jnp.clip(ends[1], 1.0, WIDEST)

    def _noise(self, t: Float[Array, "*batch 1"]) -> Noise:
        first, last = self._ends()
        gamma = first + (last - first) * t
        return Noise(gamma, jnp.sqrt(jax.nn.sigmoid(-gamma)), jnp.sqrt(jax.nn.sigmoid(gamma)))

    def _found(self, z: Float[Array, "batch dim"], at: Noise, t: Float[Array, "batch 1"]) -> Float[Array, "batch dim"]:
        """ε̂(z, t)."""
        return at.sigma * z + self._net_at(z, t)
