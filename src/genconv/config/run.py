"""A cell with every number filled in, a run (cell and seed), and their identity."""

import hashlib
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from genconv.config.base import Config, canonical_json
from genconv.config.training import EvaluationConfig, StreamsConfig, TrainingConfig

FORMAT = 1
"""Version of the canonical configuration; part of every identity."""


class Cell(Config):
    """One model on one dataset under one protocol, completely specified apart from the seed."""

    dataset: str
    """Name of the dataset."""
    model: str
    """Name of the model."""
    protocol: str
    """`published` or `corrected`: where the defaults came from."""
    study_seed: int = Field(default=0, ge=0, lt=2**32)
    """Root of all random keys of the study."""
    data: dict[str, Any]
    """The dataset's own configuration, complete."""
    architecture: dict[str, Any]
    """The model's own configuration, complete."""
    training: TrainingConfig
    evaluation: EvaluationConfig
    streams: StreamsConfig
    sources: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the user's files that `dataset` and `model` name as `path.py:Name`; left out where there are none."""

    @model_serializer(mode="wrap")
    def _without_empty_sources(self, serialised: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialised(self)
        return values if self.sources else {key: value for key, value in values.items() if key != "sources"}

    @property
    def identity(self) -> str:
        """SHA-256 of the canonical configuration, 64 hexadecimal digits."""
        return _sha256({"format": FORMAT, "cell": self.model_dump(mode="json")})


class Run(Config):
    """One cell with one seed: the unit that is trained once and stored."""

    cell: Cell
    seed: int = Field(ge=0, lt=2**32)

    def canonical(self) -> str:
        """The text whose SHA-256 identifies the run."""
        return canonical_json({"format": FORMAT, "cell": self.cell.model_dump(mode="json"), "seed": self.seed})

    @property
    def identity(self) -> str:
        """SHA-256 of the canonical configuration, 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
