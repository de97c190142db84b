"""Defaults of a protocol that do not fit few examples, made to fit; what a user chose is never changed."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from genconv.config.run import Cell
from genconv.config.training import TrainingConfig
from genconv.errors import InputError
from genconv.training.batches import steps_per_epoch

_WARMUP_SHARE = 10
"""The warm-up is at most one part in so many of the steps."""


def fit_batch(config: TrainingConfig, examples: int, chosen: Collection[str]) -> tuple[TrainingConfig, list[str]]:
    """`batch_size` at most the number of training examples, unless it was chosen; and that as a line, if it changed."""
    if config.batch_size <= examples or "batch_size" in chosen:
        return config, []
    note = f"training.batch_size is {examples}, not {config.batch_size}: there are {examples} training examples"
    return config.updated({"batch_size": examples}, "training"), [note]


def fit_warmup(config: TrainingConfig, examples: int, chosen: Collection[str]) -> tuple[TrainingConfig, list[str]]:
    """`warmup_steps` at most a tenth of the optimizer steps, unless it was chosen; and that as a line."""
    steps = config.epochs * steps_per_epoch(config, examples)
    most = steps // _WARMUP_SHARE
    if config.warmup_steps <= most or "warmup_steps" in chosen:
        return config, []
    note = f"training.warmup_steps is {most}, not {config.warmup_steps}: at most a tenth of the {steps} optimizer steps"
    return config.updated({"warmup_steps": most}, "training"), [note]


def warmup_note(config: TrainingConfig, examples: int) -> list[str]:
    """A line if the learning rate does not reach its peak before the training ends."""
    steps = config.epochs * steps_per_epoch(config, examples)
    if not config.warmup_steps or steps >= config.warmup_steps:
        return []
    return [f"training ends within the warm-up: {steps} steps, training.warmup_steps = {config.warmup_steps}"]


def kl_warmup_note(epochs: int, architecture: BaseModel) -> list[str]:
    """A line if at most the last epoch of the training has the full KL weight."""
    warmup = getattr(architecture, "kl_warmup_epochs", 0)
    if not warmup or epochs > warmup:
        return []
    when = "reaches 1 only in the last epoch" if epochs == warmup else "never reaches 1"
    return [f"the KL weight of the objective {when}: training.epochs = {epochs}, model.kl_warmup_epochs = {warmup}"]


def check_batch(cell: Cell, examples: int, chosen_data: Mapping[str, Any]) -> None:
    """`InputError` if a batch is larger than the training data."""
    if (size := cell.training.batch_size) > examples:
        raise InputError(
            f"training.batch_size = {size}: must be at most {examples}, the training examples of {cell.dataset}"
            f"{_origin(cell.data, chosen_data)}"
        )


def _origin(data: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    """Which settings of the dataset decide on the number of its training examples."""
    fractions = [f"data.{key}" for key in ("validation_fraction", "test_fraction") if key in data]
    if "training_size" in data and ("training_size" in chosen or not fractions):
        return " (data.training_size)"
    return f" (what {' and '.join(fractions)} leave)" if fractions else ""
