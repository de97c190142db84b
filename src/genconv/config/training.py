"""How a run is trained: batches, optimizer, schedule, divergence. Every number of the protocols is a field here."""

from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from genconv.config.base import LARGEST_INTEGER, Config, OrNone
from genconv.curves import BLOW_UP
from genconv.errors import shown

Precision = Literal["float32", "bfloat16"]
OWN_SCHEDULES = ("constant", "linear", "cosine")
"""Schedules in epochs of the training; any other name is one of Optax."""


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    for name, value in arguments.items():
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,):
            if not isinstance(each, (bool, int, float, str)) or (isinstance(each, float) and not isfinite(each)):
                raise ValueError(f"{name} = {shown(value)}: must be a finite number, a text, true, false, or several")
    return arguments


Arguments = Annotated[dict[str, Any], AfterValidator(_plain)]
"""Arguments of a function of Optax by name, as JSON can hold them."""


class TrainingConfig(Config):
    """Batches, optimizer, learning-rate schedule, and what happens when a loss is no longer a number.

    The optimizer minimises the mean objective of a batch: p ← p + rate · (u − weight_decay · p), u the update of
    `optax.OPTIMIZER(learning_rate=1, **optimizer_arguments)`.
    """

    epochs: int = Field(ge=1, le=LARGEST_INTEGER)
    """Passes over the training data."""
    batch_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Examples whose gradient is computed at once; a smaller last batch is kept."""
    validation_batch_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Examples per validation batch; "none": as in training."""
    accumulate_steps: int = Field(default=1, ge=1, le=LARGEST_INTEGER)
    """Batches whose mean gradient makes one optimizer step, each example weighing the same; an epoch's last step may
    have fewer.
    """
    optimizer: str = Field(default="adam", pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    """An optimizer of Optax by name: `adam`, `adamw`, `adamax`, `sgd`, `lion`, …"""
    optimizer_arguments: Arguments = Field(default_factory=dict)
    """Its arguments by Optax's names, such as `{ b1 = 0.9, b2 = 0.99 }`; what is left out has Optax's default."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """Peak learning rate."""
    schedule: str = Field(default="constant", pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    """`constant`, `linear` or `cosine`: the learning rate falls from its peak to 0 between `decay_start` and
    `decay_end`. Or a schedule of Optax by name, such as `exponential_decay`, whose peak is `learning_rate`.
    """
    schedule_arguments: Arguments = Field(default_factory=dict)
    """Arguments of a schedule of Optax by its names, but for the peak; its steps are counted in `schedule_unit`."""
    schedule_unit: Literal["epoch", "step"] = "epoch"
    """Whether the learning rate changes once an epoch or at each optimizer step."""
    decay_start: float = Field(default=0.0, ge=0)
    """Epoch at which the learning rate begins to fall."""
    decay_end: OrNone[float] = Field(default=None, gt=0)
    """Epoch at which the learning rate reaches 0; "none": the number of epochs."""
    warmup_steps: int = Field(default=0, ge=0, le=LARGEST_INTEGER)
    """Optimizer steps over which the learning rate rises linearly to its peak."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled weight decay, times the learning rate (arXiv 1711.05101). An optimizer that has an argument
    `weight_decay` gets this number, unless it is 0: then Optax's default holds.
    """
    gradient_clip: OrNone[float] = Field(default=None, gt=0)
    """Largest global norm of the gradient; larger gradients are scaled down to it; "none": no clipping."""
    ema_decay: OrNone[float] = Field(default=None, gt=0, lt=1)
    """Decay d of an exponential moving average of the weights, a ← d a + (1 − d) p after each optimizer step, divided
    by 1 − dᵗ. Validation, evaluation and samples use the average; "none": the weights themselves.
    """
    on_divergence: Literal["freeze", "skip", "continue"] = "freeze"
    """At a non-finite loss: stop updating the run for good, skip that step, or carry on regardless. Recorded in every
    case.
    """
    blow_up: float = Field(default=BLOW_UP, gt=0)
    """Loss above which a finite loss counts as divergence: that of an optimizer step where a diverged run freezes, else
    only that of a whole validation pass, since a run that carries on may recover from one bad batch.
    """
    epoch_mean: Literal["examples", "batches"] = "examples"
    """An epoch's value: the mean over its examples, or the plain mean of its per-batch means."""
    precision: Precision = "float32"
    """Of the factors of matrix products in training and validation; sums, weights and the rest stay `float32`, and so
    does the final evaluation.
    """

    @model_validator(mode="after")
    def _decay_has_length(self) -> Self:
        end = self.epochs if self.decay_end is None else self.decay_end
        if self.schedule in ("linear", "cosine") and end <= self.decay_start:
            raise ValueError(f"decay_start = {self.decay_start}: must be below the end of the decay, epoch {end}")
        if self.schedule in OWN_SCHEDULES and self.schedule_arguments:
            raise ValueError(f"schedule_arguments: must be empty for the schedule '{self.schedule}'")
        return self
