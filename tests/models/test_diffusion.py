"""Diffusion: its bound where it is known in closed form, against finite steps, and above the entropy after training."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import generic
from scipy import stats
from tests.experiment.compiling import quick_compilation

import genconv
from genconv.models.base import TrainingTime
from genconv.models.diffusion import Diffusion, DiffusionConfig
from genconv.nn.buffer import Buffer, split_trainable

ENTROPY = 1 + np.log(2 * np.pi)
"""Of a standard normal in the plane."""
ROWS = 4000
EARLY = TrainingTime(jnp.array(0), jnp.array(0))


def built(scale: float = 0.0, **settings: Any) -> Diffusion:
    """With weights of that size; of size 0 it is the optimum for standard normal data."""
    config = DiffusionConfig(hidden=(6, 5), **settings)
    drawn = Diffusion.build(config, genconv.DataSpec("points", (2,), "continuous"), jr.key(0))
    net = generic(Diffusion, config, scale=scale).net if scale else jax.tree.map(jnp.zeros_like, drawn.net)
    with_net: Diffusion = eqx.tree_at(lambda m: m.net, drawn, net)
    return with_net


@eqx.filter_jit
def bounds(model: Diffusion, x: jax.Array, key: jax.Array, time: TrainingTime | None = None) -> genconv.Loss:
    return model.loss(x, key, time)[0]


@pytest.mark.parametrize("ends", [(10.0, -6.0), (2.0, -1.0)])
@pytest.mark.parametrize("time", [None, EARLY], ids=["evaluation", "training"])
def test_of_a_normal_the_bound_is_the_entropy_and_what_the_last_noise_costs(
    ends: tuple[float, float], time: TrainingTime | None
) -> None:
    model = built(log_snr_max=ends[0], log_snr_min=ends[1], draws=32)
    x = jr.normal(jr.key(1), (ROWS, 2))
    found = np.asarray(bounds(model, x, jr.key(2), time).loss, np.float64)
    expected = ENTROPY + np.log1p(np.exp(-ends[0]))  # ½ d log(1 + e^γ_0)
    error = found.std() / np.sqrt(ROWS)
    assert found.mean() == pytest.approx(expected, abs=5 * error)
    assert error < (0.1 if time is None else 0.5)


def test_units_of_the_data_are_accounted_for() -> None:
    model = built()
    placed = eqx.tree_at(
        lambda m: (m.mean, m.deviation), model, (Buffer(jnp.array([3.0, -1.0])), Buffer(jnp.array([2.0, 0.1])))
    )
    y = jr.normal(jr.key(1), (ROWS, 2))
    x = placed.mean.value + placed.deviation.value * y
    moved = bounds(placed, x, jr.key(2)).loss - bounds(model, y, jr.key(2)).loss
    np.testing.assert_allclose(moved, np.log(0.2), atol=1e-3)


def test_it_is_the_limit_of_the_bound_of_many_steps() -> None:
    """T/2 E_i expm1(γ_t − γ_s) |ε − ε̂(z_t, t)|², equation 14, with s = t − 1/T."""
    model = built(scale=0.7, draws=64)
    x, count = jr.normal(jr.key(1), (ROWS, 2)), 400

    def step(t: jax.Array, key: jax.Array) -> jax.Array:
        gamma, before = -10 + 16 * t, -10 + 16 * (t - 1 / count)
        alpha, sigma = jnp.sqrt(jax.nn.sigmoid(-gamma)), jnp.sqrt(jax.nn.sigmoid(gamma))
        noise = jr.normal(key, x.shape)
        z = alpha * x + sigma * noise
        waves = jnp.concatenate([wave(2 * jnp.pi * t * jnp.arange(1, 5)) for wave in (jnp.cos, jnp.sin)])
        seen = jnp.concatenate([z, jnp.broadcast_to(jnp.concatenate([t[None], waves]), (ROWS, 9))], axis=1)
        errors = jnp.sum((noise - sigma * z - model.net(seen)) ** 2, axis=1)
        return 0.5 * jnp.expm1(gamma - before) * jnp.mean(errors)

    times = (jnp.arange(count) + 1) / count
    steps = jax.jit(lambda: jnp.sum(jax.lax.map(lambda item: step(*item), (times, jr.split(jr.key(3), count)))))()
    found = np.asarray(bounds(model, x, jr.key(2)).terms["diffusion"], np.float64)
    assert float(steps) == pytest.approx(found.mean(), abs=5 * found.std() / np.sqrt(ROWS) + 0.02 * found.mean())


def test_the_prior_s_part_is_scipy_s_and_no_model_is_below_the_entropy() -> None:
    model = built(scale=0.7, log_snr_min=-1.0)
    x = jr.normal(jr.key(1), (ROWS, 2))
    found = bounds(model, x, jr.key(2))
    alpha2 = 1 / (1 + np.e)
    mean, variance = np.sqrt(alpha2) * np.asarray(x[:3], np.float64), 1 - alpha2
    expected = 0.5 * (mean**2 + variance - 1 - np.log(variance)).sum(axis=1)
    np.testing.assert_allclose(found.terms["prior_kl"][:3], expected, rtol=1e-4)
    assert float(jnp.mean(found.loss)) > ENTROPY + 0.05


def test_samples_of_the_optimum_are_normal() -> None:
    model = built(steps=100)
    samples = np.asarray(eqx.filter_jit(model.sample)(jr.key(0), 4000))
    assert stats.kstest(samples[:, 0], stats.norm(0, np.sqrt(1 + np.exp(-10))).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(samples.T)[0, 1]) < 0.06


def test_ends_are_trained_if_they_are_to_be_learned() -> None:
    fixed, learned = (split_trainable(built(0.7, schedule=schedule))[0].ends for schedule in ("fixed", "learned"))
    assert jax.tree.leaves(fixed) == []
    assert learned.shape == (2,)
    x = jr.normal(jr.key(1), (64, 2))
    model = built(0.7, schedule="learned")
    slope = eqx.filter_jit(eqx.filter_grad(lambda m: jnp.mean(m.loss(x, jr.key(2), EARLY)[0].objective)))(model)
    assert np.all(np.abs(slope.ends) > 0)


SETTINGS = {
    "training.epochs": 2,
    "training.batch_size": 256,
    "training.warmup_steps": 10,
    "data.training_size": 8192,
    "data.validation_size": 512,
    "data.test_size": 1024,
    "evaluation.points": 1024,
    "evaluation.samples": 16,
    "model.hidden": [32],
    "model.steps": 8,
}


def test_a_trained_one_is_a_bound_above_the_entropy_with_its_noise(tmp_path: Any) -> None:
    with quick_compilation():
        results = genconv.train("diffusion", "8gaussians", seeds=2, settings=SETTINGS, output=tmp_path / "runs")
    (row,) = genconv.summarise(results)
    for run in results.cells[0].runs:
        assert run.outcome.measures["loss"].label == "NLL bound (ELBO, continuous time), nats"
        assert run.outcome.evaluation["redraw_sd"] > 0
        assert {"prior_kl", "diffusion"} <= set(run.outcome.evaluation)
    assert row.metrics["excess"].mean > 0
