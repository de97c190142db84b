"""Schedules and optimizer against the numbers of the published protocol and against hand computation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genconv.config.training import TrainingConfig
from genconv.protocols import recipe
from genconv.training.optimizer import clipped, learning_rate, make_optimizer

PUBLISHED = TrainingConfig.checked(recipe("published", "vae", "points").training)


@pytest.mark.parametrize(("epoch", "factor"), [(0, 1), (150, 1), (151, 1 - 1 / 850), (499, 1 - 349 / 850)])
def test_the_published_learning_rate(epoch: int, factor: float) -> None:
    for step in (0, 499):
        rate = learning_rate(PUBLISHED, jnp.array(epoch), jnp.array(step), 500)
        assert float(rate) == pytest.approx(1e-3 * factor, rel=1e-6)


def test_cosine_with_warm_up_step_by_step() -> None:
    config = TrainingConfig(
        epochs=4, batch_size=1, learning_rate=2.0, schedule="cosine", schedule_unit="step", warmup_steps=10
    )
    rates = [float(learning_rate(config, jnp.array(s // 5), jnp.array(s % 5), 5)) for s in range(20)]
    time = np.arange(20) / 5
    expected = 2 * 0.5 * (1 + np.cos(np.pi * time / 4)) * np.minimum(1, (np.arange(20) + 1) / 10)
    np.testing.assert_allclose(rates, expected, rtol=1e-5)


def test_a_constant_rate() -> None:
    config = TrainingConfig(epochs=3, batch_size=1, learning_rate=0.5)
    assert float(learning_rate(config, jnp.array(2), jnp.array(0), 7)) == 0.5


@pytest.mark.parametrize("optimizer", ["adam", "adamax"])
def test_two_steps_by_hand(optimizer: str) -> None:
    config = TrainingConfig(epochs=1, batch_size=1, optimizer=optimizer)
    transform = make_optimizer(config)
    state = transform.init(jnp.zeros(2))
    first, second = np.array([1.0, -4.0]), np.array([-2.0, 0.5])
    _, state = transform.update(jnp.asarray(first), state)
    step, _ = transform.update(jnp.asarray(second), state)
    mean = (0.9 * 0.1 * first + 0.1 * second) / (1 - 0.9**2)
    if optimizer == "adam":
        scale = np.sqrt((0.999 * 0.001 * first**2 + 0.001 * second**2) / (1 - 0.999**2)) + 1e-8
    else:
        scale = np.maximum(0.999 * (np.abs(first) + 1e-8), np.abs(second) + 1e-8)
    np.testing.assert_allclose(step, -mean / scale, rtol=1e-4)


def test_gradients_are_clipped_by_their_global_norm() -> None:
    gradient = {"a": jnp.array([3.0]), "b": jnp.array([4.0])}
    norm = optax.tree.norm(gradient)
    assert float(norm) == pytest.approx(5)
    for limit in (0.5, 1.0, 7.0):
        expected, _ = optax.clip_by_global_norm(limit).update(gradient, optax.EmptyState())
        jax.tree.map(np.testing.assert_array_equal, clipped(gradient, norm, limit), expected)
