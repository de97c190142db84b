"""A normalizing flow of affine couplings (RealNVP, arXiv 1605.08803; as in SurVAE flows, arXiv 2007.02731)."""

from typing import ClassVar

import jax.random as jr
from jaxtyping import Array, Key
from pydantic import Field

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.base import Transform
from genconv.bijections.coupling import AffineCoupling
from genconv.bijections.reshape import Reverse
from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.point_flow import PointFlow


class FlowConfig(Config):
    """Depth and widths."""

    couplings: int = Field(default=4, ge=1, le=1_024)
    """Number of affine couplings, each followed by an ActNorm."""
    hidden: Widths = Field(default=(200, 100), min_length=1)
    """Widths of the hidden layers of each coupling's net."""


class Flow(PointFlow):
    """A chain of [affine coupling, ActNorm] with reversals between them."""

    name: ClassVar[str] = "flow"
    summary: ClassVar[str] = "normalizing flow, affine couplings with ActNorm; exact likelihood"
    config_type: ClassVar[type[Config]] = FlowConfig

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
