"""A diverged seed is recorded with step and cause, frozen, and harms nobody else."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.config.evaluation import EvaluationConfig
from genconv.config.training import TrainingConfig
from genconv.curves import Divergence
from genconv.data.base import Splits
from genconv.data.registry import dataset_named
from genconv.measure import LOSS
from genconv.models.base import Loss, Model, TrainingTime
from genconv.nn.buffer import Buffer
from genconv.training.cell import train_cell
from genconv.training.objective import Setup
from genconv.training.step import RunState, start_state, train_step
from genconv.training.trainer import CellTrainer
from tests.training.cells import fingerprint, same_bits, small_cell, trained, trainer_of

SEEDS = list(range(10))
POISONED = 3


def poison(states: RunState, index: int, value: float) -> RunState:
    """Overwrite one weight of one seed."""

    def put(leaf: Any) -> Any:
        return leaf.at[(index,) + (0,) * (leaf.ndim - 1)].set(value)

    first, *others = jax.tree.leaves(states.model)
    return states._replace(model=jax.tree.unflatten(jax.tree.structure(states.model), [put(first), *others]))


class Slope(Model):
    """As much of a model as a step needs: a finite loss, whose gradient in two weights is what is asked for."""

    weights: jax.Array
    gradient: Buffer

    def loss(self, x: jax.Array, key: jax.Array, time: TrainingTime | None) -> tuple[Loss, "Slope"]:
        @jax.custom_vjp
        def line(weights: jax.Array) -> jax.Array:
            return jnp.zeros(())

        line.defvjp(lambda weights: (jnp.zeros(()), None), lambda _, seen: (self.gradient.value,))
        losses = jnp.zeros(len(x)) + line(self.weights)
        return Loss(losses, losses), self

    build = sample = classmethod(lambda *_: None)


@pytest.mark.parametrize("optimizer", ["adam", "adamax", "adamw", "sgd", "lion"])
@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize("value", [0.0, 1.0, 1e25, 3e38, float("inf"), float("-inf"), float("nan")])
def test_parameters_that_become_non_finite_are_noticed_and_no_others(
    value: float, clip: float | None, optimizer: Any
) -> None:
    config = TrainingConfig(
        epochs=1, batch_size=4, optimizer=optimizer, gradient_clip=clip, on_divergence="continue", learning_rate=0.1
    )
    model: Any = Slope(jnp.ones(2), Buffer(jnp.array([value, 1.0])))
    entry = dataset_named("rings")
    setup = Setup(entry.build(entry.configured("corrected", {})), config, EvaluationConfig(), LOSS)
    splits = Splits(*[jnp.zeros((4, 2))] * 3)
    state = start_state(model, config)
    after, record = jax.jit(
        lambda state: train_step(
            state, setup, splits, splits.training, jr.key(0), jnp.array(0.1), TrainingTime(jnp.array(0), jnp.array(7))
        )
    )(state)
    assert np.isfinite(record["loss"])
    spoilt = not np.isfinite(np.asarray(after.model.weights)).all()
    assert spoilt is not np.isfinite(value)
    assert (int(after.health.cause), int(after.health.step)) == ((2, 7) if spoilt else (0, -1))


class PoisonedTrainer(CellTrainer):
    """Poisons one seed before the second epoch."""

    value = float("nan")

    def epoch(self, states: RunState, epoch: int) -> Any:
        return super().epoch(poison(states, POISONED, self.value) if epoch == 1 else states, epoch)


def poisoned(cell: Any, value: float, **execution: Any) -> Any:
    trainer = trainer_of(cell, SEEDS, **execution)
    trainer.__class__ = type("Poisoned", (PoisonedTrainer,), {"value": value})
    return train_cell(trainer, cell.cell, lambda *_: None)


@pytest.mark.parametrize("mapping", ["map", "vmap"])
def test_one_poisoned_seed_leaves_nine_untouched(mapping: str) -> None:
    cell = small_cell("flow")
    clean, sick = trained(cell, SEEDS, mapping=mapping), poisoned(cell, float("nan"), mapping=mapping)
    for seed in SEEDS:
        assert same_bits(fingerprint(clean, seed), fingerprint(sick, seed)) == (seed != POISONED)
    assert [seed for seed, died in zip(SEEDS, sick.divergences, strict=True) if died] == [POISONED]
    assert sick.divergences[POISONED] == Divergence(epoch=1, cause="non-finite loss", step=5)
    validation = np.array([record.validation["loss"][POISONED] for record in sick.epochs])
    assert np.isfinite(validation[0])
    assert np.isnan(validation[1:]).all()


def test_a_finite_blow_up_is_a_divergence_and_freezes() -> None:
    cell = small_cell("flow", training={"epochs": 3, "batch_size": 64, "validation_batch_size": 64, "blow_up": 100.0})
    trainer = trainer_of(cell, [0, 1])
    states, _ = trainer.epoch(trainer.start(), 0)
    sick = poison(states, 0, 1e4)
    after, record = trainer.epoch(sick, 1)
    assert np.asarray(after.health.cause).tolist() == [3, 0]
    assert np.asarray(after.health.step).tolist() == [5, -1]
    assert np.isnan(record.training["loss"][0])
    for before, frozen in zip(jax.tree.leaves(sick.model), jax.tree.leaves(after.model), strict=True):
        assert np.asarray(before[0]).tobytes() == np.asarray(frozen[0]).tobytes()


def test_the_published_flow_carries_on_into_nan() -> None:
    cell = small_cell("flow", "published", training={"epochs": 3, "batch_size": 64})
    assert cell.cell.training.on_divergence == "continue"
    trainer = trainer_of(cell, [0, 1])
    states, record = trainer.epoch(poison(trainer.start(), 0, float("nan")), 0)
    spoilt = [np.isnan(np.asarray(leaf[0])).any() for leaf in jax.tree.leaves(states.model)]
    assert sum(spoilt) > 1
    assert np.isnan(record.training["loss"][0])
    assert np.asarray(states.health.step).tolist() == [0, -1]


def test_the_published_vae_skips_batches_without_a_number() -> None:
    cell = small_cell("vae", "published", training={"epochs": 3, "batch_size": 64})
    assert cell.cell.training.on_divergence == "skip"
    trainer = trainer_of(cell, [0, 1])
    began = poison(trainer.start(), 0, float("nan"))
    states, record = trainer.epoch(began, 0)
    for before, after in zip(jax.tree.leaves(began.model), jax.tree.leaves(states.model), strict=True):
        assert np.asarray(before[0]).tobytes() == np.asarray(after[0]).tobytes()
        assert np.asarray(before[1]).tobytes() != np.asarray(after[1]).tobytes()
    assert np.asarray(states.health.cause).tolist() == [1, 0]
    assert jnp.isnan(record.validation["loss"][0])
    assert jnp.isfinite(record.validation["loss"][1])
