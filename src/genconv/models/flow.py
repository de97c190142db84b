"""A normalizing flow of affine couplings (RealNVP, arXiv 1605.08803; as in SurVAE flows, arXiv 2007.02731)."""

from math import log, pi
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.base import Transform
from genconv.bijections.coupling import AffineCoupling
from genconv.bijections.reshape import Reverse
from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.base import ExactModel


class FlowConfig(Config):
    """Depth and widths."""

    couplings: int = Field(default=4, ge=1, le=1_024)
    """Number of affine couplings, each followed by an ActNorm."""
    hidden: Widths = Field(default=(200, 100), min_length=1)
    """Widths of the hidden layers of each coupling's net."""


class Flow(ExactModel):
    r"""log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|, f a chain of [affine coupling, ActNorm] with reversals between
    them.
    """

    name: ClassVar[str] = "flow"
    summary: ClassVar[str] = "normalizing flow, affine couplings with ActNorm; exact likelihood"
    config_type: ClassVar[type[Config]] = FlowConfig

    chain: tuple[Transform, ...]
    dim: int = eqx.field(static=True)

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Points of at least two dimensions."""
        return None if data.modality == "points" and data.shape[0] > 1 else "points of at least two dimensions"

    @classmethod
    def build(cls, config: FlowConfig, data: DataSpec, key: Key[Array, ""]) -> "Flow":
        """Nets uniform on ±1/√inputs; ActNorms wait for `data_init`."""
        (dim,) = data.shape
        chain: list[Transform] = []
        for coupling_key in jr.split(key, config.couplings):
            chain += [AffineCoupling(dim, config.hidden, coupling_key), ActNorm(dim), Reverse()]
        return cls(chain=tuple(chain[:-1]), dim=dim)

    def log_prob(self, x: Float[Array, "batch dim"]) -> Float[Array, " batch"]:
        """log p(x) in nats."""
        total = jnp.zeros(x.shape[0])
        for transform in self.chain:
            x, log_det = transform.forward(x)
            total = total + log_det
        return total - 0.5 * jnp.sum(x**2 + log(2 * pi), axis=-1)

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count dim"]:
        """x = f⁻¹(z), z ~ N(0, I)."""
        x = jr.normal(key, (count, self.dim))
        for transform in reversed(self.chain):
            x = transform.inverse(x)
        return x

    def data_init(self, x: Float[Array, "batch dim"], key: Key[Array, ""]) -> "Flow":
        """Each ActNorm normalises this batch as it arrives there."""
        del key
        chain = []
        for transform in self.chain:
            ready = transform.data_init(x)
            x, _ = ready.forward(x)
            chain.append(ready)
        started: "Flow" = eqx.tree_at(lambda flow: flow.chain, self, tuple(chain))
        return started
