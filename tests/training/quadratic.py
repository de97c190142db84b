"""A model whose loss is a parabola: what a training loop does to it can be written in a few lines."""

from typing import Any

import jax
import jax.numpy as jnp

from genconv.config.evaluation import EvaluationConfig
from genconv.config.training import TrainingConfig
from genconv.data.base import Splits
from genconv.data.registry import dataset_named
from genconv.measure import LOSS
from genconv.models.base import Loss, Model, TrainingTime
from genconv.training.objective import Setup


class Quadratic(Model):
    """½ |w − x|² of each example x."""

    weights: jax.Array
    build = sample = classmethod(lambda *_: None)

    def loss(self, x: jax.Array, key: jax.Array, time: TrainingTime | None) -> tuple[Loss, "Quadratic"]:
        losses = 0.5 * jnp.sum((self.weights - x) ** 2, axis=-1)
        return Loss(losses, losses, {"first": losses}, {"size": jnp.sum(self.weights**2)}), self


def setup_of(**training: Any) -> Setup:
    """A training of the model on rows that stay as they are."""
    entry = dataset_named("rings")
    dataset = entry.build(entry.configured("corrected", {}))
    return Setup(dataset, TrainingConfig.checked({"epochs": 3, "batch_size": 4, **training}), EvaluationConfig(), LOSS)


def rows(count: int = 24) -> jax.Array:
    return jax.random.normal(jax.random.key(1), (count, 2))


def splits_of(data: jax.Array) -> Splits:
    return Splits(data, data, data)
