"""What is computed of a trained run, and what is kept to be looked at."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from genconv.config.base import LARGEST_INTEGER, Config, tuple_from_list

Epochs = Annotated[tuple[Annotated[int, Field(ge=0)], ...] | Literal["auto"], BeforeValidator(tuple_from_list)]


class EvaluationConfig(Config):
    """What is computed once, at the end of a run, on held-out data."""

    importance_samples: int = Field(default=64, ge=1, le=LARGEST_INTEGER)
    """Number k of importance samples in the bound of arXiv 1509.00519, equation 8."""
    points: int = Field(default=20_000, ge=1, le=LARGEST_INTEGER)
    """How many held-out examples the final evaluation uses (all, if there are fewer)."""
    chunk: int = Field(default=4_096, ge=1, le=LARGEST_INTEGER)
    """Examples that are evaluated at a time: memory against speed."""
    samples: int = Field(default=4_096, ge=1, le=LARGEST_INTEGER)
    """How many samples of the trained model are stored with the run (of images: as many as make a grid)."""
    sample_scores: bool = False
    """Of points: whether energy distance, sliced Wasserstein distance, precision and recall of samples and held-out
    points are computed, those of as many other points of the data (floor, ceiling), and the coverage of known modes.
    """
    snapshot_epochs: Epochs = "auto"
    """Epochs, counted from 0, after which snapshots are kept of a model of images: samples and reconstructions, always
    from the same noise. "auto": 0, 1, 3, 7, … (each time twice as many epochs) and the last; []: none.
    """
    snapshots: int = Field(default=12, ge=1, le=LARGEST_INTEGER)
    """How many samples and how many reconstructions a snapshot has."""
