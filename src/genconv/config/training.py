"""How a run is trained: optimizer, schedules, divergence handling. Every number of the protocols is a field here."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from genconv.config.base import LARGEST_INTEGER, Config, OrNone, tuple_from_list
from genconv.curves import BLOW_UP

Precision = Literal["float32", "bfloat16"]


class TrainingConfig(Config):
    """Optimizer, learning-rate schedule, batches, and what happens when a loss is no longer a number."""

    epochs: int = Field(ge=1, le=LARGEST_INTEGER)
    """Passes over the training data."""
    batch_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Examples per optimizer step; a smaller last batch is kept."""
    validation_batch_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Examples per validation batch; "none": as in training."""
    optimizer: Literal["adam", "adamax"] = "adam"
    """Adam (arXiv 1412.6980, algorithm 1) or Adamax (its algorithm 2)."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """Peak learning rate."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Decay of the first moment."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """Decay of the second moment (Adamax: of the infinity norm)."""
    epsilon: float = Field(default=1e-8, gt=0)
    """Added to the denominator of the update."""
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    """Shape of the learning-rate factor between `decay_start` and `decay_end`, from 1 to 0."""
    schedule_unit: Literal["epoch", "step"] = "epoch"
    """Whether the factor changes once an epoch or at each step."""
    decay_start: float = Field(default=0.0, ge=0)
    """Epoch at which the factor begins to fall."""
    decay_end: OrNone[float] = Field(default=None, gt=0)
    """Epoch at which the factor reaches 0; "none": the number of epochs."""
    warmup_steps: int = Field(default=0, ge=0, le=LARGEST_INTEGER)
    """Steps over which the learning rate rises linearly to its peak."""
    gradient_clip: OrNone[float] = Field(default=None, gt=0)
    """Largest global norm of the gradient; larger gradients are scaled down to it; "none": no clipping."""
    on_divergence: Literal["freeze", "skip", "continue"] = "freeze"
    """At a non-finite loss: stop updating the seed for good, skip that batch, or carry on regardless. Recorded in
    every case.
    """
    blow_up: float = Field(default=BLOW_UP, gt=0)
    """Loss in nats above which a finite loss counts as divergence: that of a training batch where a diverged seed
    freezes, else only that of a whole validation pass, since a run that carries on may recover from one bad batch."""
    epoch_mean: Literal["examples", "batches"] = "examples"
    """An epoch's value: the mean over its examples, or the plain mean of its per-batch means."""

    precision: Precision = "float32"
    """Of the factors of matrix products in training and validation; sums, weights and the rest stay `float32`, and so
    does the final evaluation.
    """

    @model_validator(mode="after")
    def _decay_has_length(self) -> Self:
        end = self.epochs if self.decay_end is None else self.decay_end
        if self.schedule != "constant" and end <= self.decay_start:
            raise ValueError(f"decay_start = {self.decay_start}: must be below the end of the decay, epoch {end}")
        return self


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
    picture_epochs: Epochs = "auto"
    """Epochs, counted from 0, after which pictures are kept of a model of images: samples and reconstructions, always
    from the same noise. "auto": 0, 1, 3, 7, … (each time twice as many epochs) and the last; []: none.
    """
    pictures: int = Field(default=12, ge=1, le=LARGEST_INTEGER)
    """How many samples and how many reconstructions are kept each time."""
