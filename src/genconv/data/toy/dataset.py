"""A toy density as a dataset: points drawn once, split into training, validation and test."""

from functools import partial
from typing import Any

import jax.random as jr
from jaxtyping import Array, Key, PyTree
from pydantic import Field

from genconv.config.base import Config
from genconv.data.base import Dataset, DatasetEntry, DataSpec, Splits
from genconv.data.toy.density import ToyDensity
from genconv.data.toy.registry import TOY_DENSITIES
from genconv.protocols import Protocol


class ToyConfig(Config):
    """How many points are drawn."""

    training_size: int = Field(ge=1)
    """Training points, drawn once per study (see `streams.data`)."""
    validation_size: int = Field(ge=1)
    """Validation points; the curves are on these."""
    test_size: int = Field(default=20_000, ge=1)
    """Points of the final evaluation."""


class ToyDataset(Dataset):
    """Points of one density in the plane."""

    config: ToyConfig
    spec = DataSpec("points", (2,), "continuous")

    def __init__(self, density: ToyDensity, config: ToyConfig) -> None:
        super().__init__(config)
        self.density = density
        self.training_size = config.training_size
        self.reference = density.reference
        self.support = density.support
        self.modes = density.modes

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any] = ()) -> Splits:
        """Independent points for the three splits."""
        del loaded
        sizes = (self.config.training_size, self.config.validation_size, self.config.test_size)
        training, validation, test = (self.density.sample(k, n) for k, n in zip(jr.split(key, 3), sizes, strict=True))
        return Splits(training, validation, test)


def toy_entries() -> list[DatasetEntry]:
    """The ten toy densities for the registry."""
    return [
        DatasetEntry.of(
            name=name,
            summary=_summary(density),
            defaults=_defaults,
            build=partial(ToyDataset, density),
        )
        for name, density in TOY_DENSITIES.items()
    ]


def _defaults(protocol: Protocol) -> ToyConfig:
    if protocol == "published":
        return ToyConfig(training_size=2_048_000, validation_size=2_048_000)
    return ToyConfig(training_size=262_144, validation_size=102_400)


def _summary(density: ToyDensity) -> str:
    if density.reference is None:
        return "2-D points on a curve; no density"
    return f"2-D points; entropy {density.reference.entropy:.4f} nats, Gaussian {density.reference.gaussian:.4f}"
