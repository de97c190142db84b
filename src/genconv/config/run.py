"""A cell with every number filled in, a run (a cell at its coordinates), and their identities."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from genconv.config.base import Config, canonical_json
from genconv.config.evaluation import EvaluationConfig
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates, RunLabel

FORMAT = 2
"""Version of the canonical configuration; part of every identity."""


class Cell(Config):
    """One model on one dataset under one protocol, completely specified apart from the coordinates of its runs."""

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
    sources: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the user's files that `dataset` and `model` name as `path.py:Name`; left out where there are none."""

    @model_serializer(mode="wrap")
    def _without_empty_sources(self, serialised: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialised(self)
        return values if self.sources else {key: value for key, value in values.items() if key != "sources"}

    @property
    def identity(self) -> str:
        """SHA-256 of the canonical configuration, 64 hexadecimal digits."""
        return cell_identity(self.model_dump(mode="json"))


@dataclass(frozen=True)
class Run:
    """One cell at one set of coordinates: the unit that is trained once and stored."""

    cell: Cell
    coordinates: Coordinates

    @property
    def label(self) -> RunLabel:
        """The seed, or the coordinates in words."""
        return self.coordinates.label

    @property
    def name(self) -> str:
        """`seed 7`, or the coordinates in words."""
        return f"seed {label}" if isinstance(label := self.label, int) else label

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the canonical configuration, 64 hexadecimal digits."""
        return run_identity(self.cell.model_dump(mode="json"), self.coordinates.as_json())


def cell_identity(cell: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of format and cell, 64 hexadecimal digits."""
    return _sha256({"format": FORMAT, "cell": cell})


def run_identity(cell: dict[str, Any], coordinates: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of format, cell and coordinates, 64 hexadecimal digits."""
    return _sha256({"format": FORMAT, "cell": cell, "coordinates": coordinates})


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
