"""A normalizing flow of rational-quadratic spline couplings (neural spline flows, arXiv 1906.04032)."""

from typing import ClassVar

import jax.random as jr
from jaxtyping import Array, Key
from pydantic import Field, model_validator

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.base import Transform
from genconv.bijections.reshape import Permutation, Reverse
from genconv.bijections.spline import SMALLEST, SplineCoupling
from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.point_flow import PointFlow


class SplineFlowConfig(Config):
    """Depth, widths and the splines."""

    couplings: int = Field(default=4, ge=1, le=1_024)
    """Number of spline couplings, each after an ActNorm."""
    hidden: Widths = Field(default=(64, 64), min_length=1)
    """Widths of the hidden layers of each coupling's net."""
    bins: int = Field(default=16, ge=2, le=512)
    """Pieces of each spline."""
    bound: float = Field(default=4.0, gt=0)
    """A spline moves numbers between −bound and bound; the rest it leaves as they are."""
    octaves: int = Field(default=0, ge=0, le=16)
    """Sines and cosines of each number that a net sees beside it (arXiv 2006.10739): this many frequencies, each twice
    the one before. Fine structure is then learned in fewer steps.
    """

    @model_validator(mode="after")
    def _room_for_bins(self) -> "SplineFlowConfig":
        if self.bins * SMALLEST > 0.5:
            raise ValueError(f"bins = {self.bins}: must be at most {int(0.5 / SMALLEST)}")
        return self


class SplineFlow(PointFlow):
    """A chain of [ActNorm, spline coupling] with the coordinates permuted between them: reversed in the plane, at
    random in more dimensions.
    """

    name: ClassVar[str] = "spline-flow"
    summary: ClassVar[str] = "normalizing flow, rational-quadratic spline couplings; exact likelihood"
    config_type: ClassVar[type[Config]] = SplineFlowConfig

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Points."""
        return None if data.modality == "points" else "points"

    @classmethod
    def build(cls, config: SplineFlowConfig, data: DataSpec, key: Key[Array, ""]) -> "SplineFlow":
        """Every coupling starts as the identity; hidden layers uniform on ±1/√inputs."""
        (dim,) = data.shape
        chain: list[Transform] = []
        for each in jr.split(key, config.couplings):
            coupling_key, order_key = jr.split(each)
            coupling = SplineCoupling(dim, config.hidden, config.bins, config.bound, coupling_key, config.octaves)
            chain += [ActNorm(dim), coupling, Permutation(dim, order_key) if dim > 2 else Reverse()]
        return cls(chain=tuple(chain[:-1]), dim=dim)
