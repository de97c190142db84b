"""Optimizers, schedules, decay, average and accumulation against plain loops of Optax."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.randomness import streams_of
from genconv.training.batches import epoch_order, steps_per_epoch
from genconv.training.epoch import run_epoch
from genconv.training.optimizer import check_optimizer, learning_rate, make_optimizer, optax_schedules, optimizers
from genconv.training.step import RunState, start_state
from tests.training.quadratic import Quadratic, rows, setup_of, splits_of

STREAMS = jax.tree.map(lambda key: key[0], streams_of(0, [Coordinates.of_seed(7)]))
START = jnp.array([1.5, -0.5])
NEAR = {"rtol": 5e-5, "atol": 5e-6}
"""The difference that is left to Optax, which loses digits in 1 − b2ᵗ at the first steps."""


def trained(data: jax.Array, epochs: int = 2, **training: Any) -> tuple[RunState, list[Any]]:
    """The state after some epochs, and their records."""
    setup, splits = setup_of(**training), splits_of(data)
    check_optimizer(setup.training)
    run = jax.jit(lambda state, epoch: run_epoch(state, setup, STREAMS, splits, epoch))
    state, records = start_state(Quadratic(START), setup.training), []
    for epoch in range(epochs):
        state, record = run(state, jnp.array(epoch))
        records.append(record)
    return state, records


def plain(optimizer: optax.GradientTransformation, data: jax.Array, size: int, epochs: int = 2) -> list[jax.Array]:
    """The weights after each step of an ordinary loop over the same batches."""
    weights, state, path = START, optimizer.init(START), []
    for epoch in range(epochs):
        order = epoch_order(STREAMS, jnp.array(epoch), splits_of(data))
        for begin in range(0, len(order), size):
            gradient = weights - jnp.mean(data[order[begin : begin + size]], axis=0)
            updates, state = optimizer.update(gradient, state, weights)
            weights = optax.apply_updates(weights, updates)
            path.append(weights)
    return path


@pytest.mark.parametrize(
    ("training", "optimizer"),
    [
        ({}, optax.adam(1e-3)),
        ({"optimizer_arguments": {"b1": 0.5, "nesterov": True}}, optax.adam(1e-3, b1=0.5, nesterov=True)),
        ({"optimizer": "adamax"}, optax.adamax(1e-3)),
        ({"optimizer": "sgd", "optimizer_arguments": {"momentum": 0.9}}, optax.sgd(1e-3, momentum=0.9)),
        ({"optimizer": "lion"}, optax.lion(1e-3)),
        ({"optimizer": "adamw", "weight_decay": 0.1}, optax.adamw(1e-3, weight_decay=0.1)),
        ({"optimizer": "adam", "weight_decay": 0.1}, optax.adamw(1e-3, weight_decay=0.1)),
        ({"gradient_clip": 0.1}, optax.chain(optax.clip_by_global_norm(0.1), optax.adam(1e-3))),
    ],
    ids=["adam", "arguments", "adamax", "momentum", "lion", "adamw", "adam with decay", "clipped"],
)
def test_a_training_is_a_plain_loop_of_optax(training: dict[str, Any], optimizer: Any) -> None:
    state, records = trained(rows(), **training)
    expected = plain(optimizer, rows(), 4)
    np.testing.assert_allclose(state.model.weights, expected[-1], rtol=1e-5)
    assert set(records[0].training) == {"loss", "first", "size", "gradient_norm", "learning_rate"}
    assert set(records[0].validation) == {"loss", "first", "size"}


@pytest.mark.parametrize("name", optimizers())
def test_every_offered_optimizer_is_proportional_to_its_learning_rate(name: str) -> None:
    ours = make_optimizer(TrainingConfig(epochs=1, batch_size=1, optimizer=name))
    half = getattr(optax, name)(learning_rate=0.5)
    parameters = {"weight": jnp.array([[1.0, -2.0], [0.5, 3.0]])}
    states = [ours.init(parameters), half.init(parameters)]
    for step in range(3):
        gradient = jax.tree.map(lambda p, step=step: jnp.cos(p + step), parameters)
        one, states[0] = ours.update(gradient, states[0], parameters)
        other, states[1] = half.update(gradient, states[1], parameters)
        np.testing.assert_allclose(0.5 * one["weight"], other["weight"], rtol=1e-5, atol=1e-7)


def test_the_optimizers_of_the_field_are_offered() -> None:
    assert set(optimizers()) >= {"adam", "adamw", "adamax", "sgd", "lion", "rmsprop", "radam", "lamb", "adafactor"}
    assert set(optax_schedules()) >= {"exponential_decay", "warmup_cosine_decay_schedule", "cosine_onecycle_schedule"}


@pytest.mark.parametrize("count", [24, 22])
def test_accumulated_gradients_are_those_of_larger_batches(count: int) -> None:
    """22 rows: the last step has fewer, its last batch too."""
    training = {"schedule": "cosine", "schedule_unit": "step", "warmup_steps": 2, "learning_rate": 0.1}
    large, of_large = trained(rows(count), batch_size=12, **training)
    small, of_small = trained(rows(count), batch_size=4, accumulate_steps=3, **training)
    np.testing.assert_allclose(small.model.weights, large.model.weights, rtol=1e-5)
    for ours, theirs in zip(of_small, of_large, strict=True):
        for name in ("loss", "gradient_norm", "learning_rate"):
            np.testing.assert_allclose(ours.training[name], theirs.training[name], rtol=1e-5)
    assert steps_per_epoch(setup_of(accumulate_steps=3).training, count) == 2


def test_accumulated_gradients_are_those_of_optax_multi_steps() -> None:
    state, _ = trained(rows(), batch_size=4, accumulate_steps=3, learning_rate=0.1)
    expected = plain(optax.MultiSteps(optax.adam(0.1), 3).gradient_transformation(), rows(), 4)
    np.testing.assert_allclose(state.model.weights, expected[-1], **NEAR)


def test_the_average_is_that_of_optax_and_what_is_validated() -> None:
    state, records = trained(rows(), ema_decay=0.8, learning_rate=0.1)
    average, path = optax.ema(0.8), plain(optax.adam(0.1), rows(), 4)
    seen = average.init(START)
    for weights in path:
        expected, seen = average.update(weights, seen)
    np.testing.assert_allclose(state.model.weights, path[-1], **NEAR)
    np.testing.assert_allclose(state.evaluated.weights, expected, **NEAR)
    validated = 0.5 * np.mean(np.sum((np.asarray(expected) - np.asarray(rows())) ** 2, axis=-1))
    np.testing.assert_allclose(records[-1].validation["loss"], validated, **NEAR)


def test_a_step_that_is_skipped_moves_neither_weights_nor_average() -> None:
    spoilt = rows(8).at[0].set(jnp.nan)
    state, _ = trained(spoilt, epochs=1, ema_decay=0.8, on_divergence="skip", learning_rate=0.1)
    clean = [path for path in plain(optax.adam(0.1), spoilt, 4, epochs=1) if np.isfinite(path).all()]
    assert int(state.average.steps) == 1
    assert np.all(np.isfinite(state.evaluated.weights))
    np.testing.assert_allclose(state.evaluated.weights, state.model.weights, rtol=1e-6)
    assert len(clean) <= 1


def test_before_the_first_step_the_average_is_the_start() -> None:
    state = start_state(Quadratic(START), setup_of(ema_decay=0.9).training)
    np.testing.assert_array_equal(state.evaluated.weights, START)


@pytest.mark.parametrize(
    ("name", "arguments", "schedule"),
    [
        ("exponential_decay", {"transition_steps": 3, "decay_rate": 0.5}, optax.exponential_decay(0.2, 3, 0.5)),
        (
            "piecewise_constant_schedule",
            {"boundaries_and_scales": {"2": 0.5, "7": 0.1}},
            optax.piecewise_constant_schedule(0.2, {2: 0.5, 7: 0.1}),
        ),
        (
            "warmup_cosine_decay_schedule",
            {"init_value": 0.01, "warmup_steps": 3, "decay_steps": 9},
            optax.warmup_cosine_decay_schedule(0.01, 0.2, 3, 9),
        ),
    ],
)
def test_a_schedule_of_optax_counts_optimizer_steps_or_epochs(
    name: str, arguments: dict[str, Any], schedule: Any
) -> None:
    given = {"epochs": 4, "batch_size": 1, "learning_rate": 0.2, "schedule": name, "schedule_arguments": arguments}
    for unit in ("step", "epoch"):
        config = TrainingConfig.checked({**given, "schedule_unit": unit})
        check_optimizer(config)
        for number in range(12):
            rate = learning_rate(config, jnp.array(number // 3), jnp.array(number % 3), 3)
            np.testing.assert_allclose(rate, schedule(number if unit == "step" else number // 3), rtol=1e-5)


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"optimizer": "admw"}, "unknown training.optimizer 'admw': did you mean 'adamw'?"),
        ({"optimizer": "lbfgs"}, "training.optimizer = 'lbfgs': it evaluates the objective several times a step"),
        ({"optimizer": "apply_updates"}, "unknown training.optimizer 'apply_updates'"),
        ({"optimizer_arguments": {"beta1": 0.5}}, "unknown key training.optimizer_arguments 'beta1': did you mean"),
        ({"optimizer_arguments": {"b1": 1.0}}, "training.optimizer_arguments.b1 = 1.0: must be at least 0 and below 1"),
        ({"optimizer_arguments": {"b1": "x"}}, "training.optimizer_arguments.b1 = 'x': must be a number"),
        ({"optimizer_arguments": {"eps": -1.0}}, "training.optimizer_arguments.eps = -1.0: must not be negative"),
        ({"optimizer_arguments": {"nesterov": 1}}, "training.optimizer_arguments.nesterov = 1: must be true or false"),
        ({"optimizer_arguments": {"learning_rate": 1.0}}, "is training.learning_rate, which stands for it"),
        ({"optimizer_arguments": {"mu_dtype": "x"}}, "training.optimizer_arguments: optax.adam does not take them"),
        (
            {"optimizer": "adamw", "weight_decay": 0.1, "optimizer_arguments": {"weight_decay": 0.1}},
            "training.optimizer_arguments.weight_decay: is training.weight_decay, which is given as well",
        ),
        ({"schedule": "cosin"}, "unknown training.schedule 'cosin': did you mean 'cosine'?"),
        ({"schedule": "exponential_decay"}, "training.schedule_arguments: optax.exponential_decay does not take them"),
        (
            {"schedule": "exponential_decay", "schedule_arguments": {"init_value": 1.0}},
            "training.schedule_arguments.init_value: is training.learning_rate, which stands for it",
        ),
    ],
)
def test_what_optax_does_not_have_or_take_is_told_in_one_line(training: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_optimizer(TrainingConfig.checked({"epochs": 1, "batch_size": 1, **training}))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
