"""The masked autoregressive flow (arXiv 1705.07057), of splines (arXiv 1906.04032) or affine as in the paper."""

from typing import ClassVar, Literal

import jax.random as jr
from jaxtyping import Array, Key
from pydantic import Field

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.autoregressive import MaskedAutoregressive, MaskedSpline
from genconv.bijections.base import Transform
from genconv.bijections.reshape import Reverse
from genconv.bijections.spline import SMALLEST
from genconv.config.base import Config, OrNone, Widths
from genconv.data.base import DataSpec
from genconv.models.point_flow import PointFlow


class MAFConfig(Config):
    """Depth and widths."""

    blocks: int = Field(default=2, ge=1, le=1_024)
    """Number of autoregressive transforms, each after an ActNorm."""
    hidden: Widths = Field(default=(64, 64), min_length=1)
    """Widths of the hidden layers of each transform's net."""
    scale_bound: OrNone[float] = Field(default=3.0, gt=0)
    """Bound c of an affine transform's log-scale, c·tanh(s/c); "none": unbounded, as in the paper."""
    transform: Literal["affine", "spline"] = "spline"
    """What moves a coordinate: a rational-quadratic spline (1906.04032), or a shift and a scale, as in the paper."""
    bins: int = Field(default=32, ge=2, le=int(0.5 / SMALLEST))
    """Pieces of each spline."""
    bound: float = Field(default=4.0, gt=0)
    """A spline moves numbers between −bound and bound; the rest it leaves as they are."""
    octaves: int = Field(default=6, ge=0, le=16)
    """Sines and cosines of each number that a spline's net sees beside it (arXiv 2006.10739): this many frequencies,
    each twice the one before. Fine structure is then learned in fewer steps.
    """


class MAF(PointFlow):
    """A chain of [ActNorm, masked autoregressive transform] with reversals between them.

    ActNorm takes the place of the paper's batch normalisation: the density of a point then depends on no other.
    """

    name: ClassVar[str] = "maf"
    summary: ClassVar[str] = "masked autoregressive flow, of splines or affine; exact likelihood"
    config_type: ClassVar[type[Config]] = MAFConfig

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Points."""
        return None if data.modality == "points" else "points"

    @classmethod
    def build(cls, config: MAFConfig, data: DataSpec, key: Key[Array, ""]) -> "MAF":
        """Every transform starts as the identity; hidden layers uniform on ±1/√inputs."""
        (dim,) = data.shape
        chain: list[Transform] = []
        for each in jr.split(key, config.blocks):
            chain += [ActNorm(dim), _transform(config, dim, each), Reverse()]
        return cls(chain=tuple(chain[:-1]), dim=dim)


def _transform(config: MAFConfig, dim: int, key: Key[Array, ""]) -> Transform:
    """One autoregressive transform."""
    if config.transform == "spline":
        return MaskedSpline(dim, config.hidden, config.bins, config.bound, key, config.octaves)
    return MaskedAutoregressive(dim, config.hidden, key, config.scale_bound)
